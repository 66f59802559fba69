package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PairedEffectTest {

    private static final Offset<Double> CLOSE = within(1e-8);

    private static final Map<Integer, double[]> METHOD = Map.of(
            0, new double[] {1, 0, 1, 1, 0, 1},
            1, new double[] {1, 1, 1, 0, 0, 1},
            2, new double[] {1, 1, 0, 1, 0, 1});
    private static final Map<Integer, double[]> BASELINE = Map.of(
            0, new double[] {0, 0, 1, 1, 0, 0},
            1, new double[] {1, 0, 0, 0, 0, 1},
            2, new double[] {0, 1, 0, 1, 1, 0});

    // Expected numbers: the Javadoc's formulas in numpy, quantiles from scipy.stats.t.ppf (scipy 1.16).

    @Test
    void addsTheSpreadOfSeedsAndItems() {
        PairedEffect effect = PairedEffect.of(METHOD, BASELINE);

        assertThat(effect.effect()).isCloseTo(0.2777777777777778, CLOSE);
        assertThat(effect.standardError()).isCloseTo(0.16850834320114558, CLOSE);
        assertThat(effect.degreesOfFreedom()).isCloseTo(6.068253513048465, CLOSE);
        assertThat(effect.low()).isCloseTo(-0.13342570280603339, CLOSE);
        assertThat(effect.high()).isCloseTo(0.688981258361589, CLOSE);
        assertThat(effect.minimalDetectableEffect()).isCloseTo(0.5636926210146288, CLOSE);
        assertThat(effect.items()).isEqualTo(6);
        assertThat(effect.clusters()).isEqualTo(6);
        assertThat(effect.seeds()).isEqualTo(3);
    }

    @Test
    void usesItemsOnlyWhereThereIsOneSeed() {
        PairedEffect effect = PairedEffect.of(Map.of(0, METHOD.get(0)), Map.of(0, BASELINE.get(0)));

        assertThat(effect.effect()).isCloseTo(0.3333333333333333, CLOSE);
        assertThat(effect.standardError()).isCloseTo(0.21081851067789195, CLOSE);
        assertThat(effect.degreesOfFreedom()).isCloseTo(5, CLOSE);
        assertThat(effect.low()).isCloseTo(-0.20859290083115617, CLOSE);
        assertThat(effect.high()).isCloseTo(0.8752595674978227, CLOSE);
        assertThat(effect.minimalDetectableEffect()).isCloseTo(0.7357830844179795, CLOSE);
    }

    @Test
    void countsAClusterAsOneDraw() {
        PairedEffect effect = PairedEffect.of(METHOD, BASELINE, new int[] {0, 0, 1, 1, 1, 2});

        assertThat(effect.effect()).isCloseTo(0.2777777777777778, CLOSE);
        assertThat(effect.standardError()).isCloseTo(0.2157625962542786, CLOSE);
        assertThat(effect.degreesOfFreedom()).isCloseTo(2.282598850374499, CLOSE);
        assertThat(effect.low()).isCloseTo(-0.548681568741699, CLOSE);
        assertThat(effect.high()).isCloseTo(1.1042371242972546, CLOSE);
        assertThat(effect.clusters()).isEqualTo(3);
    }

    @Test
    void everyItemItsOwnClusterIsNoClusters() {
        assertThat(PairedEffect.of(METHOD, BASELINE, new int[] {9, 4, 7, 1, 0, 3}))
                .isEqualTo(PairedEffect.of(METHOD, BASELINE));
    }

    @Test
    void doublingEveryItemInItsClusterChangesNothing() {
        Map<Integer, double[]> method = new HashMap<>();
        Map<Integer, double[]> baseline = new HashMap<>();
        METHOD.forEach((seed, values) -> method.put(seed, twice(values)));
        BASELINE.forEach((seed, values) -> baseline.put(seed, twice(values)));

        PairedEffect doubled = PairedEffect.of(method, baseline, new int[] {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5});

        PairedEffect single = PairedEffect.of(METHOD, BASELINE);
        assertThat(doubled.effect()).isCloseTo(single.effect(), CLOSE);
        assertThat(doubled.standardError()).isCloseTo(single.standardError(), CLOSE);
        assertThat(doubled.low()).isCloseTo(single.low(), CLOSE);
    }

    private static double[] twice(double[] values) {
        double[] both = new double[2 * values.length];
        System.arraycopy(values, 0, both, 0, values.length);
        System.arraycopy(values, 0, both, values.length, values.length);
        return both;
    }

    @Test
    void swappingMethodAndBaselineTurnsTheIntervalRound() {
        PairedEffect there = PairedEffect.of(METHOD, BASELINE);
        PairedEffect back = PairedEffect.of(BASELINE, METHOD);

        assertThat(back.effect()).isCloseTo(-there.effect(), CLOSE);
        assertThat(back.low()).isCloseTo(-there.high(), CLOSE);
        assertThat(back.high()).isCloseTo(-there.low(), CLOSE);
    }

    @Test
    void oneItemTellsNothingAboutOthers() {
        PairedEffect effect = PairedEffect.of(Map.of(0, new double[] {1}), Map.of(0, new double[] {0}));

        assertThat(effect.effect()).isEqualTo(1);
        assertThat(effect.standardError()).isNaN();
        assertThat(effect.low()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(effect.high()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(effect.minimalDetectableEffect()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void differencesWithoutSpreadGiveAPoint() {
        PairedEffect effect = PairedEffect.of(
                Map.of(0, new double[] {0.3, 0.3, 0.3}, 1, new double[] {0.3, 0.3, 0.3}),
                Map.of(0, new double[] {0.1, 0.1, 0.1}, 1, new double[] {0.1, 0.1, 0.1}));

        assertThat(effect.effect()).isCloseTo(0.2, CLOSE);
        assertThat(effect.standardError()).isZero();
        assertThat(effect.low()).isEqualTo(effect.effect());
        assertThat(effect.high()).isEqualTo(effect.effect());
    }

    @Test
    void meanIsTheEffectAgainstZero() {
        PairedEffect mean = PairedEffect.mean(METHOD, null);

        assertThat(mean.effect()).isCloseTo(12.0 / 18, CLOSE);
    }

    @Test
    void changesItsUnit() {
        PairedEffect points = PairedEffect.of(METHOD, BASELINE).times(100);

        assertThat(points.effect()).isCloseTo(27.77777777777778, within(1e-6));
        assertThat(points.standardError()).isCloseTo(16.850834320114558, within(1e-6));
        assertThat(points.low()).isCloseTo(-13.34257028060334, within(1e-6));
        assertThat(points.degreesOfFreedom()).isCloseTo(6.068253513048465, CLOSE);
    }

    /**
     * Where there is no effect, about 5 % of the intervals may exclude zero: seeds, items and both together vary here.
     */
    @Test
    void intervalsKeepTheirPromiseOnSimulatedData() {
        SplittableRandom random = new SplittableRandom(42);
        int runs = 2000;
        int items = 40;
        int misses = 0;
        for (int run = 0; run < runs; run++) {
            double[] ofItem = new double[items];
            for (int i = 0; i < items; i++) {
                ofItem[i] = 0.5 * random.nextGaussian();
            }
            Map<Integer, double[]> method = new HashMap<>();
            Map<Integer, double[]> baseline = new HashMap<>();
            for (int seed = 0; seed < 5; seed++) {
                double ofSeed = 0.1 * random.nextGaussian();
                double[] values = new double[items];
                for (int i = 0; i < items; i++) {
                    values[i] = ofItem[i] + ofSeed + 0.5 * random.nextGaussian();
                }
                method.put(seed, values);
                baseline.put(seed, new double[items]);
            }
            PairedEffect effect = PairedEffect.of(method, baseline);
            if (effect.low() > 0 || effect.high() < 0) {
                misses++;
            }
        }
        assertThat(misses / (double) runs).isBetween(0.02, 0.06);
    }

    @Test
    void refusesWhatDoesNotPair() {
        assertThatThrownBy(() -> PairedEffect.of(METHOD, Map.of(0, BASELINE.get(0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same seeds");
        assertThatThrownBy(() -> PairedEffect.of(Map.of(), Map.of())).hasMessageContaining("at least one");
        assertThatThrownBy(() -> PairedEffect.of(Map.of(0, new double[3]), Map.of(0, new double[2])))
                .hasMessage("seed 0 has 3 and 2 outcomes where 3 are expected: pair the items first");
        assertThatThrownBy(() -> PairedEffect.of(METHOD, BASELINE, new int[5]))
                .hasMessage("6 items and 5 cluster numbers do not fit");
        assertThatThrownBy(() -> PairedEffect.of(Map.of(0, new double[] {1, Double.NaN}), Map.of(0, new double[2])))
                .hasMessage("seed 0, item 1: outcome is not finite");
    }
}
