package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.report.PairedEffect;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;

class AnswerCostTest {

    private static final Map<Integer, double[]> HALF = Map.of(0, new double[] {1, 0, 1, 0});

    private static ResultRow accuracy(String method, String condition, PairedEffect mean) {
        return ResultRow.of(method, "s", "letters", condition, AnswerCost.ACCURACY)
                .withOurs(mean.times(100));
    }

    private static ResultRow tokens(String method, double tokens) {
        return ResultRow.of(method, "s", "letters", "all", AnswerCost.TOKENS).withOurs(tokens, 4);
    }

    private static final ResultTable TABLE = new ResultTable(List.of(
            accuracy("system-1", "all", PairedEffect.mean(HALF, null)),
            accuracy("system-2 (rar-1-step)", "all", PairedEffect.mean(Map.of(0, new double[] {1, 1, 1, 0}), null)),
            accuracy("silent", "all", PairedEffect.mean(HALF, null)),
            accuracy("system-1", "published", PairedEffect.mean(Map.of(0, new double[] {0, 0, 1, 0}), null)),
            tokens("system-1", 2.5),
            tokens("system-2 (rar-1-step)", 80),
            tokens("silent", 0),
            ResultRow.of("system-1", "s", "coins", "all", AnswerCost.ACCURACY).withOurs(10, 4)));

    @Test
    void everyMethodIsAPoint() {
        XYChart chart = AnswerCost.of(TABLE, "letters", "all");

        assertThat(chart.getSeriesMap()).containsOnlyKeys("system-1", "system-2 (rar-1-step)");
        assertThat(chart.getSeriesMap().get("system-1").getXData()).containsExactly(2.5);
        assertThat(chart.getSeriesMap().get("system-1").getYData()).containsExactly(50);
        assertThat(chart.getSeriesMap().get("system-2 (rar-1-step)").getXData()).containsExactly(80);
        double error = PairedEffect.mean(HALF, null).times(100).standardError();
        assertThat(chart.getSeriesMap().get("system-1").getExtraValues()).containsExactly(1.96 * error);
        assertThat(chart.getStyler().isXAxisLogarithmic()).isTrue();
    }

    @Test
    void aPartOfTheTestsHasItsOwnAccuracy() {
        XYChart chart = AnswerCost.of(TABLE, "letters", "published");

        assertThat(chart.getTitle()).isEqualTo("letters, published");
        assertThat(chart.getSeriesMap()).containsOnlyKeys("system-1");
        assertThat(chart.getSeriesMap().get("system-1").getYData()).containsExactly(25);
    }

    @Test
    void refusesATableThatDoesNotSayWhatAnswersCost() {
        assertThat(AnswerCost.isKnown(TABLE, "letters")).isTrue();
        assertThat(AnswerCost.isKnown(TABLE, "coins")).isFalse();
        assertThatThrownBy(() -> AnswerCost.of(TABLE, "coins", "all"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the table has no accuracy with tokens of coins, all");
    }
}
