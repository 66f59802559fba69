package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogitCrossEntropyTest {

    private static final float[] LOGITS = {
        0.5f, -1.25f, 3, 2, 30, -30, 29.5f, 0, 0.001f, 0.002f, 0.003f, 0.004f,
    };

    private static final int[] LABELS = {1, 0, 3};

    /** PyTorch 2.15, float64: cross_entropy(z / T, y, reduction="none"), and the gradient of its sum by autograd. */
    @Test
    void agreesWithPyTorch() {
        agrees(
                1,
                new double[] {4.631328601, 0.4740769842, 1.384794986},
                0.056060232,
                -0.99025819,
                0.68295343,
                0.25124453,
                -0.37754067,
                5.4505718e-27,
                0.37754067,
                5.8247397e-14,
                0.24962513,
                0.24987488,
                0.25012487,
                -0.74962488);
        agrees(
                0.05,
                new double[] {85, 4.539889922e-05, 1.356544347},
                3.8574997e-21,
                -20,
                20,
                4.1223072e-08,
                -0.00090795737,
                0,
                0.00090795737,
                5.3005525e-260,
                4.8510148,
                4.9490118,
                5.0489885,
                -14.849015);
        agrees(
                4,
                new double[] {2.04069565, 0.6328929582, 1.3859194},
                0.050313089,
                -0.21751543,
                0.093997226,
                0.073205113,
                -0.11723668,
                4.0612606e-08,
                0.11716321,
                7.3429315e-05,
                0.062476564,
                0.062492186,
                0.062507811,
                -0.18747656);
    }

    private static void agrees(double temperature, double[] losses, double... gradient) {
        float[] found = new float[LOGITS.length];
        for (int row = 0; row < LABELS.length; row++) {
            double loss = LogitCrossEntropy.row(LOGITS, row, 4, LABELS[row], temperature, found);
            assertThat(loss).isEqualTo(losses[row], within(1e-7 * Math.max(1, losses[row])));
            assertThat(LogitCrossEntropy.row(LOGITS, row, 4, LABELS[row], temperature, null))
                    .isEqualTo(loss);
        }
        for (int i = 0; i < gradient.length; i++) {
            // The logits are float32 here: 0.001 is not quite 0.001.
            assertThat((double) found[i]).isEqualTo(gradient[i], within(1e-6 * Math.max(0.01, Math.abs(gradient[i]))));
        }
    }

    @Test
    void keepsTheDigitsOfWhatIsLeftToTheOthers() {
        float[] gradient = new float[2];
        double loss = LogitCrossEntropy.row(new float[] {60, 0}, 0, 2, 0, 1, gradient);
        assertThat(loss).isEqualTo(Math.exp(-60), within(1e-32));
        assertThat(gradient)
                .containsExactly(new float[] {(float) -Math.exp(-60), (float) Math.exp(-60)}, within(1e-32f));
    }

    @Test
    void theGradientMayTakeTheLogitsPlace() {
        float[] apart = new float[LOGITS.length];
        float[] inPlace = LOGITS.clone();
        for (int row = 0; row < LABELS.length; row++) {
            LogitCrossEntropy.row(LOGITS, row, 4, LABELS[row], 2, apart);
            LogitCrossEntropy.row(inPlace, row, 4, LABELS[row], 2, inPlace);
        }
        assertThat(inPlace).isEqualTo(apart);
    }

    @Test
    void minusInfinityIsNoProbability() {
        float[] gradient = new float[3];
        float[] logits = {Float.NEGATIVE_INFINITY, 1, 1};
        assertThat(LogitCrossEntropy.row(logits, 0, 3, 1, 0.05, gradient)).isEqualTo(Math.log(2), within(1e-12));
        assertThat(gradient).containsExactly(new float[] {0, -10, 10}, within(1e-6f));
        assertThat(LogitCrossEntropy.row(logits, 0, 3, 0, 1, null)).isInfinite();
        assertThat(LogitCrossEntropy.row(new float[] {3}, 0, 1, 0, 1, null)).isZero();
    }

    /** With the identity as head, hidden states are logits. */
    @Test
    void agreesWithTheFusedLoss() {
        int rows = 5;
        int width = 7;
        SplittableRandom random = new SplittableRandom(3);
        float[] logits = new float[rows * width];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (random.nextDouble() * 8 - 4);
        }
        long[] labels = random.longs(rows, 0, width).toArray();
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            float[] fused = CrossEntropy.losses(
                    manager.create(logits, new Shape(rows, width)), manager.eye(width), manager.create(labels));
            for (int row = 0; row < rows; row++) {
                assertThat(LogitCrossEntropy.row(logits, row, width, (int) labels[row], 1, null))
                        .isEqualTo(fused[row], within(1e-5));
            }
        }
    }
}
