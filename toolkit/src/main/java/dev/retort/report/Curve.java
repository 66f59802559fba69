package dev.retort.report;

import java.util.List;

/**
 * A line of a chart.
 *
 * @param name in the legend; a line feed in it breaks the line
 * @param x coordinates, rising
 * @param y values, one for every x
 * @param error half the height of every point's error bar, NaN for a point without one; or null where there are none
 * @param style how it is drawn, or null for a solid line of the next colour
 */
public record Curve(String name, List<Double> x, List<Double> y, List<Double> error, Style style) {

    /**
     * How a curve is drawn. Ours and what we compare with share a kind and differ in the line.
     *
     * @param kind at least 0; curves of one kind have one colour and one shape of marker
     * @param line of the curve and its markers
     */
    public record Style(int kind, Line line) {

        public Style {
            if (kind < 0) {
                throw new IllegalArgumentException("a kind of curve is at least 0, not " + kind);
            }
        }
    }

    /** The line of a curve and the markers of its points. */
    public enum Line {
        /** A solid line with filled markers: measured here. */
        SOLID,
        /** A dashed line with hollow markers: published. */
        DASHED,
        /** A thin solid line without markers: a level measured here. */
        LEVEL,
        /** A broad dotted line without markers, seen beneath a {@link #LEVEL}: a published level. */
        DOTTED_LEVEL
    }

    public Curve {
        x = List.copyOf(x);
        y = List.copyOf(y);
        error = error == null ? null : List.copyOf(error);
        if (x.isEmpty() || x.size() != y.size() || (error != null && error.size() != y.size())) {
            throw new IllegalArgumentException(
                    "curve " + name + ": needs at least one point, and as many x, y and error values");
        }
    }

    /** A line in the next colour. */
    public Curve(String name, List<Double> x, List<Double> y, List<Double> error) {
        this(name, x, y, error, null);
    }

    /** A line without error bars. */
    public Curve(String name, List<Double> x, List<Double> y) {
        this(name, x, y, null, null);
    }
}
