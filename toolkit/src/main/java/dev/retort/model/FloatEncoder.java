package dev.retort.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Writes the float32 values of one tensor in another form, a chunk at a time. */
final class FloatEncoder {

    /** Values encoded at a time: whole blocks of every type. */
    private static final int CHUNK = 1 << 16;

    private static final float LARGEST_Q8 = 127;

    private final WeightOutput out;
    private final String name;

    FloatEncoder(WeightOutput out, String name) {
        this.out = out;
        this.name = name;
    }

    @FunctionalInterface
    private interface Encoder {
        void encode(float[] floats, int count, ByteBuffer bytes) throws ModelFileException;
    }

    /** Writes from the buffer's position to its limit. */
    void write(GgufType type, FloatBuffer values) throws IOException {
        switch (type) {
            case F32 -> write(type, values, FloatEncoder::encodeFloats);
            case F16 -> write(type, values, this::encodeHalves);
            case BF16 -> write(type, values, FloatEncoder::encodeBfloats);
            case Q8_0 -> write(type, values, this::encodeQ8Zero);
            case Q4_0, Q4_1 -> throw new IllegalArgumentException(type + " is read, not written");
        }
    }

    private void write(GgufType type, FloatBuffer values, Encoder encoder) throws IOException {
        FloatBuffer rest = values.duplicate();
        int chunk = Math.min(CHUNK, rest.remaining());
        float[] floats = new float[chunk];
        ByteBuffer bytes = ByteBuffer.allocate(chunk / type.blockElements() * type.blockBytes())
                .order(ByteOrder.LITTLE_ENDIAN);
        while (rest.hasRemaining()) {
            int count = Math.min(chunk, rest.remaining());
            rest.get(floats, 0, count);
            bytes.clear();
            encoder.encode(floats, count, bytes);
            out.write(bytes.flip());
        }
    }

    private static void encodeFloats(float[] floats, int count, ByteBuffer bytes) {
        bytes.asFloatBuffer().put(floats, 0, count);
        bytes.position(count * Float.BYTES);
    }

    private void encodeHalves(float[] floats, int count, ByteBuffer bytes) throws ModelFileException {
        for (int i = 0; i < count; i++) {
            float value = floats[i];
            short half = HalfFloat.toHalf(value);
            if ((half & 0x7fff) == 0x7c00 && !Float.isInfinite(value)) {
                throw ModelFileException.tensor(
                        out.file(),
                        name,
                        "holds " + value + ", beyond float16's " + HalfFloat.LARGEST_HALF
                                + "; write it as float32 or bfloat16");
            }
            bytes.putShort(half);
        }
    }

    private static void encodeBfloats(float[] floats, int count, ByteBuffer bytes) {
        for (int i = 0; i < count; i++) {
            bytes.putShort(HalfFloat.toBfloat(floats[i]));
        }
    }

    /** ggml's quantize_row_q8_0_ref: scale = largest magnitude / 127 as float16, value * (1 / scale) rounded half away. */
    private void encodeQ8Zero(float[] floats, int count, ByteBuffer bytes) throws ModelFileException {
        int block = GgufType.Q8_0.blockElements();
        for (int start = 0; start < count; start += block) {
            float largest = 0;
            for (int i = start; i < start + block; i++) {
                // Math.max hands a NaN on, so that one comparison below finds it.
                largest = Math.max(largest, Math.abs(floats[i]));
            }
            float scale = largest / LARGEST_Q8;
            if (!(scale <= HalfFloat.LARGEST_HALF)) {
                throw ModelFileException.tensor(
                        out.file(),
                        name,
                        "holds NaN, an infinity or a value too large for Q8_0; check the weights, or write it as F32");
            }
            float inverse = scale == 0 ? 0 : 1 / scale;
            bytes.putShort(HalfFloat.toHalf(scale));
            for (int i = start; i < start + block; i++) {
                bytes.put((byte) roundHalfAway(floats[i] * inverse));
            }
        }
    }

    /** C's roundf: Math.round takes a tie upwards, and adding 0.5 in float32 is wrong just below it. */
    private static int roundHalfAway(float value) {
        float magnitude = Math.abs(value);
        int whole = (int) magnitude;
        int rounded = magnitude - whole >= 0.5f ? whole + 1 : whole;
        return value < 0 ? -rounded : rounded;
    }
}
