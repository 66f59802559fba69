package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.op.Ops;
import java.util.Arrays;
import java.util.List;

/** How decoder-only models read prompts and append tokens. */
final class CausalDecoding {

    private CausalDecoding() {}

    /** A forward pass over ids [B, S] that stores keys and values, giving [B, S, D]. */
    @FunctionalInterface
    interface Forward {
        NDArray apply(NDArray ids, DecodeState state);
    }

    /** Reads prompts into a state, giving the hidden states [B, D] of their last tokens. */
    @FunctionalInterface
    interface Reading {
        NDArray apply(List<int[]> prompts, DecodeState state, NDManager scratch);
    }

    /** Reads prompts as a rectangle, padded on the right. */
    static Reading padded(Forward forward) {
        return (prompts, state, scratch) -> {
            NDArray ids = DecodeState.rectangle(prompts, scratch);
            NDArray hidden = forward.apply(ids, state); // [B, S, D]
            int width = Math.toIntExact(ids.getShape().get(1));
            long[] last = new long[prompts.size()];
            for (int row = 0; row < last.length; row++) {
                last[row] = (long) row * width + prompts.get(row).length - 1;
            }
            return Ops.selectRows(hidden.reshape(-1, hidden.getShape().get(2)), scratch.create(last));
        };
    }

    static DecodeState start(CausalLm model, int layers, List<int[]> prompts, NDManager manager, Reading reading) {
        int[] lengths = prompts.stream().mapToInt(prompt -> prompt.length).toArray();
        int longest = Arrays.stream(lengths).max().orElseThrow();
        if (longest > model.config().maxPositions()) {
            throw new IllegalArgumentException("a prompt of " + longest + " tokens is longer than the model's "
                    + model.config().maxPositions() + " positions");
        }
        if (Arrays.stream(lengths).anyMatch(length -> length == 0)) {
            throw new IllegalArgumentException("a prompt needs at least one token");
        }
        DecodeState state = new DecodeState(manager, layers, 0, lengths);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray rows = reading.apply(prompts, state, scratch);
            rows.attach(manager);
            state.setHidden(rows);
            state.setFilled(longest);
        }
        return state;
    }

    static void advance(DecodeState state, int[] tokens, Forward forward) {
        try (NDManager scratch = state.manager().newSubManager()) {
            long[] ids = Arrays.stream(tokens).asLongStream().toArray();
            NDArray hidden = forward.apply(scratch.create(ids, new Shape(ids.length, 1)), state); // [B, 1, D]
            NDArray rows = hidden.squeeze(1);
            rows.attach(state.manager());
            state.setHidden(rows);
            state.setFilled(state.filled() + 1);
        }
    }
}
