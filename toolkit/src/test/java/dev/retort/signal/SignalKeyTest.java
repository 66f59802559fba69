package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class SignalKeyTest {

    private static final int[] IDS = {7, 0, 151643, 12};

    /** The digest was made by Python's hashlib of the same lengths and values, big-endian. */
    @Test
    void aKeyIsTheSameForever() {
        assertThat(SignalKey.of("Qwen/Qwen2.5-0.5B@a1b2", "h\u00e4sh", IDS, 2, 64, 1)
                        .hex())
                .isEqualTo("5a29be089f17b89eeabda60b74b7c825d10ed7b31d05c6aa3157db5b2757ee9c");
    }

    @Test
    void whateverDiffersMakesAnotherKey() {
        List<SignalKey> keys = List.of(
                SignalKey.of("ab", "c", IDS, 2, 64, 1),
                SignalKey.of("a", "bc", IDS, 2, 64, 1),
                SignalKey.of("ab", "d", IDS, 2, 64, 1),
                SignalKey.of("ab", "c", new int[] {7, 0, 151643, 13}, 2, 64, 1),
                SignalKey.of("ab", "c", new int[] {7, 0, 151643}, 2, 64, 1),
                SignalKey.of("ab", "c", IDS, 1, 64, 1),
                SignalKey.of("ab", "c", IDS, 2, 63, 1),
                SignalKey.of("ab", "c", IDS, 2, 64, 2));
        assertThat(keys).doesNotHaveDuplicates();
        assertThat(SignalKey.of("ab", "c", IDS.clone(), 2, 64, 1)).isEqualTo(keys.get(0));
    }

    @Test
    void whatIsNoKeyIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SignalKey("5A29"))
                .withMessage("the key of a signal is 64 hexadecimal digits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalKey.of("m", "t", IDS, 4, 1, 1))
                .withMessage("the first scored of 4 tokens cannot be the one at index 4");
        assertThatIllegalArgumentException().isThrownBy(() -> SignalKey.of("m", "t", IDS, 1, 0, 1));
        for (double temperature : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SignalKey.of("m", "t", IDS, 1, 8, temperature))
                    .withMessage("a signal needs at least 1 token and a temperature above 0, not 8 and " + temperature);
        }
    }
}
