package dev.retort.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retort.eval.KlEstimate.LogProbabilities;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class KlEstimateTest {

    private static final Offset<Double> CLOSE = within(1e-12);

    private static final List<List<LogProbabilities>> SAMPLES = List.of(
            List.of(
                    new LogProbabilities(new double[] {-1, -2}, new double[] {-1.5, -2.5}),
                    new LogProbabilities(new double[] {-1}, new double[] {-3})),
            List.of(
                    new LogProbabilities(new double[] {-1, -1, -1}, new double[] {-1, -2, 0}),
                    new LogProbabilities(new double[] {-2}, new double[] {-1})));

    @Test
    void dividesBySamplesAndByTokens() {
        KlEstimate reverse = KlEstimate.reverse(SAMPLES);

        assertThat(reverse.perSequence()).isCloseTo(0.5, CLOSE);
        assertThat(reverse.perToken()).isCloseTo(2 / 7.0, CLOSE);
        // Residuals of the prompts' sums 3 and -1: 3 - 2 x 0.5 and -1 - 2 x 0.5; 3 - 3 x 2/7 and -1 - 4 x 2/7.
        assertThat(reverse.perSequenceError()).isCloseTo(1, CLOSE);
        assertThat(reverse.perTokenError()).isCloseTo(30 / 49.0, CLOSE);
        assertThat(reverse.prompts()).isEqualTo(2);
        assertThat(reverse.samples()).isEqualTo(4);
        assertThat(reverse.tokens()).isEqualTo(7);
    }

    @Test
    void forwardTurnsTheSign() {
        KlEstimate forward = KlEstimate.forward(SAMPLES);

        assertThat(forward.perSequence()).isCloseTo(-0.5, CLOSE);
        assertThat(forward.perSequenceError()).isCloseTo(1, CLOSE);
        assertThat(forward.perToken()).isCloseTo(-2 / 7.0, CLOSE);
    }

    @Test
    void theLoggedOneIsNeverNegative() {
        double sum = 2 * (Math.exp(-0.5) - 0.5) + (Math.exp(-2) + 1) + Math.exp(-1) + 2 * (Math.E - 2);
        assertThat(KlEstimate.reverseAsLogged(SAMPLES).perSequence()).isCloseTo(sum / 4, CLOSE);
    }

    @Test
    void samplesOfOnePromptAreOneDraw() {
        List<List<double[]>> once =
                List.of(List.of(new double[] {1, 2}), List.of(new double[] {5}), List.of(new double[] {0, 0, 1}));
        List<List<double[]>> twice = once.stream()
                .map(samples -> List.of(samples.get(0), samples.get(0)))
                .toList();
        KlEstimate first = KlEstimate.ofPositions(once);
        KlEstimate second = KlEstimate.ofPositions(twice);

        assertThat(first.perSequence()).isEqualTo(3);
        assertThat(first.perSequenceError()).isCloseTo(Math.sqrt(4 / 3.0), CLOSE);
        assertThat(first.perToken()).isEqualTo(1.5);
        assertThat(first.perTokenError()).isCloseTo(Math.sqrt(1.5 * (0 + 12.25 + 12.25)) / 6, CLOSE);
        assertThat(second.perSequenceError()).isCloseTo(first.perSequenceError(), CLOSE);
        assertThat(second.perTokenError()).isCloseTo(first.perTokenError(), CLOSE);
        assertThat(second.samples()).isEqualTo(6);
    }

    @Test
    void edges() {
        KlEstimate equal = KlEstimate.reverse(List.of(
                List.of(new LogProbabilities(new double[] {-1}, new double[] {-1})),
                List.of(new LogProbabilities(new double[] {-2}, new double[] {-2}))));
        assertThat(equal).isEqualTo(new KlEstimate(0, 0, 0, 0, 2, 2, 2));

        KlEstimate single = KlEstimate.ofPositions(List.of(List.of(new double[] {1, 2}, new double[] {4})));
        assertThat(single.perSequence()).isEqualTo(3.5);
        assertThat(single.perSequenceError()).isNaN();
        assertThat(single.perTokenError()).isNaN();

        KlEstimate empty = KlEstimate.ofPositions(List.of(List.of(new double[0]), List.of(new double[0])));
        assertThat(empty.perSequence()).isZero();
        assertThat(empty.perToken()).isNaN();
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> KlEstimate.reverse(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no prompts, or a prompt without samples: there is nothing to estimate from");
        assertThatThrownBy(() -> KlEstimate.ofPositions(List.of(List.of())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LogProbabilities(new double[2], new double[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("2 tokens of the student and 3 of the teacher do not fit");
        assertThatThrownBy(() -> KlEstimate.reverse(
                        List.of(List.of(new LogProbabilities(new double[1], new double[] {Double.NEGATIVE_INFINITY})))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a value is infinite or NaN");
    }

    // A Markov chain over two tokens and an end, cut after LONGEST tokens; prompts start in token 0 and 1 by turns.

    private static final int END = 2;
    private static final int LONGEST = 6;
    private static final double[][] Q = {{0.5, 0.3, 0.2}, {0.2, 0.5, 0.3}};
    private static final double[][] P = {{0.3, 0.4, 0.3}, {0.45, 0.4, 0.15}};

    @Test
    void allEstimatesAgreeWithTheExactKlOfAChain() {
        SplittableRandom random = new SplittableRandom(5);
        for (boolean reverse : new boolean[] {true, false}) {
            double[] exact = reverse ? exactKl(Q, P) : exactKl(P, Q);
            Draw draw = Draw.of(reverse, 4000, random);
            KlEstimate plain = reverse ? KlEstimate.reverse(draw.tokens()) : KlEstimate.forward(draw.tokens());
            KlEstimate positions = KlEstimate.ofPositions(draw.positions());

            assertWithin(3, plain, exact);
            assertWithin(3, positions, exact);
            assertThat(positions.perSequenceError()).isLessThan(0.4 * plain.perSequenceError());
            if (reverse) {
                assertWithin(3, KlEstimate.reverseAsLogged(draw.tokens()), exact);
            }
        }
    }

    @Test
    void theErrorsAreTheSpreadOverRepeatedDraws() {
        SplittableRandom random = new SplittableRandom(6);
        int repeats = 400;
        double[] exact = exactKl(Q, P);
        double[] squares = new double[2];
        double[] variances = new double[2];
        for (int repeat = 0; repeat < repeats; repeat++) {
            KlEstimate estimate = KlEstimate.reverse(Draw.of(true, 100, random).tokens());
            squares[0] += Math.pow(estimate.perSequence() - exact[0], 2);
            squares[1] += Math.pow(estimate.perToken() - exact[1], 2);
            variances[0] += Math.pow(estimate.perSequenceError(), 2);
            variances[1] += Math.pow(estimate.perTokenError(), 2);
        }
        for (int i = 0; i < 2; i++) {
            assertThat(Math.sqrt(variances[i] / squares[i])).isCloseTo(1, within(0.12));
        }
    }

    private static void assertWithin(int errors, KlEstimate estimate, double[] exact) {
        assertThat(estimate.perSequence()).isCloseTo(exact[0], within(errors * estimate.perSequenceError()));
        assertThat(estimate.perToken()).isCloseTo(exact[1], within(errors * estimate.perTokenError()));
    }

    /** KL(a || b) of a whole sequence and by expected token, by the probabilities of being in each state. */
    private static double[] exactKl(double[][] a, double[][] b) {
        double[] state = {0.5, 0.5};
        double kl = 0;
        double tokens = 0;
        for (int position = 0; position < LONGEST; position++) {
            double[] next = new double[2];
            for (int from = 0; from < 2; from++) {
                kl += state[from] * kl(a[from], b[from]);
                tokens += state[from];
                for (int to = 0; to < 2; to++) {
                    next[to] += state[from] * a[from][to];
                }
            }
            state = next;
        }
        return new double[] {kl, kl / tokens};
    }

    private static double kl(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * Math.log(a[i] / b[i]);
        }
        return sum;
    }

    /** Two samples for every prompt, with the log-probabilities of their tokens and the KL at their positions. */
    private record Draw(List<List<LogProbabilities>> tokens, List<List<double[]>> positions) {

        static Draw of(boolean byStudent, int prompts, SplittableRandom random) {
            Draw draw = new Draw(new ArrayList<>(), new ArrayList<>());
            for (int prompt = 0; prompt < prompts; prompt++) {
                List<LogProbabilities> tokens = new ArrayList<>();
                List<double[]> positions = new ArrayList<>();
                for (int sample = 0; sample < 2; sample++) {
                    draw(prompt % 2, byStudent, random, tokens, positions);
                }
                draw.tokens.add(tokens);
                draw.positions.add(positions);
            }
            return draw;
        }

        private static void draw(
                int start,
                boolean byStudent,
                SplittableRandom random,
                List<LogProbabilities> tokens,
                List<double[]> positions) {
            List<Double> student = new ArrayList<>();
            List<Double> teacher = new ArrayList<>();
            List<Double> kl = new ArrayList<>();
            for (int state = start; state != END && kl.size() < LONGEST; ) {
                double[] by = byStudent ? Q[state] : P[state];
                double uniform = random.nextDouble();
                int token = uniform < by[0] ? 0 : uniform < by[0] + by[1] ? 1 : END;
                student.add(Math.log(Q[state][token]));
                teacher.add(Math.log(P[state][token]));
                kl.add(byStudent ? kl(Q[state], P[state]) : kl(P[state], Q[state]));
                state = token;
            }
            tokens.add(new LogProbabilities(array(student), array(teacher)));
            positions.add(array(kl));
        }

        private static double[] array(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }
}
