package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every divergence keeps. */
class DivergenceTest {

    private static final int WIDTH = 7;

    static Stream<Divergence> all() {
        return Stream.of(
                new ForwardKl(),
                new ReverseKl(),
                new SymmetricKl(),
                new TeacherCrossEntropy(),
                new JensenShannon(0),
                new JensenShannon(0.3),
                new JensenShannon(0.5),
                new JensenShannon(1),
                new SkewKl(0),
                new SkewKl(0.1),
                new SkewReverseKl(0),
                new SkewReverseKl(0.1),
                new TotalVariation(),
                new AdaptiveKl(0.5));
    }

    /** Without the teacher's cross-entropy, which is its entropy at equality. */
    static Stream<Divergence> proper() {
        return all().filter(divergence -> !(divergence instanceof TeacherCrossEntropy));
    }

    private static float[] logits(SplittableRandom random, double scale) {
        float[] logits = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            logits[i] = (float) (scale * (2 * random.nextDouble() - 1));
        }
        return logits;
    }

    private static double value(Divergence divergence, float[] student, float[] teacher, double temperature) {
        return LogitDivergence.row(divergence, student, teacher, 0, WIDTH, temperature, null);
    }

    private static float[] gradient(Divergence divergence, float[] student, float[] teacher, double temperature) {
        float[] gradient = new float[WIDTH];
        LogitDivergence.row(divergence, student, teacher, 0, WIDTH, temperature, gradient);
        return gradient;
    }

    @ParameterizedTest
    @MethodSource("proper")
    void isZeroAtEqualityAndNeverBelow(Divergence divergence) {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            float[] teacher = logits(random, 6);
            float[] shifted = teacher.clone();
            for (int k = 0; k < WIDTH; k++) {
                shifted[k] += 2;
            }
            // The same distribution, written with other logits.
            assertThat(value(divergence, shifted, teacher, 0.7)).isBetween(0.0, 1e-6);
            assertThat(value(divergence, logits(random, 6), teacher, 0.7)).isPositive();
            if (!(divergence instanceof TotalVariation)) {
                for (float slope : gradient(divergence, teacher, teacher, 0.7)) {
                    assertThat(slope).isCloseTo(0, within(1e-6f));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void theGradientIsThatOfFiniteDifferences(Divergence divergence) {
        SplittableRandom random = new SplittableRandom(2);
        for (double temperature : new double[] {0.5, 1, 2}) {
            float[] student = logits(random, 3);
            float[] teacher = logits(random, 3);
            float[] gradient = gradient(divergence, student, teacher, temperature);
            double total = 0;
            for (int i = 0; i < WIDTH; i++) {
                double step = 1.0 / 1024;
                float[] up = student.clone();
                float[] down = student.clone();
                up[i] += (float) step;
                down[i] -= (float) step;
                double slope = difference(divergence, up, down, student, teacher, temperature) / (up[i] - down[i]);
                assertThat((double) gradient[i]).as("logit " + i).isCloseTo(slope, within(2e-5));
                total += gradient[i];
            }
            // Logits that all move by as much say the same.
            assertThat(total).isCloseTo(0, within(1e-6));
        }
    }

    /** Of adaptive KL the weights stay those of the middle, since they carry no gradient. */
    private static double difference(
            Divergence divergence, float[] up, float[] down, float[] at, float[] teacher, double temperature) {
        if (divergence instanceof AdaptiveKl) {
            double ofForward = share(at, teacher, temperature);
            Divergence forward = new ForwardKl();
            Divergence reverse = new ReverseKl();
            return ofForward * (value(forward, up, teacher, temperature) - value(forward, down, teacher, temperature))
                    + (1 - ofForward)
                            * (value(reverse, up, teacher, temperature) - value(reverse, down, teacher, temperature));
        }
        return value(divergence, up, teacher, temperature) - value(divergence, down, teacher, temperature);
    }

    /** The weight of forward KL, found from the value: it lies between forward and reverse KL. */
    private static double share(float[] student, float[] teacher, double temperature) {
        double forward = value(new ForwardKl(), student, teacher, temperature);
        double reverse = value(new ReverseKl(), student, teacher, temperature);
        return (value(new AdaptiveKl(0.5), student, teacher, temperature) - reverse) / (forward - reverse);
    }

    @ParameterizedTest
    @MethodSource("all")
    void staysFiniteFarOutAndCold(Divergence divergence) {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 50; i++) {
            float[] student = logits(random, 80);
            float[] teacher = logits(random, 80);
            assertThat(value(divergence, student, teacher, 0.05)).isFinite().isNotNegative();
            for (float slope : gradient(divergence, student, teacher, 0.05)) {
                assertThat(slope).isFinite();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void tokensThatNeitherHasChangeNothing(Divergence divergence) {
        SplittableRandom random = new SplittableRandom(4);
        float[] student = logits(random, 3);
        float[] teacher = logits(random, 3);
        float[] wideStudent = Arrays.copyOf(student, WIDTH + 1);
        float[] wideTeacher = Arrays.copyOf(teacher, WIDTH + 1);
        wideStudent[WIDTH] = Float.NEGATIVE_INFINITY;
        wideTeacher[WIDTH] = Float.NEGATIVE_INFINITY;
        float[] wide = new float[WIDTH + 1];
        double value = LogitDivergence.row(divergence, wideStudent, wideTeacher, 0, WIDTH + 1, 1, wide);
        assertThat(value).isCloseTo(value(divergence, student, teacher, 1), within(1e-12));
        float[] gradient = gradient(divergence, student, teacher, 1);
        for (int i = 0; i < WIDTH; i++) {
            assertThat(wide[i]).isCloseTo(gradient[i], within(1e-6f));
        }
        assertThat(wide[WIDTH]).isZero();
    }

    /** P = (1/2, 1/2, 0) and Q = (1/4, 1/2, 1/4): every value can be worked out by hand. */
    @Test
    void valuesAreThoseOfTheFormulas() {
        float ln2 = (float) Math.log(2);
        float[] teacher = {0, 0, Float.NEGATIVE_INFINITY};
        float[] student = {0, ln2, 0};
        double log2 = Math.log(2);
        assertThat(of(new ForwardKl(), student, teacher)).isCloseTo(log2 / 2, within(1e-7));
        assertThat(of(new TeacherCrossEntropy(), student, teacher)).isCloseTo(1.5 * log2, within(1e-7));
        assertThat(of(new ReverseKl(), student, teacher)).isInfinite();
        assertThat(of(new TotalVariation(), student, teacher)).isCloseTo(0.25, within(1e-7));
        // M = (3/8, 1/2, 1/8).
        double jsd = 0.5 * (0.5 * Math.log(4.0 / 3)) + 0.5 * (0.25 * Math.log(2.0 / 3) + 0.25 * log2);
        assertThat(of(new JensenShannon(0.5), student, teacher)).isCloseTo(jsd, within(1e-7));
        // M = (0.275, 0.5, 0.225).
        assertThat(of(new SkewKl(0.1), student, teacher)).isCloseTo(0.5 * Math.log(0.5 / 0.275), within(1e-7));
        // M = (0.475, 0.5, 0.025).
        assertThat(of(new SkewReverseKl(0.1), student, teacher))
                .isCloseTo(0.25 * Math.log(0.25 / 0.475) + 0.25 * Math.log(10), within(1e-7));
        // Turned around, nothing is infinite: the head is the first token, with 1/2 of the mass, and a half of what is
        // apart.
        assertThat(of(new AdaptiveKl(0.5), teacher, student)).isInfinite();
        float[] near = {0, 0, -1};
        double forward = of(new ForwardKl(), near, student);
        double reverse = of(new ReverseKl(), near, student);
        double total = 2 + Math.exp(-1);
        double head = Math.abs(0.5 - 1 / total);
        double tail = Math.abs(0.25 - 1 / total) + Math.abs(0.25 - Math.exp(-1) / total);
        assertThat(of(new AdaptiveKl(0.5), near, student))
                .isCloseTo((head * forward + tail * reverse) / (head + tail), within(1e-7));
    }

    private static double of(Divergence divergence, float[] student, float[] teacher) {
        return LogitDivergence.row(divergence, student, teacher, 0, 3, 1, null);
    }

    @Test
    void otherVocabulariesAndSharesAreErrors() {
        assertThatThrownBy(() -> LogitDivergence.row(new ForwardKl(), new float[3], new float[4], 0, 3, 1, null))
                .hasMessage("the student has 3 logits and the teacher 4: their vocabularies must be one");
        assertThatThrownBy(() -> new JensenShannon(1.5)).hasMessage("beta must be 0 to 1, not 1.5");
        assertThatThrownBy(() -> new SkewKl(-0.1)).hasMessage("alpha must be 0 to 1, not -0.1");
        assertThatThrownBy(() -> new SkewReverseKl(Double.NaN)).hasMessage("alpha must be 0 to 1, not NaN");
        assertThatThrownBy(() -> new AdaptiveKl(2)).hasMessage("mu must be 0 to 1, not 2.0");
    }

    @Test
    void unlikelihoodFallsWithTheLabelsOdds() {
        float[] logits = {0, (float) Math.log(2), 0};
        float[] gradient = new float[3];
        assertThat(LogitUnlikelihood.row(logits, 0, 3, 1, 1, gradient)).isCloseTo(Math.log(2), within(1e-7));
        assertThat(gradient).containsExactly(new float[] {-0.25f, 0.5f, -0.25f}, within(1e-7f));
        float[] sure = {0, 80, 0};
        assertThat(LogitUnlikelihood.row(sure, 0, 3, 1, 0.05, gradient)).isCloseTo(1600 - Math.log(2), within(1e-6));
        assertThat(gradient).containsExactly(new float[] {-10, 20, -10}, within(1e-5f));
        assertThat(LogitUnlikelihood.row(sure, 0, 3, 0, 1, gradient)).isBetween(0.0, 1e-30);
        float[] alone = {Float.NEGATIVE_INFINITY, 1, Float.NEGATIVE_INFINITY};
        assertThat(LogitUnlikelihood.row(alone, 0, 3, 1, 1, null)).isInfinite();
    }
}
