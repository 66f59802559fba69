package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HalfFloatTest {
    private static final int FRACTION = 1 << 10;

    /** IEEE 754's definition of a finite binary16. */
    private static double half(int bits) {
        int exponent = (bits >> 10) & 0x1f;
        double magnitude = exponent == 0
                ? (bits & 0x3ff) * Math.scalb(1.0, -24)
                : Math.scalb(1 + (bits & 0x3ff) / (double) FRACTION, exponent - 15);
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    @Test
    void readsEveryHalf() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfFloat.fromHalf((short) bits);
            if ((bits & 0x7c00) != 0x7c00) {
                assertThat(Float.floatToRawIntBits(value)).isEqualTo(Float.floatToRawIntBits((float) half(bits)));
            } else if ((bits & 0x3ff) == 0) {
                assertThat(value).isEqualTo(bits < 0x8000 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY);
            } else {
                assertThat(value).isNaN();
                assertThat(Float.floatToRawIntBits(value) >>> 31).isEqualTo(bits >> 15);
            }
        }
    }

    @Test
    void everyHalfSurvivesARoundTrip() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfFloat.fromHalf((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(HalfFloat.toHalf(value)).isEqualTo((short) bits);
            } else {
                assertThat(HalfFloat.fromHalf(HalfFloat.toHalf(value))).isNaN();
            }
        }
    }

    @Test
    void roundsHalvesToNearestTiesToEven() {
        // Between two neighbours: the middle goes to the even one, the floats beside the middle to their own side.
        for (int bits = 0; bits < 0x7bff; bits++) {
            float middle = (float) ((half(bits) + half(bits + 1)) / 2);
            int even = (bits & 1) == 0 ? bits : bits + 1;
            assertThat(HalfFloat.toHalf(middle)).isEqualTo((short) even);
            assertThat(HalfFloat.toHalf(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(HalfFloat.toHalf(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
            assertThat(HalfFloat.toHalf(-middle)).isEqualTo((short) (0x8000 | even));
        }
        assertThat(HalfFloat.toHalf(Math.nextDown(65520f))).isEqualTo((short) 0x7bff);
        assertThat(HalfFloat.toHalf(65520f)).isEqualTo((short) 0x7c00);
        assertThat(HalfFloat.toHalf(Float.MAX_VALUE)).isEqualTo((short) 0x7c00);
        assertThat(HalfFloat.toHalf(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xfc00);
        assertThat(HalfFloat.toHalf(Float.MIN_VALUE)).isEqualTo((short) 0);
        assertThat(HalfFloat.toHalf(-0f)).isEqualTo((short) 0x8000);
    }

    @Test
    void readsAndRoundsBfloats() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 100_000; i++) {
            short bits = (short) random.nextInt();
            float value = HalfFloat.fromBfloat(bits);
            assertThat(Float.floatToRawIntBits(value)).isEqualTo(bits << 16);
            float next = Float.intBitsToFloat((bits + 1) << 16);
            if (Float.isNaN(value)) {
                assertThat(HalfFloat.fromBfloat(HalfFloat.toBfloat(value))).isNaN();
            } else if (Float.isFinite(next) && Float.isFinite(value) && bits != -1 && bits != 0x7fff) {
                assertThat(HalfFloat.toBfloat(value)).isEqualTo(bits);
                float middle = Float.intBitsToFloat((bits << 16) | 0x8000);
                assertThat(HalfFloat.toBfloat(middle)).isEqualTo((short) ((bits & 1) == 0 ? bits : bits + 1));
                assertThat(HalfFloat.toBfloat(Float.intBitsToFloat((bits << 16) | 0x7fff)))
                        .isEqualTo(bits);
                assertThat(HalfFloat.toBfloat(Float.intBitsToFloat((bits << 16) | 0x8001)))
                        .isEqualTo((short) (bits + 1));
            }
        }
        assertThat(HalfFloat.toBfloat(Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
        assertThat(HalfFloat.fromBfloat(HalfFloat.toBfloat(Float.intBitsToFloat(0x7f800001))))
                .isNaN();
    }
}
