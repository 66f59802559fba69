package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.op.Autograd;
import dev.retort.signal.TopKLogProbs;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every divergence keeps when it is computed from hidden states and heads. */
class HeadDivergenceTest {

    private static final int ROWS = 149;

    private static final int VOCABULARY = 37;
    private static final int WIDTH = 5;
    private static final int TEACHER_WIDTH = 4;

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    private final SplittableRandom random = new SplittableRandom(7);
    private final NDArray hidden = normal(ROWS, WIDTH);
    private final NDArray head = normal(VOCABULARY, WIDTH);
    private final NDArray teacherHidden = normal(ROWS, TEACHER_WIDTH);
    private final NDArray teacherHead = normal(VOCABULARY, TEACHER_WIDTH);
    private final TeacherSignal teacher = new TeacherSignal.Hidden(teacherHidden, teacherHead);

    static Stream<Divergence> all() {
        return DivergenceTest.all();
    }

    static Stream<Divergence> proper() {
        return DivergenceTest.proper();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray normal(int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1) * 1.5f;
        }
        return manager.create(values, new Shape(rows, columns));
    }

    private static float[] logits(NDArray hidden, NDArray head) {
        return hidden.matMul(head.transpose()).toFloatArray();
    }

    private float[] factors() {
        float[] factors = new float[ROWS];
        for (int i = 0; i < ROWS; i++) {
            factors[i] = (float) random.nextDouble() / ROWS;
        }
        return factors;
    }

    /** The gradient with respect to the logits, times factors. */
    private static float[] logitGradient(
            Divergence divergence, float[] student, float[] teacher, double temperature, float[] factors) {
        float[] gradient = new float[student.length];
        for (int row = 0; row < factors.length; row++) {
            LogitDivergence.row(divergence, student, teacher, row, VOCABULARY, temperature, gradient);
            for (int i = 0; i < VOCABULARY; i++) {
                gradient[row * VOCABULARY + i] *= factors[row];
            }
        }
        return gradient;
    }

    @ParameterizedTest
    @MethodSource("all")
    void agreesWithTheLogits(Divergence divergence) {
        float[] student = logits(hidden, head);
        float[] other = logits(teacherHidden, teacherHead);
        for (double temperature : new double[] {0.5, 1, 2}) {
            float[] factors = factors();
            HeadDivergence ours = new HeadDivergence(divergence, temperature);
            HeadDivergence.Result result = ours.withGradient(hidden, head, teacher, factors);
            for (int row = 0; row < ROWS; row++) {
                double value = LogitDivergence.row(divergence, student, other, row, VOCABULARY, temperature, null);
                assertThat((double) result.values()[row]).isCloseTo(value, within(2e-6 * (1 + value)));
            }
            assertThat(result.labelLosses()).isEmpty();
            assertThat(result.bounds()).containsOnly(0);
            NDArray gradient = manager.create(
                    logitGradient(divergence, student, other, temperature, factors), new Shape(ROWS, VOCABULARY));
            assertClose(result.gradient(), gradient.matMul(head), 1e-7f);
            assertThat(ours.values(hidden, head, teacher)).containsExactly(result.values(), within(0f));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void aTrainedHeadGetsItsGradientAndTheTeacherNone(Divergence divergence) {
        head.setRequiresGradient(true);
        teacherHead.setRequiresGradient(true);
        Autograd.startGradient(head);
        Autograd.startGradient(teacherHead);
        float[] factors = factors();
        HeadDivergence ours = new HeadDivergence(divergence, 1);
        ours.withGradient(hidden, head, teacher, factors);
        ours.withGradient(hidden, head, teacher, factors);
        NDArray gradient = manager.create(
                logitGradient(divergence, logits(hidden, head), logits(teacherHidden, teacherHead), 1, factors),
                new Shape(ROWS, VOCABULARY));
        assertClose(head.getGradient(), gradient.transpose().matMul(hidden).mul(2), 2e-6f);
        assertThat(teacherHead.getGradient().toFloatArray()).containsOnly(0);
    }

    @ParameterizedTest
    @MethodSource("all")
    void chunksOfAnySizeAreTheSame(Divergence divergence) {
        float[] factors = factors();
        int[] labels = new int[ROWS];
        HeadDivergence.Result whole =
                new HeadDivergence(divergence, 0.7).withGradient(hidden, head, teacher, factors, labels, factors);
        for (long logits : new long[] {1, 10 * VOCABULARY, 148 * VOCABULARY}) {
            HeadDivergence.Result result = new HeadDivergence(divergence, 0.7, logits)
                    .withGradient(hidden, head, teacher, factors, labels, factors);
            assertThat(result.values()).containsExactly(whole.values(), within(1e-5f));
            assertThat(result.labelLosses()).containsExactly(whole.labelLosses(), within(1e-6f));
            assertClose(result.gradient(), whole.gradient(), 1e-7f);
        }
    }

    /** A token alone is reckoned without a look at its largest logit first, unless that would not fit. */
    @ParameterizedTest
    @MethodSource("all")
    void aTokenAloneMayHaveAllItsLogitsFarFromZero(Divergence divergence) {
        for (float[] by : new float[][] {{0, 0}, {30, -40}, {-40, 40}, {-48, 120}, {300, -300}}) {
            NDArray far = withColumn(hidden, by[0]);
            NDArray farTeacher = withColumn(teacherHidden, by[1]);
            NDArray farHead = withColumn(head, 1);
            NDArray farTeacherHead = withColumn(teacherHead, 1);
            float[] student = logits(far, farHead);
            float[] other = logits(farTeacher, farTeacherHead);
            float[] factors = factors();
            HeadDivergence.Result result = new HeadDivergence(divergence, 1, 1)
                    .withGradient(far, farHead, new TeacherSignal.Hidden(farTeacher, farTeacherHead), factors);
            double rounding = 1e-6 * (2 + Math.abs(by[0]) + Math.abs(by[1]));
            for (int row = 0; row < ROWS; row++) {
                double value = LogitDivergence.row(divergence, student, other, row, VOCABULARY, 1, null);
                assertThat((double) result.values()[row]).isCloseTo(value, within(rounding * (1 + value)));
            }
            NDArray gradient =
                    manager.create(logitGradient(divergence, student, other, 1, factors), new Shape(ROWS, VOCABULARY));
            assertClose(result.gradient(), gradient.matMul(farHead), (float) rounding / 20);
        }
    }

    private NDArray withColumn(NDArray rows, float value) {
        return rows.concat(manager.full(new Shape(rows.getShape().get(0), 1), value), 1);
    }

    @ParameterizedTest
    @MethodSource("all")
    void tokensCutIntoPartsAddUp(Divergence divergence) {
        HeadDivergence ours = new HeadDivergence(divergence, 0.7);
        float[] factors = factors();
        HeadDivergence.Result whole = ours.withGradient(hidden, head, teacher, factors);
        for (int from = 0; from < ROWS; from += 40) {
            int to = Math.min(ROWS, from + 40);
            String part = from + ":" + to;
            HeadDivergence.Result result = ours.withGradient(
                    hidden.get(part),
                    head,
                    new TeacherSignal.Hidden(teacherHidden.get(part), teacherHead),
                    Arrays.copyOfRange(factors, from, to));
            assertThat(result.values()).containsExactly(Arrays.copyOfRange(whole.values(), from, to), within(1e-5f));
            assertClose(result.gradient(), whole.gradient().get(part), 1e-7f);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void labelsInTheSamePassAreThoseOfCrossEntropy(Divergence divergence) {
        for (double temperature : new double[] {1, 2}) {
            float[] factors = factors();
            float[] labelFactors = factors();
            int[] labels = IntStream.range(0, ROWS).map(row -> row % VOCABULARY).toArray();
            HeadDivergence ours = new HeadDivergence(divergence, temperature);
            HeadDivergence.Result mixed = ours.withGradient(hidden, head, teacher, factors, labels, labelFactors);
            HeadDivergence.Result alone = ours.withGradient(hidden, head, teacher, factors);
            CrossEntropy.Result cross = CrossEntropy.withGradient(
                    hidden,
                    head,
                    manager.create(Arrays.stream(labels).asLongStream().toArray()),
                    labelFactors);
            assertThat(mixed.values()).containsExactly(alone.values(), within(0f));
            assertThat(mixed.labelLosses()).containsExactly(cross.losses(), within(1e-6f));
            assertClose(mixed.gradient(), alone.gradient().add(cross.gradient()), 1e-7f);
        }
    }

    @ParameterizedTest
    @MethodSource("proper")
    void isZeroAtEquality(Divergence divergence) {
        HeadDivergence.Result result = new HeadDivergence(divergence, 0.05)
                .withGradient(hidden, head, new TeacherSignal.Hidden(hidden, head), factors());
        for (float value : result.values()) {
            assertThat(value).isBetween(0f, 1e-6f);
        }
        for (float slope : result.gradient().toFloatArray()) {
            assertThat(slope).isCloseTo(0, within(1e-6f));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void staysFiniteFarOutAndCold(Divergence divergence) {
        NDArray far = hidden.mul(40);
        NDArray farTeacher = teacherHidden.mul(-40);
        HeadDivergence.Result result = new HeadDivergence(divergence, 0.05)
                .withGradient(far, head, new TeacherSignal.Hidden(farTeacher, teacherHead), factors());
        for (float value : result.values()) {
            assertThat(value).isFinite().isNotNegative();
        }
        for (float slope : result.gradient().toFloatArray()) {
            assertThat(slope).isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void logitsOfTheTeacherMayBeInfinite(Divergence divergence) {
        float[] other = logits(teacherHidden, teacherHead);
        for (int row = 0; row < ROWS; row++) {
            other[row * VOCABULARY + row % VOCABULARY] = Float.NEGATIVE_INFINITY;
        }
        float[] student = logits(hidden, head);
        float[] factors = factors();
        HeadDivergence.Result result = new HeadDivergence(divergence, 1)
                .withGradient(
                        hidden,
                        head,
                        new TeacherSignal.Logits(manager.create(other, new Shape(ROWS, VOCABULARY))),
                        factors);
        boolean isFinite = true;
        for (int row = 0; row < ROWS; row++) {
            double value = LogitDivergence.row(divergence, student, other, row, VOCABULARY, 1, null);
            isFinite &= Double.isFinite(value);
            if (Double.isFinite(value)) {
                assertThat((double) result.values()[row]).isCloseTo(value, within(2e-6 * (1 + value)));
            } else {
                assertThat(result.values()[row]).isInfinite();
            }
        }
        if (isFinite) {
            NDArray gradient =
                    manager.create(logitGradient(divergence, student, other, 1, factors), new Shape(ROWS, VOCABULARY));
            assertClose(result.gradient(), gradient.matMul(head), 1e-7f);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void tokensThatDoNotCountLeaveNoGradient(Divergence divergence) {
        HeadDivergence.Result result =
                new HeadDivergence(divergence, 1).withGradient(hidden, head, teacher, new float[ROWS]);
        assertThat(result.gradient().abs().toFloatArray()).containsOnly(0);
    }

    /** The teacher's k most probable tokens, at temperature 1. */
    private TopKLogProbs top(int k) {
        return top(k, 1);
    }

    private TopKLogProbs top(int k, double temperature) {
        float[] logProbs = teacherHidden
                .matMul(teacherHead.transpose())
                .div((float) temperature)
                .logSoftmax(1)
                .toFloatArray();
        int[] ids = new int[ROWS * k];
        float[] kept = new float[ROWS * k];
        for (int row = 0; row < ROWS; row++) {
            int from = row * VOCABULARY;
            int[] order = IntStream.range(0, VOCABULARY)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -logProbs[from + i]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            for (int i = 0; i < k; i++) {
                ids[row * k + i] = order[i];
                kept[row * k + i] = logProbs[from + order[i]];
            }
        }
        return new TopKLogProbs(ROWS, k, ids, kept);
    }

    @ParameterizedTest
    @MethodSource("all")
    void allTokensKnownIsAsTheWhole(Divergence divergence) {
        int[] labels = IntStream.range(0, ROWS).map(row -> row % VOCABULARY).toArray();
        for (double temperature : new double[] {0.5, 1, 2}) {
            float[] factors = factors();
            float[] labelFactors = factors();
            HeadDivergence ours = new HeadDivergence(divergence, temperature);
            HeadDivergence.Result whole = ours.withGradient(hidden, head, teacher, factors, labels, labelFactors);
            for (TeacherSignal.Outside outside : TeacherSignal.Outside.values()) {
                TeacherSignal all = new TeacherSignal.TopK(top(VOCABULARY, temperature), outside);
                HeadDivergence.Result result = ours.withGradient(hidden, head, all, factors, labels, labelFactors);
                assertThat(result.values()).containsExactly(whole.values(), within(2e-5f));
                assertThat(result.labelLosses()).containsExactly(whole.labelLosses(), within(1e-5f));
                assertClose(result.gradient(), whole.gradient(), 2e-7f);
                for (float bound : result.bounds()) {
                    assertThat(bound).isCloseTo(0, within(1e-5f));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void theWholeLiesWithinTheBoundOfAPart(Divergence divergence) {
        HeadDivergence ours = new HeadDivergence(divergence, 1);
        float[] whole = ours.values(hidden, head, teacher);
        for (TeacherSignal.Outside outside : TeacherSignal.Outside.values()) {
            HeadDivergence.Result result =
                    ours.withGradient(hidden, head, new TeacherSignal.TopK(top(6), outside), factors());
            for (int row = 0; row < ROWS; row++) {
                float apart = whole[row] - result.values()[row];
                assertThat(Math.abs(apart)).isLessThanOrEqualTo(result.bounds()[row] + 1e-5f);
                if (outside == TeacherSignal.Outside.BUCKET && !(divergence instanceof AdaptiveKl)) {
                    assertThat(apart).isGreaterThanOrEqualTo(-1e-5f);
                }
            }
        }
    }

    /** Its probabilities sum to 1 as far as float32 can tell: nothing seems left for the others, of which the student thinks much. */
    @ParameterizedTest
    @MethodSource("all")
    void aTeacherThatIsAllButCertainGivesFiniteNumbers(Divergence divergence) {
        int[] ids = new int[2 * ROWS];
        float[] logProbs = new float[2 * ROWS];
        for (int row = 0; row < ROWS; row++) {
            ids[2 * row + 1] = 1;
            logProbs[2 * row + 1] = -8;
        }
        TopKLogProbs certain = new TopKLogProbs(ROWS, 2, ids, logProbs);
        for (double temperature : new double[] {0.05, 1}) {
            for (TeacherSignal.Outside outside :
                    List.of(TeacherSignal.Outside.BUCKET, TeacherSignal.Outside.RENORMALISE)) {
                HeadDivergence.Result result = new HeadDivergence(divergence, temperature)
                        .withGradient(hidden, head, new TeacherSignal.TopK(certain, outside), factors());
                for (int row = 0; row < ROWS; row++) {
                    assertThat(result.values()[row]).as(outside + " " + row).isFinite();
                    assertThat(result.bounds()[row]).as(outside + " " + row).isNotNaN();
                }
                for (float slope : result.gradient().toFloatArray()) {
                    assertThat(slope).isFinite();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void theGradientOfAPartIsThatOfFiniteDifferences(Divergence divergence) {
        if (divergence instanceof AdaptiveKl || divergence instanceof TotalVariation) {
            return; // weights without a gradient, and kinks
        }
        HeadDivergence ours = new HeadDivergence(divergence, 1);
        for (TeacherSignal.Outside outside : TeacherSignal.Outside.values()) {
            TeacherSignal part = new TeacherSignal.TopK(top(6), outside);
            float[] ones = new float[ROWS];
            Arrays.fill(ones, 1);
            float[] gradient =
                    ours.withGradient(hidden, head, part, ones).gradient().toFloatArray();
            float step = 1 / 64f;
            for (int column = 0; column < WIDTH; column++) {
                float[] moves = new float[WIDTH];
                moves[column] = step;
                NDArray move = manager.create(moves);
                float[] up = ours.values(hidden.add(move), head, part);
                float[] down = ours.values(hidden.sub(move), head, part);
                for (int row = 0; row < ROWS; row++) {
                    double slope = (up[row] - down[row]) / (2 * step);
                    assertThat((double) gradient[row * WIDTH + column])
                            .as(outside + " " + row)
                            .isCloseTo(slope, within(2e-3 * (1 + Math.abs(slope))));
                }
            }
        }
    }

    @Test
    void whatDoesNotFitIsAnError() {
        HeadDivergence ours = new HeadDivergence(new ForwardKl(), 1);
        TeacherSignal smaller = new TeacherSignal.Hidden(teacherHidden, teacherHead.get("0:30"));
        assertThatThrownBy(() -> ours.values(hidden, head, smaller))
                .hasMessage("the student's vocabulary has 37 tokens and the teacher's 30: they must be one");
        TeacherSignal fewer = new TeacherSignal.Hidden(teacherHidden.get("0:9"), teacherHead);
        assertThatThrownBy(() -> ours.values(hidden, head, fewer))
                .hasMessage("the student has 149 tokens and the teacher 9: they must be the same");
        assertThatThrownBy(() -> new HeadDivergence(new ForwardKl(), 0))
                .hasMessage("temperature must be positive, not 0.0");
    }

    private static void assertClose(NDArray actual, NDArray expected, float tolerance) {
        assertThat(actual.toFloatArray()).containsExactly(expected.toFloatArray(), within(tolerance));
    }
}
