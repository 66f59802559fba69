package dev.retort.papers.system2;

import dev.retort.report.Charts;
import dev.retort.report.Curve;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.XYChart;

/** How accuracy falls with the number of serial moves of a chain, for every row of the tiny recipe's table. */
public final class DepthSweep {

    private DepthSweep() {}

    /**
     * The chart of a table; its conditions "1 move" to "8 moves" are the points.
     *
     * @throws IllegalArgumentException where the table has no chains
     */
    public static XYChart of(ResultTable table) {
        Map<String, List<ResultRow>> byMethod = new LinkedHashMap<>();
        for (ResultRow row : table.rows()) {
            if (row.condition().matches("[0-9]+ moves?")) {
                byMethod.computeIfAbsent(row.method(), method -> new ArrayList<>())
                        .add(row);
            }
        }
        if (byMethod.isEmpty()) {
            throw new IllegalArgumentException("the table has no rows of chains by their number of moves");
        }
        List<Curve> curves = new ArrayList<>();
        byMethod.forEach((method, rows) -> curves.add(new Curve(
                method,
                rows.stream().map(DepthSweep::moves).toList(),
                rows.stream().map(ResultRow::ours).toList(),
                rows.stream().map(DepthSweep::halfInterval).toList())));
        return Charts.lines("Chains: what can be distilled", "moves, one after the other", "accuracy, %", curves);
    }

    /** Half of a 95 % interval of a row's value; not a number where it has no standard error. */
    static Double halfInterval(ResultRow row) {
        return row.oursSe() == null ? Double.NaN : 1.96 * row.oursSe();
    }

    private static Double moves(ResultRow row) {
        return Double.valueOf(row.condition().split(" ")[0]);
    }
}
