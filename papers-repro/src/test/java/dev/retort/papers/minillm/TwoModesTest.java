package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.ReverseKl;
import dev.retort.loss.SkewKl;
import dev.retort.loss.SymmetricKl;
import dev.retort.loss.TotalVariation;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tech.tablesaw.api.Table;

class TwoModesTest {

    private static final double LEFT_SHARE = 0.65;
    private static final TwoModes WORLD = new TwoModes(LEFT_SHARE);

    /** Gaussians on a grid are an exponential family of x and x squared, whose means forward KL matches at its minimum. */
    @Test
    void forwardKlCoversBothModesFromEverywhere() {
        double[] teacher = WORLD.logTeacher();
        for (TwoModes.Descent descent : WORLD.descendFromFive(new ForwardKl())) {
            TwoModes.Student end = descent.end();
            double[] student = WORLD.logGaussian(end.mean(), end.logDeviation());
            for (int power = 1; power <= 2; power++) {
                assertThat(moment(student, power)).isCloseTo(moment(teacher, power), within(1e-8));
            }
            // Of the mixture that goes on beyond the grid.
            double variance = LEFT_SHARE * Math.pow(TwoModes.LEFT_DEVIATION, 2)
                    + (1 - LEFT_SHARE) * Math.pow(TwoModes.RIGHT_DEVIATION, 2)
                    + LEFT_SHARE * (1 - LEFT_SHARE) * 25;
            assertThat(end.mean()).isCloseTo(-0.75, within(1e-3));
            assertThat(Math.exp(2 * end.logDeviation())).isCloseTo(variance, within(1e-2));
            assertThat(WORLD.missed(end)).isLessThan(0.001);
            assertThat(WORLD.invented(end)).isGreaterThan(0.15);
        }
    }

    private static double moment(double[] log, int power) {
        double sum = 0;
        for (int i = 0; i < log.length; i++) {
            sum += Math.exp(log[i]) * Math.pow(WORLD.grid()[i], power);
        }
        return sum;
    }

    /** Alone in a mode that has the share w of the teacher, q = p / w, and so KL(q || p) = -log w. */
    @Test
    void reverseKlTakesOneModeAndWhichOneDependsOnTheStart() {
        List<TwoModes.Student> ends = WORLD.descendFromFive(new ReverseKl()).stream()
                .map(TwoModes.Descent::end)
                .toList();
        for (TwoModes.Student left : ends.subList(0, 4)) {
            assertThat(left.mean()).isCloseTo(TwoModes.LEFT, within(0.005));
            assertThat(Math.exp(left.logDeviation())).isCloseTo(TwoModes.LEFT_DEVIATION, within(0.005));
            assertThat(left.value()).isCloseTo(-Math.log(LEFT_SHARE), within(0.001));
            assertThat(WORLD.missed(left)).isCloseTo(1 - LEFT_SHARE, within(0.01));
            assertThat(WORLD.invented(left)).isLessThan(0.01);
        }
        TwoModes.Student right = ends.get(4);
        assertThat(right.mean()).isCloseTo(TwoModes.RIGHT, within(0.005));
        assertThat(Math.exp(right.logDeviation())).isCloseTo(TwoModes.RIGHT_DEVIATION, within(0.005));
        assertThat(right.value()).isCloseTo(-Math.log(1 - LEFT_SHARE), within(0.001));
    }

    @Test
    void jensenShannonGoesFromCoveringToTakingOneMode() {
        assertThat(jensenShannon(0.1).mean()).isBetween(-0.85, -0.76);
        assertThat(jensenShannon(0.5).mean()).isBetween(-1.2, -1.0);
        assertThat(jensenShannon(0.9).mean()).isCloseTo(TwoModes.LEFT, within(0.01));
        assertThat(jensenShannon(0))
                .isEqualTo(WORLD.descend("", new ForwardKl(), 0.5, 1.5).end());
        assertThat(jensenShannon(1))
                .isEqualTo(WORLD.descend("", new ReverseKl(), 0.5, 1.5).end());
    }

    private static TwoModes.Student jensenShannon(double beta) {
        return WORLD.descend("", new JensenShannon(beta), 0.5, 1.5).end();
    }

    @Test
    void aDescentBeginsAtItsStartAndEndsWhereItIsFlat() {
        TwoModes.Descent descent = WORLD.descend("it", new ReverseKl(), -1, 1);
        assertThat(descent.steps().get(0).mean()).isEqualTo(-1);
        assertThat(descent.steps().get(0).logDeviation()).isZero();
        TwoModes.Student end = descent.end();
        TwoModes.Slope slope = WORLD.slope(new ReverseKl(), end.mean(), end.logDeviation());
        assertThat(Math.hypot(slope.byMean(), slope.byLogDeviation())).isLessThan(1e-10);
        assertThat(slope.value()).isEqualTo(end.value());
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1.5, 0.3, 2})
    void slopesAreThoseOfFiniteDifferences(double mean) {
        double step = 1e-5;
        for (Divergence divergence : List.of(
                new ForwardKl(),
                new ReverseKl(),
                new SymmetricKl(),
                new JensenShannon(0.3),
                new SkewKl(0.1),
                new TotalVariation())) {
            TwoModes.Slope slope = WORLD.slope(divergence, mean, 0.2);
            double byMean = (WORLD.slope(divergence, mean + step, 0.2).value()
                            - WORLD.slope(divergence, mean - step, 0.2).value())
                    / (2 * step);
            double byLogDeviation = (WORLD.slope(divergence, mean, 0.2 + step).value()
                            - WORLD.slope(divergence, mean, 0.2 - step).value())
                    / (2 * step);
            assertThat(slope.byMean()).as(divergence.toString()).isCloseTo(byMean, within(1e-7));
            assertThat(slope.byLogDeviation()).as(divergence.toString()).isCloseTo(byLogDeviation, within(1e-7));
        }
    }

    @Test
    void showsTheTeacherBehindItsStudents() {
        TwoModes.Descent reverse = WORLD.descend("reverse KL", new ReverseKl(), -1, 1);
        assertThat(WORLD.ends("two", List.of(reverse)).getSeriesMap().keySet())
                .containsExactly("teacher", "reverse KL");
        assertThat(WORLD.stages(reverse, 0, 20, 100_000).getSeriesMap().keySet())
                .containsExactly("teacher", "after 0 steps", "after 20 steps", "at the end");
        double[] density = WORLD.ends("two", List.of(reverse))
                .getSeriesMap()
                .get("teacher")
                .getYData();
        assertThat(DoubleStream.of(density).sum() * 0.1).isCloseTo(1, within(1e-6));
        double[] means = TwoModes.means("means", List.of(reverse), 120)
                .getSeriesMap()
                .get("reverse KL")
                .getYData();
        assertThat(means).hasSize(61);
        assertThat(means[0]).isEqualTo(-1);
        assertThat(means[1]).isEqualTo(reverse.steps().get(2).mean());

        Table table = WORLD.table(List.of(reverse));
        assertThat(table.columnNames()).startsWith("student", "mean", "deviation", "divergence, nats");
        assertThat(table.row(0).getString("student")).isEqualTo("reverse KL");
        assertThat(table.row(0).getString("mean")).isEqualTo("-2.50");
        assertThat(table.row(0).getString("divergence, nats")).isEqualTo("0.430");
    }
}
