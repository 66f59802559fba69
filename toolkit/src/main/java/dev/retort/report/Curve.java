package dev.retort.report;

import java.util.List;

/**
 * A line of a chart.
 *
 * @param name in the legend
 * @param x coordinates, rising
 * @param y values, one for every x
 * @param error half the height of every point's error bar, or null where there are none
 */
public record Curve(String name, List<Double> x, List<Double> y, List<Double> error) {

    public Curve {
        x = List.copyOf(x);
        y = List.copyOf(y);
        error = error == null ? null : List.copyOf(error);
        if (x.isEmpty() || x.size() != y.size() || (error != null && error.size() != y.size())) {
            throw new IllegalArgumentException(
                    "curve " + name + ": needs at least one point, and as many x, y and error values");
        }
    }

    /** A line without error bars. */
    public Curve(String name, List<Double> x, List<Double> y) {
        this(name, x, y, null);
    }
}
