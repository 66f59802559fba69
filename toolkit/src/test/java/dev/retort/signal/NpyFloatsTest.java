package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class NpyFloatsTest {

    /** numpy.save of float32 [[-0.5, -1.25, -inf], [-0.1, -3, -2]]. */
    private static final byte[] MATRIX = Base64.getDecoder()
            .decode("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
                    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAC/AACgvwAAgP/NzMy9"
                    + "AABAwAAAAMA=");

    /** The same of [[-0.5]] in version 2.0 of the format. */
    private static final byte[] VERSION_2 = Base64.getDecoder()
            .decode("k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMSksIH0g"
                    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAC/");

    @Test
    void readsWhatNumpyWrites() {
        assertThat(NpyFloats.parse(MATRIX, 2, 3))
                .containsExactly(-0.5f, -1.25f, Float.NEGATIVE_INFINITY, -0.1f, -3, -2);
        assertThat(NpyFloats.parse(VERSION_2, 1, 1)).containsExactly(-0.5f);
    }

    @Test
    void anythingElseIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NpyFloats.parse(MATRIX, 3, 2))
                .withMessage("not float32 of 3 rows and 2 columns");
        for (int length = 0; length < MATRIX.length; length++) {
            byte[] cut = Arrays.copyOf(MATRIX, length);
            assertThatIllegalArgumentException().as("cut to %d", length).isThrownBy(() -> NpyFloats.parse(cut, 2, 3));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NpyFloats.parse(Arrays.copyOf(MATRIX, MATRIX.length + 1), 2, 3))
                .withMessage("cut off, or too long");
        byte[] endless = VERSION_2.clone();
        Arrays.fill(endless, 8, 12, (byte) 0xff);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NpyFloats.parse(endless, 1, 1))
                .withMessage("cut off");
    }
}
