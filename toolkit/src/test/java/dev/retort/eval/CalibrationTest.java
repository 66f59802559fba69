package dev.retort.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retort.eval.Calibration.Bin;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CalibrationTest {

    @Test
    void weighsTheGapOfEveryBin() {
        Calibration calibration = Calibration.of(
                new double[] {0.95, 0.85, 0.85, 0.15, 0.1}, new boolean[] {true, true, false, false, true});

        // (1 x 0.05 + 2 x 0.35 + 1 x 0.15 + 1 x 0.9) / 5
        assertThat(calibration.error()).isCloseTo(0.36, within(1e-12));
        assertThat(calibration.bins()).hasSize(Calibration.DEFAULT_BINS).hasSize(10);
        assertThat(calibration.bins().get(8)).isEqualTo(new Bin(0.8, 0.9, 2, 0.85, 0.5));
        assertThat(calibration.bins().get(5)).isEqualTo(new Bin(0.5, 0.6, 0, Double.NaN, Double.NaN));
    }

    @Test
    void binsHoldTheirUpperEdgeAndTheFirstHoldsZero() {
        double[] confidences = {0, 0.25, 0.26, 0.5, 0.75, 1};
        Calibration calibration = Calibration.of(confidences, new boolean[6], 4);

        assertThat(calibration.bins()).extracting(Bin::count).containsExactly(2, 2, 1, 1);
        assertThat(calibration.error()).isCloseTo(2.76 / 6, within(1e-12));
        for (int tenth = 1; tenth <= 10; tenth++) {
            assertThat(Calibration.of(new double[] {tenth / 10.0}, new boolean[1])
                            .bins()
                            .get(tenth - 1)
                            .count())
                    .isOne();
        }
    }

    @Test
    void oneBinComparesTheMeans() {
        Calibration calibration = Calibration.of(new double[] {0.2, 0.8, 0.8}, new boolean[] {false, true, true}, 1);
        assertThat(calibration.error()).isCloseTo(2 / 3.0 - 0.6, within(1e-12));
    }

    @Test
    void isNearZeroForConfidencesThatAreTrue() {
        SplittableRandom random = new SplittableRandom(3);
        double[] confidences = random.doubles(200_000).toArray();
        boolean[] correct = new boolean[confidences.length];
        for (int i = 0; i < correct.length; i++) {
            correct[i] = random.nextDouble() < confidences[i];
        }
        assertThat(Calibration.of(confidences, correct).error()).isLessThan(0.005);
    }

    @Test
    void refusesWhatIsNoConfidence() {
        assertThatThrownBy(() -> Calibration.of(new double[] {0.5, Double.NaN}, new boolean[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("item 1: confidence NaN is not 0 to 1");
        assertThatThrownBy(() -> Calibration.of(new double[] {1.5}, new boolean[1]))
                .hasMessage("item 0: confidence 1.5 is not 0 to 1");
        assertThatThrownBy(() -> Calibration.of(new double[0], new boolean[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "0 confidences, 0 outcomes and 10 bins: give equally many of the first two and at least one of"
                                + " each");
        assertThatThrownBy(() -> Calibration.of(new double[1], new boolean[2]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Calibration.of(new double[1], new boolean[1], 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
