package dev.retort.papers.system2;

import dev.retort.report.Charts;
import dev.retort.report.Curve;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.XYChart;

/** What thinking costs and what it brings: accuracy against the tokens of an answer, a point for each row of a task. */
public final class AnswerCost {

    /** The metric of accuracy in a recipe's table, in percent. */
    static final String ACCURACY = "test_accuracy_pct";

    /** The metric of what an answer takes, summed over the calls of a method, the mean over all tests and seeds. */
    static final String TOKENS = "tokens_per_answer";

    private AnswerCost() {}

    /** Whether the table has a row of that data set that the chart can show. */
    static boolean isKnown(ResultTable table, String dataSet) {
        return !tokens(table, dataSet).isEmpty();
    }

    /** By method; a method that never says anything has no place on the chart's logarithmic axis. */
    private static Map<String, Double> tokens(ResultTable table, String dataSet) {
        Map<String, Double> tokens = new HashMap<>();
        for (ResultRow row : table.rows()) {
            if (row.dataset().equals(dataSet) && row.metric().equals(TOKENS) && row.ours() > 0) {
                tokens.put(row.method(), row.ours());
            }
        }
        return tokens;
    }

    /**
     * The chart of a data set, with intervals of 95 %.
     *
     * @param table of a system2 recipe
     * @param dataSet as the table names it
     * @param condition whose accuracy is shown; tokens are those of all tests
     * @throws IllegalArgumentException where the table has no such rows
     */
    public static XYChart of(ResultTable table, String dataSet, String condition) {
        Map<String, Double> tokens = tokens(table, dataSet);
        List<Curve> points = new ArrayList<>();
        for (ResultRow row : table.rows()) {
            if (row.dataset().equals(dataSet)
                    && row.condition().equals(condition)
                    && row.metric().equals(ACCURACY)
                    && tokens.containsKey(row.method())) {
                points.add(new Curve(
                        row.method(),
                        List.of(tokens.get(row.method())),
                        List.of(row.ours()),
                        List.of(DepthSweep.halfInterval(row))));
            }
        }
        if (points.isEmpty()) {
            throw new IllegalArgumentException(
                    "the table has no accuracy with tokens of " + dataSet + ", " + condition);
        }
        return Charts.logarithmic(dataSet + ", " + condition, "tokens of an answer", "accuracy, %", points);
    }
}
