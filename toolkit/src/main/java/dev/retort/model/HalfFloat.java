package dev.retort.model;

/** The two 16-bit floats: IEEE 754 binary16 and bfloat16 (the upper half of a float32). */
final class HalfFloat {

    /** The largest finite binary16. */
    static final float LARGEST_HALF = 65504;

    private static final int FLOAT_INFINITY = 0x7f800000;
    private static final int HALF_INFINITY = 0x7c00;

    /** As float32 bits, the first magnitude that rounds to a binary16 infinity (65520, a tie that goes to even). */
    private static final int FIRST_TOO_LARGE = 0x477ff000;

    /** As float32 bits, the smallest normal binary16, 2^-14. */
    private static final int SMALLEST_NORMAL = 0x38800000;

    private HalfFloat() {}

    static float fromHalf(short half) {
        int magnitude = half & 0x7fff;
        // The exponent sits 112 too low after the shift; a multiplication also makes subnormals right.
        int bits = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude << 13) * 0x1p112f);
        if (magnitude >= HALF_INFINITY) {
            bits = FLOAT_INFINITY | (magnitude << 13);
        }
        return Float.intBitsToFloat(bits | ((half & 0x8000) << 16));
    }

    /** Rounds to nearest, ties to even; beyond the range it is an infinity. */
    static short toHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > FLOAT_INFINITY) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= FIRST_TOO_LARGE) {
            return (short) (sign | HALF_INFINITY);
        }
        if (magnitude >= SMALLEST_NORMAL) {
            int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
            return (short) (sign | ((rounded - (112 << 23)) >>> 13));
        }
        return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24f));
    }

    static float fromBfloat(short bfloat) {
        return Float.intBitsToFloat(bfloat << 16);
    }

    /** Rounds to nearest, ties to even; beyond the range it is an infinity. */
    static short toBfloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fffffff) > FLOAT_INFINITY) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
