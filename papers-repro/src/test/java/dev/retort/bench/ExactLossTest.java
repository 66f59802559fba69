package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.loss.JensenShannon;
import org.junit.jupiter.api.Test;

/** On the work of {@link LossWorkerTest}: the numbers are what benchmarks/peers/loss.py --mode autograd computes of it in float32. */
class ExactLossTest {

    private static double[] values(int tokens, double temperature, double beta) {
        return ExactLoss.values(new JensenShannon(beta), temperature, tokens, 1000, 8, 3.25f, 0.25f);
    }

    @Test
    void forwardKl() {
        assertThat(values(6, 1, 0))
                .containsExactly(
                        new double[] {0.4240052, 0.63040555, 0.37184218, 0.45797557, 0.6359645, 0.60595745},
                        within(3e-6));
    }

    @Test
    void reverseKl() {
        assertThat(values(6, 1, 1))
                .containsExactly(
                        new double[] {0.42862839, 0.43300948, 0.4220312, 0.50949335, 0.67145926, 0.7094949},
                        within(3e-6));
    }

    @Test
    void jensenShannon() {
        assertThat(values(6, 1, 0.5))
                .containsExactly(
                        new double[] {0.09866172, 0.11669638, 0.09049871, 0.10892119, 0.14338243, 0.14471328},
                        within(3e-6));
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
