package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import tech.tablesaw.api.Table;

class TokenChargesTest {

    @Test
    void namesWhatEachTokenCosts() {
        Table table = TokenCharges.table(new double[] {0.5, 0.5, 0}, new double[] {0.5, 0.25, 0.25});

        assertThat(table.stringColumn("token").asList()).containsExactly("A", "B", "C", "sum");
        assertThat(table.stringColumn("forward: p log(p/q)").asList())
                .containsExactly("0.000", "0.347", "0.000", "0.347");
        assertThat(table.stringColumn("reverse: q log(q/p)").asList())
                .containsExactly("0.000", "-0.173", "infinite", "infinite");
        // M = (0.5, 0.375, 0.125).
        assertThat(table.stringColumn("JSD 0.5").asList()).containsExactly("0.000", "0.021", "0.087", "0.108");
    }

    @Test
    void whatTheStudentLacksReverseKlForgives() {
        Table table = TokenCharges.table(new double[] {0.5, 0.5}, new double[] {1, 0});

        assertThat(table.stringColumn("forward: p log(p/q)").asList())
                .containsExactly("-0.347", "infinite", "infinite");
        assertThat(table.stringColumn("reverse: q log(q/p)").asList()).containsExactly("0.693", "0.000", "0.693");
    }

    @Test
    void aForgottenTokenCostsForwardKlMoreAndMoreAndIsNotPulledBackByReverseKl() {
        assertThat(first(TokenCharges.forgetting(), "forward KL")).isCloseTo(-0.5 * Math.log(4 * 5e-7), within(1e-6));
        assertThat(first(TokenCharges.forgetting(), "reverse KL")).isCloseTo(Math.log(2), within(1e-5));
        // M = (1/4, 3/4).
        double jsd = 0.5 * (0.5 * Math.log(2) + 0.5 * Math.log(2.0 / 3)) + 0.5 * Math.log(4.0 / 3);
        assertThat(first(TokenCharges.forgetting(), "JSD 0.5")).isCloseTo(jsd, within(1e-5));
        assertThat(first(TokenCharges.pull(), "forward KL")).isCloseTo(0.5, within(1e-6));
        assertThat(first(TokenCharges.pull(), "reverse KL")).isBetween(0.0, 1e-5);
    }

    private static double first(XYChart chart, String series) {
        double[] mass = chart.getSeriesMap().get(series).getXData();
        assertThat(mass[0]).isCloseTo(5e-7, within(1e-12));
        assertThat(List.of(mass[mass.length - 1])).containsExactly(0.5);
        return chart.getSeriesMap().get(series).getYData()[0];
    }
}
