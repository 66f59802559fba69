package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SoftmaxTest {

    private static final double LOG_3 = Math.log(3);

    @Test
    void probabilitiesAddUpWhateverTheLogitsSize() {
        double[] log = Softmax.log(new double[] {1000 + LOG_3, 1000, Double.NEGATIVE_INFINITY});
        assertThat(Math.exp(log[0])).isCloseTo(0.75, within(1e-12));
        assertThat(Math.exp(log[1])).isCloseTo(0.25, within(1e-12));
        assertThat(Math.exp(log[2])).isZero();
        assertThat(Softmax.logSum(new double[] {-1000 + LOG_3, -1000}))
                .isCloseTo(-1000 + 2 * Math.log(2), within(1e-9));
    }

    /** The way back of log q_0 is one-hot minus q. */
    @Test
    void slopesComeBackToTheLogits() {
        double[] log = Softmax.log(new double[] {LOG_3, 0});
        assertThat(Softmax.back(new double[] {1, 0}, log)).containsExactly(new double[] {0.25, -0.25}, within(1e-15));
    }
}
