package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class VerdictTest {

    private static PairedEffect effect(double value, double low, double high) {
        return new PairedEffect(value, 1, 10, low, high, 3, 100, 100, 3);
    }

    @Test
    void followsTheProtocol() {
        assertThat(Verdict.of(2.9, effect(3, 0.5, 5.5))).isEqualTo(Verdict.SAME_SIGN);
        assertThat(Verdict.of(-2.9, effect(-3, -5.5, -0.5))).isEqualTo(Verdict.SAME_SIGN);
        assertThat(Verdict.of(2.9, effect(-3, -5.5, -0.5))).isEqualTo(Verdict.OPPOSITE);
        assertThat(Verdict.of(2.9, effect(3, -0.1, 6.1))).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(Verdict.of(2.9, effect(3, 0, 6))).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(Verdict.of(null, effect(3, 0.5, 5.5))).isEqualTo(Verdict.NOT_COMPARABLE);
        assertThat(Verdict.of(0.0, effect(3, 0.5, 5.5))).isEqualTo(Verdict.NOT_COMPARABLE);
        assertThat(Verdict.of(2.9, effect(3, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY)))
                .isEqualTo(Verdict.INCONCLUSIVE);
    }

    @Test
    void hasAWordForTables() {
        for (Verdict verdict : Verdict.values()) {
            assertThat(Verdict.ofWord(verdict.word())).isEqualTo(verdict);
        }
        assertThat(Verdict.SAME_SIGN.word()).isEqualTo("same-sign");
        assertThat(Verdict.NOT_COMPARABLE.word()).isEqualTo("not-comparable");
        assertThatThrownBy(() -> Verdict.ofWord("better"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no verdict: better");
    }
}
