package dev.retort.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Turns stored values into float32. Every method reads from the start of little-endian bytes. */
final class FloatDecoder {
    private static final int HALF_BLOCK = 16;

    private FloatDecoder() {}

    static void decode(WeightDtype dtype, byte[] array, int count, float[] floats) {
        ByteBuffer bytes = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
        switch (dtype) {
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) bytes.getDouble(i * Double.BYTES);
                }
            }
            case F32 -> bytes.asFloatBuffer().get(floats, 0, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = HalfFloat.fromHalf(bytes.getShort(i * Short.BYTES));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = HalfFloat.fromBfloat(bytes.getShort(i * Short.BYTES));
                }
            }
            case I64 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) bytes.getLong(i * Long.BYTES);
                }
            }
            case I32 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) bytes.getInt(i * Integer.BYTES);
                }
            }
            case I16 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = bytes.getShort(i * Short.BYTES);
                }
            }
            case I8 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = bytes.get(i);
                }
            }
            case U64 -> {
                for (int i = 0; i < count; i++) {
                    long value = bytes.getLong(i * Long.BYTES);
                    // Halved with its last bit kept as a sticky one, a large value rounds as it would whole.
                    floats[i] = value >= 0 ? (float) value : (float) ((value >>> 1) | (value & 1)) * 2;
                }
            }
            case U32 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) Integer.toUnsignedLong(bytes.getInt(i * Integer.BYTES));
                }
            }
            case U16 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = Short.toUnsignedInt(bytes.getShort(i * Short.BYTES));
                }
            }
            case U8 -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = Byte.toUnsignedInt(bytes.get(i));
                }
            }
            case BOOL -> {
                for (int i = 0; i < count; i++) {
                    floats[i] = bytes.get(i) == 0 ? 0 : 1;
                }
            }
        }
    }

    static void decode(GgufType type, byte[] bytes, int blocks, float[] floats) {
        switch (type) {
            case F32 -> decode(WeightDtype.F32, bytes, blocks, floats);
            case F16 -> decode(WeightDtype.F16, bytes, blocks, floats);
            case BF16 -> decode(WeightDtype.BF16, bytes, blocks, floats);
            case Q4_0 -> decodeQ4Zero(bytes, blocks, floats);
            case Q4_1 -> decodeQ4One(bytes, blocks, floats);
            case Q8_0 -> decodeQ8Zero(bytes, blocks, floats);
        }
    }

    /** Block: scale, then 16 bytes whose low halves are values 0 to 15 and whose high halves are values 16 to 31. */
    private static void decodeQ4Zero(byte[] bytes, int blocks, float[] floats) {
        int in = 0;
        int out = 0;
        for (int block = 0; block < blocks; block++) {
            float scale = half(bytes, in);
            in += Short.BYTES;
            for (int i = 0; i < HALF_BLOCK; i++) {
                int pair = bytes[in + i];
                floats[out + i] = ((pair & 0xf) - 8) * scale;
                floats[out + HALF_BLOCK + i] = (((pair >> 4) & 0xf) - 8) * scale;
            }
            in += HALF_BLOCK;
            out += 2 * HALF_BLOCK;
        }
    }

    /** Block: scale, minimum, then 16 bytes as in {@link #decodeQ4Zero}. */
    private static void decodeQ4One(byte[] bytes, int blocks, float[] floats) {
        int in = 0;
        int out = 0;
        for (int block = 0; block < blocks; block++) {
            float scale = half(bytes, in);
            float minimum = half(bytes, in + Short.BYTES);
            in += 2 * Short.BYTES;
            for (int i = 0; i < HALF_BLOCK; i++) {
                int pair = bytes[in + i];
                floats[out + i] = (pair & 0xf) * scale + minimum;
                floats[out + HALF_BLOCK + i] = ((pair >> 4) & 0xf) * scale + minimum;
            }
            in += HALF_BLOCK;
            out += 2 * HALF_BLOCK;
        }
    }

    /** Block: scale, then 32 signed bytes. */
    private static void decodeQ8Zero(byte[] bytes, int blocks, float[] floats) {
        int in = 0;
        int out = 0;
        for (int block = 0; block < blocks; block++) {
            float scale = half(bytes, in);
            in += Short.BYTES;
            for (int i = 0; i < 2 * HALF_BLOCK; i++) {
                floats[out + i] = bytes[in + i] * scale;
            }
            in += 2 * HALF_BLOCK;
            out += 2 * HALF_BLOCK;
        }
    }

    private static float half(byte[] bytes, int at) {
        return HalfFloat.fromHalf((short) ((bytes[at] & 0xff) | (bytes[at + 1] << 8)));
    }
}
