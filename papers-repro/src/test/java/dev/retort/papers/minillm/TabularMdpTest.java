package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.loss.ForwardKl;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.ReverseKl;
import dev.retort.loss.TeacherCrossEntropy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.knowm.xchart.XYChart;
import tech.tablesaw.api.Table;

class TabularMdpTest {

    private static final int TOKENS = 3;
    private static final int HORIZON = 4;
    private static final int STATES = 1 + 3 + 9 + 27;

    /** One token: p = (3/4, 1/4), q = (1/2, 1/2), and the rewards are the logits (log 3, 0). */
    @Test
    void oneTokenCanBeWorkedOutByHand() {
        TabularMdp mdp = new TabularMdp(2, 1, new double[][] {{Math.log(3), 0}});
        double[][] student = {{0, 0}};
        double reverse = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
        assertThat(mdp.divergence(new ReverseKl(), student)).isCloseTo(reverse, within(1e-12));
        assertThat(mdp.objective(student)).isCloseTo(Math.log(3) / 2 + Math.log(2), within(1e-12));
        assertThat(mdp.highestObjective()).isCloseTo(Math.log(4), within(1e-12));
        // q (log(q/p) - KL), and q - p.
        double slope = 0.5 * (Math.log(0.5 / 0.75) - reverse);
        assertThat(mdp.gradient(new ReverseKl(), student)[0])
                .containsExactly(new double[] {slope, -slope}, within(1e-12));
        assertThat(mdp.gradient(new ForwardKl(), student)[0])
                .containsExactly(new double[] {-0.25, 0.25}, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theObjectiveIsMinusReverseKlButForAConstant(long seed) {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, seed);
        for (long other = 0; other < 5; other++) {
            double[][] student = mdp.student(other);
            double sum = mdp.objective(student) + mdp.divergence(new ReverseKl(), student);
            assertThat(sum).isCloseTo(mdp.highestObjective(), within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void allFormsOfTheGradientAreOne(long seed) {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, seed);
        double[][] student = mdp.student(seed);
        double[][] gradient = mdp.gradient(new ReverseKl(), student);
        assertThat(gradient).hasDimensions(STATES, TOKENS);
        double[][] ofObjective = mdp.objectiveGradient(student);
        double[][] policy = mdp.policyGradient(student);
        double[][] single = mdp.singleStep(student);
        double[][] rest = mdp.longTerm(student);
        double[][] ofDifferences = mdp.differences(other -> mdp.divergence(new ReverseKl(), other), student);
        double[][] ofObjectiveDifferences = mdp.differences(mdp::objective, student);
        double largest = 0;
        for (int state = 0; state < STATES; state++) {
            for (int token = 0; token < TOKENS; token++) {
                double expected = gradient[state][token];
                largest = Math.max(largest, Math.abs(expected));
                assertThat(-ofObjective[state][token]).isCloseTo(expected, within(1e-12));
                assertThat(policy[state][token]).isCloseTo(expected, within(1e-12));
                assertThat(single[state][token] + rest[state][token]).isCloseTo(expected, within(1e-12));
                assertThat(ofDifferences[state][token]).isCloseTo(expected, within(1e-8));
                assertThat(-ofObjectiveDifferences[state][token]).isCloseTo(expected, within(1e-8));
            }
        }
        assertThat(largest).isGreaterThan(0.01);
        // Neither part alone is the gradient.
        assertThat(TabularMdp.largestDifference(single, gradient)).isGreaterThan(0.01);
        assertThat(TabularMdp.largestDifference(rest, gradient)).isGreaterThan(0.01);
    }

    @Test
    void theTeacherHasTheHighestObjectiveAndNoGradient() {
        double[][] teacher = TabularMdp.random(TOKENS, HORIZON, 1).student(1);
        TabularMdp mdp = new TabularMdp(TOKENS, HORIZON, teacher);
        assertThat(mdp.objective(teacher)).isCloseTo(mdp.highestObjective(), within(1e-12));
        assertThat(mdp.divergence(new ReverseKl(), teacher)).isCloseTo(0, within(1e-12));
        double[][] none = new double[STATES][TOKENS];
        assertThat(TabularMdp.largestDifference(mdp.objectiveGradient(teacher), none))
                .isLessThan(1e-12);
        assertThat(TabularMdp.largestDifference(mdp.gradient(new ForwardKl(), teacher), none))
                .isLessThan(1e-12);
    }

    @Test
    void theChainRuleHoldsForOtherDivergences() {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, 1);
        double[][] student = mdp.student(1);
        for (var divergence : List.of(new ForwardKl(), new JensenShannon(0.3), new TeacherCrossEntropy())) {
            double[][] ofDifferences = mdp.differences(other -> mdp.divergence(divergence, other), student);
            assertThat(TabularMdp.largestDifference(mdp.gradient(divergence, student), ofDifferences))
                    .isLessThan(1e-8);
        }
    }

    @Test
    void imitationOfManySequencesIsTheGradientOfForwardKl() {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, 1);
        double[][] student = mdp.student(1);
        double[][] gradient = mdp.gradient(new ForwardKl(), student);
        assertThat(mdp.gradient(new TeacherCrossEntropy(), student)).isDeepEqualTo(gradient);
        // Five deviations of a frequency among so many draws: 5 sqrt(1/4 / N).
        for (int count : new int[] {1000, 100_000}) {
            double[][] imitated = mdp.imitation(student, count, 7);
            assertThat(TabularMdp.largestDifference(imitated, gradient)).isLessThan(2.5 / Math.sqrt(count));
            assertThat(imitated).isDeepEqualTo(mdp.imitation(student, count, 7));
        }
        XYChart chart = mdp.imitationErrors(student, 10, 1000);
        double[] errors = chart.getSeriesMap().get("measured").getYData();
        double[] roots = chart.getSeriesMap().get("1 / sqrt(N)").getYData();
        assertThat(roots[1]).isCloseTo(errors[0] / 10, within(1e-12));
        assertThat(errors[1] / roots[1]).isBetween(0.7, 1.4);
    }

    @Test
    void climbingTheObjectiveGoesDownReverseKl() {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, 1);
        double[][] student = mdp.student(1);
        List<TabularMdp.Point> points = mdp.climbed(student, 50, 1);
        assertThat(points).hasSize(51);
        assertThat(points.get(0).objective()).isEqualTo(mdp.objective(student));
        for (int i = 1; i < points.size(); i++) {
            assertThat(points.get(i).objective())
                    .isGreaterThan(points.get(i - 1).objective());
            assertThat(points.get(i).reverseKl())
                    .isCloseTo(mdp.highestObjective() - points.get(i).objective(), within(1e-12));
        }
        assertThat(points.get(50).reverseKl()).isLessThan(points.get(0).reverseKl() / 4);
        XYChart chart = mdp.climb(student, 50, 1);
        assertThat(chart.getSeriesMap().keySet()).containsExactly("V", "J(q)", "V - KL(q || p)", "KL(q || p)");
        assertThat(chart.getSeriesMap().get("J(q)").getYData()[50])
                .isEqualTo(points.get(50).objective());
    }

    @Test
    void showsTheFiveWaysBesideEachOther() {
        TabularMdp mdp = TabularMdp.random(TOKENS, HORIZON, 1);
        Table table = mdp.reverseKlGradients(mdp.student(1));
        assertThat(table.columnNames())
                .containsExactly(
                        "gradient of",
                        "first token A",
                        "first token B",
                        "first token C",
                        "largest difference over all 120 logits");
        assertThat(table.stringColumn(0).asList().get(4)).isEqualTo("single step alone");
        for (int row : new int[] {0, 1, 2, 3, 5}) {
            assertThat(table.getString(row, 1)).isEqualTo(table.getString(0, 1));
            assertThat(Double.parseDouble(table.getString(row, 4))).isLessThan(1e-8);
        }
        assertThat(Double.parseDouble(table.getString(4, 4))).isGreaterThan(0.01);
    }
}
