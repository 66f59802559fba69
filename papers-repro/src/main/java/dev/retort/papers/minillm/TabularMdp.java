package dev.retort.papers.minillm;

import dev.retort.data.SeededRandom;
import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.ReverseKl;
import dev.retort.report.Charts;
import dev.retort.report.Curve;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Generation as a Markov decision process that is small enough to be summed out: a state is a prefix, an action is a token, and
 * the next state is the prefix with the token behind it. All sequences have T tokens.
 *
 * <p>Teacher and student are tables of logits [S, V], a row for each of the S prefixes that are shorter than T. Prefixes are
 * numbered by length: the empty one is 0, and prefix s with token a behind it is s V + a + 1; numbers from S on are the whole
 * sequences. Gradients are with respect to the student's logits, [S, V].
 */
public final class TabularMdp {

    private static final double STEP = 1e-5;

    private final int tokens;
    private final int states;
    private final int nodes;
    private final double[][] teacher;
    private final double[][] logP;
    private final double[] teacherReach;

    /**
     * The objective of inverse reinforcement learning, and the divergence that it is but for a constant.
     *
     * @param objective J(q)
     * @param reverseKl KL(q || p) over whole sequences
     */
    record Point(double objective, double reverseKl) {}

    /**
     * @param tokens V
     * @param horizon T
     * @param teacher logits [S, V]
     */
    TabularMdp(int tokens, int horizon, double[][] teacher) {
        this.tokens = tokens;
        this.states = states(tokens, horizon);
        this.nodes = states * tokens + 1;
        this.teacher = teacher;
        this.logP = logSoftmax(teacher);
        this.teacherReach = reach(logP);
    }

    /**
     * A teacher with random logits.
     *
     * @param tokens V, at least 2
     * @param horizon T, at least 1
     */
    public static TabularMdp random(int tokens, int horizon, long seed) {
        return new TabularMdp(tokens, horizon, randomLogits(states(tokens, horizon), tokens, "mdp-teacher", seed));
    }

    /** A student with random logits, [S, V]. */
    public double[][] student(long seed) {
        return randomLogits(states, tokens, "mdp-student", seed);
    }

    private static int states(int tokens, int horizon) {
        int states = 0;
        for (int t = 0; t < horizon; t++) {
            states = Math.addExact(Math.multiplyExact(states, tokens), 1);
        }
        return states;
    }

    private static double[][] randomLogits(int states, int tokens, String what, long seed) {
        SplittableRandom random = SeededRandom.of(seed, what);
        double[][] logits = new double[states][tokens];
        for (double[] row : logits) {
            Arrays.setAll(row, token -> random.nextGaussian());
        }
        return logits;
    }

    private static double[][] logSoftmax(double[][] logits) {
        return Arrays.stream(logits).map(Softmax::log).toArray(double[][]::new);
    }

    private int child(int state, int token) {
        return state * tokens + token + 1;
    }

    private int parent(int node) {
        return (node - 1) / tokens;
    }

    private int token(int node) {
        return (node - 1) % tokens;
    }

    /** How probable each prefix and each sequence is, as a logarithm. */
    private double[] reach(double[][] log) {
        double[] reach = new double[nodes];
        for (int node = 1; node < nodes; node++) {
            reach[node] = reach[parent(node)] + log[parent(node)][token(node)];
        }
        return reach;
    }

    private double[] sequences(double[] reach) {
        return Arrays.copyOfRange(reach, states, nodes);
    }

    private static double[][] back(double[][] slopes, double[][] log) {
        double[][] gradient = new double[slopes.length][];
        Arrays.setAll(gradient, state -> Softmax.back(slopes[state], log[state]));
        return gradient;
    }

    // Divergences of whole sequences.

    /** The divergence of the student's distribution over sequences from the teacher's, in nats. */
    public double divergence(Divergence divergence, double[][] student) {
        return divergence.row(sequences(teacherReach), sequences(reach(logSoftmax(student))), null);
    }

    /** Its gradient, by the chain rule. */
    public double[][] gradient(Divergence divergence, double[][] student) {
        double[][] logQ = logSoftmax(student);
        double[] ofSequences = new double[nodes - states];
        divergence.row(sequences(teacherReach), sequences(reach(logQ)), ofSequences);
        // A sequence's log-probability is a sum over its path, so its slope counts for every token on it.
        double[] below = new double[nodes];
        System.arraycopy(ofSequences, 0, below, states, ofSequences.length);
        double[][] slopes = new double[states][tokens];
        for (int node = nodes - 1; node > 0; node--) {
            slopes[parent(node)][token(node)] = below[node];
            below[parent(node)] += below[node];
        }
        return back(slopes, logQ);
    }

    // Maximum-entropy inverse reinforcement learning, MiniLLM's appendix A.1.

    /**
     * V(s), the log-sum-exp of the logits, which are Q(s, a): a soft-optimal teacher is p(a|s) = exp(Q(s, a) - V(s)). 0 for a
     * whole sequence.
     */
    private double softValue(int node) {
        return node < states ? Softmax.logSum(teacher[node]) : 0;
    }

    /** r(s, a) = Q(s, a) - V(s'): what the teacher must have been rewarded with, by the soft Bellman equation. */
    private double reward(int state, int token) {
        return teacher[state][token] - softValue(child(state, token));
    }

    /** What can be had from each prefix on by the student: rewards to come, and the entropy of its choices. */
    private double[] values(double[][] logQ) {
        double[] values = new double[nodes];
        for (int state = states - 1; state >= 0; state--) {
            for (int token = 0; token < tokens; token++) {
                double gain = reward(state, token) - logQ[state][token] + values[child(state, token)];
                values[state] += Math.exp(logQ[state][token]) * gain;
            }
        }
        return values;
    }

    /** J(q) = E_q sum_t r(s_t, y_t) + entropy of q(.|s_t), by dynamic programming. */
    public double objective(double[][] student) {
        return values(logSoftmax(student))[0];
    }

    /** The most that J can be, V of the empty prefix; the teacher has it. */
    public double highestObjective() {
        return softValue(0);
    }

    /** The gradient of J: how probable a state is, times how probable the token, times its soft advantage. */
    public double[][] objectiveGradient(double[][] student) {
        double[][] logQ = logSoftmax(student);
        double[] reach = reach(logQ);
        double[] values = values(logQ);
        double[][] gradient = new double[states][tokens];
        for (int node = 1; node < nodes; node++) {
            int state = parent(node);
            double advantage = reward(state, token(node)) - logQ[state][token(node)] + values[node] - values[state];
            gradient[state][token(node)] = Math.exp(reach[node]) * advantage;
        }
        return gradient;
    }

    /** Gradient ascent on J from a student, which is left as it is: J and KL(q || p) over the steps. */
    public XYChart climb(double[][] student, int steps, double rate) {
        List<Point> points = climbed(student, steps, rate);
        List<Double> x =
                IntStream.rangeClosed(0, steps).mapToObj(i -> (double) i).toList();
        List<Double> highest = x.stream().map(step -> highestObjective()).toList();
        List<Double> objective = points.stream().map(Point::objective).toList();
        List<Double> reverseKl = points.stream().map(Point::reverseKl).toList();
        List<Double> rest =
                reverseKl.stream().map(kl -> highestObjective() - kl).toList();
        return Charts.lines(
                "Climbing J",
                "steps",
                "nats",
                List.of(
                        new Curve("V", x, highest, null, new Curve.Style(2, Curve.Line.LEVEL)),
                        new Curve("J(q)", x, objective, null, new Curve.Style(5, Curve.Line.DOTTED_LEVEL)),
                        new Curve("V - KL(q || p)", x, rest, null, new Curve.Style(0, Curve.Line.LEVEL)),
                        new Curve("KL(q || p)", x, reverseKl, null, new Curve.Style(3, Curve.Line.SOLID))));
    }

    List<Point> climbed(double[][] student, int steps, double rate) {
        double[][] logits = Arrays.stream(student).map(double[]::clone).toArray(double[][]::new);
        List<Point> points = new ArrayList<>();
        points.add(point(logits));
        for (int i = 0; i < steps; i++) {
            double[][] gradient = objectiveGradient(logits);
            for (int state = 0; state < states; state++) {
                for (int token = 0; token < tokens; token++) {
                    logits[state][token] += rate * gradient[state][token];
                }
            }
            points.add(point(logits));
        }
        return points;
    }

    private Point point(double[][] student) {
        return new Point(objective(student), divergence(new ReverseKl(), student));
    }

    // The gradient of KL(q || p) as MiniLLM writes it. There r_t = log p(y_t|..) - log q(y_t|..), and R_t is the sum
    // from t on.

    /** -E_q sum_t (R_t - 1) grad log q(y_t|..), MiniLLM's equation 2, the expectation over all sequences. */
    public double[][] policyGradient(double[][] student) {
        return scoreGradient(student, true);
    }

    /** -E_q sum_t R_{t+1} grad log q(y_t|..): the second part of MiniLLM's equation 3. */
    public double[][] longTerm(double[][] student) {
        return scoreGradient(student, false);
    }

    private double[][] scoreGradient(double[][] student, boolean fromThisTokenOn) {
        double[][] logQ = logSoftmax(student);
        double[] reach = reach(logQ);
        double[][] slopes = new double[states][tokens];
        for (int sequence = states; sequence < nodes; sequence++) {
            double probability = Math.exp(reach[sequence]);
            double whole = teacherReach[sequence] - reach[sequence];
            for (int node = sequence; node > 0; node = parent(node)) {
                int before = fromThisTokenOn ? parent(node) : node;
                double toCome = whole - (teacherReach[before] - reach[before]);
                slopes[parent(node)][token(node)] -= probability * (fromThisTokenOn ? toCome - 1 : toCome);
            }
        }
        return back(slopes, logQ);
    }

    /** -E_q sum_t grad E_{y_t ~ q(.|..)} r_t, over the whole vocabulary: the first part of MiniLLM's equation 3. */
    public double[][] singleStep(double[][] student) {
        double[][] logQ = logSoftmax(student);
        double[] reach = reach(logQ);
        double[][] gradient = new double[states][];
        for (int state = 0; state < states; state++) {
            double[] slopes = new double[tokens];
            new ReverseKl().row(logP[state], logQ[state], slopes);
            double probability = Math.exp(reach[state]);
            gradient[state] = Arrays.stream(Softmax.back(slopes, logQ[state]))
                    .map(slope -> probability * slope)
                    .toArray();
        }
        return gradient;
    }

    /** Central differences of anything about a student, one logit after the other. */
    public double[][] differences(ToDoubleFunction<double[][]> value, double[][] student) {
        double[][] moved = Arrays.stream(student).map(double[]::clone).toArray(double[][]::new);
        double[][] gradient = new double[states][tokens];
        for (int state = 0; state < states; state++) {
            for (int token = 0; token < tokens; token++) {
                moved[state][token] = student[state][token] + STEP;
                double up = value.applyAsDouble(moved);
                moved[state][token] = student[state][token] - STEP;
                gradient[state][token] = (up - value.applyAsDouble(moved)) / (2 * STEP);
                moved[state][token] = student[state][token];
            }
        }
        return gradient;
    }

    /** The gradient of KL(q || p) in five ways, and half of it: at the first token, and how far each is from the chain rule's. */
    public Table reverseKlGradients(double[][] student) {
        double[][] chainRule = gradient(new ReverseKl(), student);
        Map<String, double[][]> ways = new LinkedHashMap<>();
        ways.put("KL(q || p), chain rule", chainRule);
        ways.put("- J(q), soft advantages", sum(-1, objectiveGradient(student), 0, chainRule));
        ways.put("equation 2, policy gradient", policyGradient(student));
        ways.put("equation 3, single step + long", sum(1, singleStep(student), 1, longTerm(student)));
        ways.put("single step alone", singleStep(student));
        ways.put("finite differences", differences(other -> divergence(new ReverseKl(), other), student));
        StringColumn names = StringColumn.create("gradient of");
        Table table = Table.create("", names);
        for (int token = 0; token < tokens; token++) {
            table.addColumns(StringColumn.create("first token " + Character.toString('A' + token)));
        }
        StringColumn largest = StringColumn.create("largest difference over all " + states * tokens + " logits");
        ways.forEach((name, gradient) -> {
            names.append(name);
            for (int token = 0; token < tokens; token++) {
                table.stringColumn(token + 1).append(String.format(Locale.ROOT, "%.8f", gradient[0][token]));
            }
            largest.append(String.format(Locale.ROOT, "%.0e", largestDifference(gradient, chainRule)));
        });
        return table.addColumns(largest);
    }

    // Forward KL is imitation.

    /**
     * The gradient of the mean cross-entropy of sequences that the teacher wrote, -1/N sum_n sum_t grad log q(y_t|..): behaviour
     * cloning. Nothing is asked of the student, and the teacher's probabilities are not needed.
     *
     * @param count N, the sequences that are drawn from the teacher
     */
    public double[][] imitation(double[][] student, int count, long seed) {
        SplittableRandom random = SeededRandom.of(seed, "mdp-imitation", count);
        double[][] slopes = new double[states][tokens];
        for (int i = 0; i < count; i++) {
            int node = 0;
            while (node < states) {
                int token = draw(logP[node], random);
                slopes[node][token] -= 1.0 / count;
                node = child(node, token);
            }
        }
        return back(slopes, logSoftmax(student));
    }

    /**
     * How far {@link #imitation} is from the gradient of forward KL, the largest difference in any logit, on average over
     * twenty seeds; beside it a line that falls like 1 / sqrt(N).
     */
    public XYChart imitationErrors(double[][] student, int... counts) {
        double[][] exact = gradient(new ForwardKl(), student);
        List<Double> x = new ArrayList<>();
        List<Double> errors = new ArrayList<>();
        List<Double> roots = new ArrayList<>();
        for (int count : counts) {
            double mean = IntStream.range(0, 20)
                    .mapToDouble(seed -> largestDifference(imitation(student, count, seed), exact))
                    .average()
                    .orElseThrow();
            x.add((double) count);
            errors.add(mean);
            roots.add(errors.get(0) * Math.sqrt(x.get(0) / count));
        }
        XYChart chart = Charts.logarithmic(
                "Fine-tuning on the teacher's texts",
                "texts, N",
                "error of the gradient",
                List.of(
                        new Curve("measured", x, errors, null, new Curve.Style(0, Curve.Line.SOLID)),
                        new Curve("1 / sqrt(N)", x, roots, null, new Curve.Style(2, Curve.Line.LEVEL))));
        chart.getStyler().setYAxisLogarithmic(true).setYAxisDecimalPattern("0.###");
        return chart;
    }

    private static int draw(double[] log, SplittableRandom random) {
        double left = random.nextDouble();
        int token = 0;
        while (token < log.length - 1 && left >= Math.exp(log[token])) {
            left -= Math.exp(log[token]);
            token++;
        }
        return token;
    }

    /** The largest of |a - b|. */
    public static double largestDifference(double[][] a, double[][] b) {
        return Arrays.stream(sum(1, a, -1, b))
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .max()
                .orElseThrow();
    }

    private static double[][] sum(double x, double[][] a, double y, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < a[i].length; k++) {
                sum[i][k] = x * a[i][k] + y * b[i][k];
            }
        }
        return sum;
    }
}
