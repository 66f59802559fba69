package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogitUnlikelihoodTest {

    private static final float[] LOGITS = {0.5f, -1.25f, 3, 2, 1, -1, 0.5f, 0};
    private static final int[] LABELS = {2, 1};
    private static final int WIDTH = 4;

    /** -log(1 - softmax(z / T)[y]) by its words, of logits that need no care. */
    private static double byDefinition(double[] logits, int label, double temperature) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit / temperature);
        }
        return -Math.log(1 - Math.exp(logits[label] / temperature) / sum);
    }

    private static double[] row(int row) {
        double[] logits = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            logits[i] = LOGITS[row * WIDTH + i];
        }
        return logits;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 4})
    void isWhatItsNameSays(double temperature) {
        double step = 1e-5;
        float[] gradient = new float[LOGITS.length];
        for (int row = 0; row < LABELS.length; row++) {
            double loss = LogitUnlikelihood.row(LOGITS, row, WIDTH, LABELS[row], temperature, gradient);
            assertThat(loss).isEqualTo(byDefinition(row(row), LABELS[row], temperature), within(1e-9));
            assertThat(LogitUnlikelihood.row(LOGITS, row, WIDTH, LABELS[row], temperature, null))
                    .isEqualTo(loss);
            for (int i = 0; i < WIDTH; i++) {
                double[] above = row(row);
                double[] below = row(row);
                above[i] += step;
                below[i] -= step;
                double slope =
                        (byDefinition(above, LABELS[row], temperature) - byDefinition(below, LABELS[row], temperature))
                                / (2 * step);
                assertThat((double) gradient[row * WIDTH + i]).isEqualTo(slope, within(1e-6));
            }
        }
    }

    /** Where 1 - q is 0 in float64 the loss is the label's lead, and its gradient stays finite. */
    @Test
    void aLabelWithNearlyAllTheMassStaysFinite() {
        float[] gradient = new float[3];
        double loss = LogitUnlikelihood.row(new float[] {30, 0, 0}, 0, 3, 0, 0.05, gradient);
        assertThat(loss).isEqualTo(600 - Math.log(2), within(1e-9));
        assertThat(gradient).containsExactly(new float[] {20, -10, -10}, within(1e-5f));
    }

    @Test
    void aLabelWithNoMassCostsNothing() {
        float[] gradient = new float[3];
        float[] logits = {Float.NEGATIVE_INFINITY, 1, 1};
        assertThat(LogitUnlikelihood.row(logits, 0, 3, 0, 1, gradient)).isZero();
        assertThat(gradient).containsExactly(new float[] {0, 0, 0}, within(0f));
        assertThat(LogitUnlikelihood.row(new float[] {-60, 0}, 0, 2, 0, 1, gradient))
                .isEqualTo(Math.exp(-60), within(1e-32));
        assertThat(LogitUnlikelihood.row(new float[] {3}, 0, 1, 0, 1, null)).isInfinite();
    }

    @Test
    void theGradientMayTakeTheLogitsPlace() {
        float[] apart = new float[LOGITS.length];
        float[] inPlace = LOGITS.clone();
        for (int row = 0; row < LABELS.length; row++) {
            LogitUnlikelihood.row(LOGITS, row, WIDTH, LABELS[row], 2, apart);
            LogitUnlikelihood.row(inPlace, row, WIDTH, LABELS[row], 2, inPlace);
        }
        assertThat(inPlace).isEqualTo(apart);
    }
}
