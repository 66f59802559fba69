package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Mistral's attention window over a whole sequence. */
final class SlidingWindow {

    private SlidingWindow() {}

    /** [1, 1, S, S] boolean, true where a query sees a key; null where the window is no shorter than the sequence. */
    static NDArray mask(NDManager manager, long length, int window) {
        if (window == 0 || length <= window) {
            return null;
        }
        int size = Math.toIntExact(length);
        boolean[] seen = new boolean[Math.multiplyExact(size, size)];
        for (int query = 0; query < size; query++) {
            for (int key = Math.max(0, query - window + 1); key <= query; key++) {
                seen[query * size + key] = true;
            }
        }
        return manager.create(seen, new Shape(1, 1, size, size));
    }
}
