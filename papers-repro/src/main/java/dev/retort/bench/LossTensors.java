package dev.retort.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Tensors that every side of {@code bench loss} makes for itself, to the bit the same: a hash of the place is the value. */
final class LossTensors {

    private LossTensors() {}

    /**
     * A tensor of values in [-bound, bound).
     *
     * @param seed tells tensors apart
     */
    static NDArray make(NDManager manager, Shape shape, long seed, float bound) {
        int size = Math.toIntExact(shape.size());
        ByteBuffer bytes = ByteBuffer.allocateDirect(size * Float.BYTES).order(ByteOrder.nativeOrder());
        FloatBuffer floats = bytes.asFloatBuffer();
        for (int i = 0; i < size; i++) {
            floats.put(i, bound * value(seed, i));
        }
        return manager.create(floats, shape, ai.djl.ndarray.types.DataType.FLOAT32);
    }

    /** In [-1, 1), a multiple of 2^-23: exact in float32. */
    static float value(long seed, long index) {
        long z = (index + (seed << 40)) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        return ((z ^ (z >>> 32)) >>> 40) * 0x1p-23f - 1;
    }
}
