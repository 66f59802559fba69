package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.loss.JensenShannon;
import org.junit.jupiter.api.Test;

/** On the work of {@link LossWorkerTest}: whose numbers TRL computes in float32. */
class ExactLossTest {

    private static double[] values(int tokens, double temperature, double beta) {
        return ExactLoss.values(new JensenShannon(beta), temperature, tokens, 1000, 8, 3.25f, 0.25f);
    }

    @Test
    void float32IsNear() {
        check(0, LossWorkerTest.FORWARD_KL);
        check(1, LossWorkerTest.REVERSE_KL);
        check(0.5, LossWorkerTest.JSD);
    }

    private static void check(double beta, float[] ofTrl) {
        double[] values = values(6, 1, beta);
        assertThat(values).hasSize(6);
        for (int token = 0; token < 6; token++) {
            assertThat(values[token]).as("beta %s, token %d", beta, token).isCloseTo(ofTrl[token], within(3e-6));
        }
    }

    @Test
    void fewerTokensAreTheFirst() {
        double[] all = values(6, 1, 0.5);
        assertThat(values(2, 1, 0.5)).containsExactly(all[0], all[1]);
    }

    @Test
    void hotterModelsAreNearer() {
        // Ever flatter, both come to be the uniform distribution, and the KL falls with the square of the temperature.
        double at100 = values(1, 100, 0)[0];
        assertThat(at100).isPositive();
        assertThat(values(1, 200, 0)[0]).isCloseTo(at100 / 4, within(at100 / 100));
    }
}
