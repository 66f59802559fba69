package dev.retort.report;

import dev.retort.run.MetricLog;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Line charts, drawn without a display; equal input gives equal bytes on one machine. */
public final class Charts {

    private static final int WIDTH = 800;
    private static final int HEIGHT = 500;
    /** More points than the picture has columns show nothing more. */
    private static final int MOST_POINTS = 1000;

    /** Told apart by the colour-blind too (Okabe and Ito, "Color Universal Design", 2008), without its yellow. */
    private static final List<Color> COLORS = List.of(
            new Color(0x0072b2),
            new Color(0xd55e00),
            new Color(0x333333),
            new Color(0x009e73),
            new Color(0xcc79a7),
            new Color(0xe69f00),
            new Color(0x56b4e9));

    private static final List<Shape> SHAPES = List.of(Shape.values());
    private static final int MOST_MARKERS = 50;

    /** What a number without an exponent has after its second decimal. */
    private static final Pattern MORE_DECIMALS = Pattern.compile("(\\.[0-9]{2})[0-9]++(?![eE])");

    private Charts() {}

    /** Curves over one x axis, with error bars where they have them. */
    public static XYChart lines(String title, String xTitle, String yTitle, List<Curve> curves) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        chart.getStyler()
                .setLegendPosition(Styler.LegendPosition.OutsideE)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        chart.getStyler().setErrorBarsColorSeriesColor(true).setLocale(Locale.ROOT);
        for (int i = 0; i < curves.size(); i++) {
            add(chart, curves.get(i), i);
        }
        return chart;
    }

    /**
     * The same with a logarithmic x axis, widened where it would hold fewer than two powers of ten to be labelled.
     *
     * @throws IllegalArgumentException where an x is not a number above 0
     */
    public static XYChart logarithmic(String title, String xTitle, String yTitle, List<Curve> curves) {
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (Curve curve : curves) {
            for (double x : curve.x()) {
                if (!(x > 0) || Double.isInfinite(x)) {
                    throw new IllegalArgumentException(
                            "curve " + curve.name() + ": a logarithmic axis has no place for x = " + x);
                }
                low = Math.min(low, x);
                high = Math.max(high, x);
            }
        }
        XYChart chart = lines(title, xTitle, yTitle, curves);
        chart.getStyler().setXAxisLogarithmic(true).setXAxisDecimalPattern("#,##0.######");
        if (high > 0) {
            double first = Math.log10(low);
            double last = Math.log10(high);
            while (Math.floor(last) - Math.ceil(first) < 1) {
                // The nearer power of ten beyond either end; beyond an end that is one, the next.
                double below = Math.ceil(first) - 1;
                double above = Math.floor(last) + 1;
                if (first - below <= above - last) {
                    first = below;
                } else {
                    last = above;
                }
            }
            chart.getStyler().setXAxisMin(Math.pow(10, first)).setXAxisMax(Math.pow(10, last));
        }
        return chart;
    }

    private static void add(XYChart chart, Curve curve, int position) {
        Curve.Style style = curve.style() == null ? new Curve.Style(position, Curve.Line.SOLID) : curve.style();
        Color color = COLORS.get(style.kind() % COLORS.size());
        List<Double> error = curve.error();
        if (error != null && error.stream().anyMatch(height -> height.isNaN())) {
            addErrorBars(chart, curve, color);
            error = null;
        }
        XYSeries series = chart.addSeries(curve.name(), curve.x(), curve.y(), error);
        series.setSmooth(false);
        series.setLineColor(color);
        series.setMarkerColor(color);
        series.setLineStyle(
                switch (style.line()) {
                    case SOLID -> solid(2);
                    case DASHED -> broken(1.5f, 7, 5);
                    case LEVEL -> solid(1.2f);
                    case DOTTED_LEVEL -> broken(4, 4, 8);
                });
        boolean isLevel = style.line() == Curve.Line.LEVEL || style.line() == Curve.Line.DOTTED_LEVEL;
        series.setMarker(
                isLevel || curve.x().size() > MOST_MARKERS
                        ? SeriesMarkers.NONE
                        : new Point(SHAPES.get(style.kind() % SHAPES.size()), style.line() == Curve.Line.SOLID));
    }

    /** The error bars alone, where a point has none: XChart would draw that point's at NaN. */
    private static void addErrorBars(XYChart chart, Curve curve, Color color) {
        int[] known = IntStream.range(0, curve.x().size())
                .filter(i -> !curve.error().get(i).isNaN())
                .toArray();
        if (known.length == 0) {
            return;
        }
        XYSeries bars = chart.addSeries(
                curve.name() + ": error bars",
                Arrays.stream(known).mapToDouble(curve.x()::get).toArray(),
                Arrays.stream(known).mapToDouble(curve.y()::get).toArray(),
                Arrays.stream(known).mapToDouble(curve.error()::get).toArray());
        bars.setLineStyle(SeriesLines.NONE);
        bars.setLineColor(color);
        bars.setMarkerColor(color);
        bars.setMarker(SeriesMarkers.NONE);
        bars.setShowInLegend(false);
    }

    private static BasicStroke solid(float width) {
        return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND);
    }

    private static BasicStroke broken(float width, float on, float off) {
        return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {on, off}, 0);
    }

    /**
     * One metric of one or more runs over the steps.
     *
     * @param runs name in the legend to the run's metrics.jsonl
     * @param metric for example loss
     * @throws IOException where a file is not a metrics file or never has that metric
     */
    public static XYChart metric(Map<String, Path> runs, String metric) throws IOException {
        List<Curve> curves = new ArrayList<>();
        for (Map.Entry<String, Path> run : runs.entrySet()) {
            Thinned points = new Thinned();
            MetricLog.read(run.getValue(), row -> {
                Double value = row.values().get(metric);
                if (value != null && Double.isFinite(value)) {
                    points.add((double) row.step(), value);
                }
            });
            if (points.count == 0) {
                throw new IOException(run.getValue() + ": no row has a value named " + metric);
            }
            curves.add(points.curve(run.getKey()));
        }
        return lines(metric, "step", metric, curves);
    }

    /** The picture as SVG, coordinates to a hundredth of a pixel; letters are outlines. */
    public static byte[] svg(XYChart chart) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        String text = out.toString(StandardCharsets.UTF_8);
        return MORE_DECIMALS.matcher(text).replaceAll("$1").getBytes(StandardCharsets.UTF_8);
    }

    /** The picture as PNG. */
    public static byte[] png(XYChart chart) {
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapEncoder.BitmapFormat.PNG);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /** The shapes of markers, one for each kind in turn. */
    private enum Shape {
        SQUARE,
        CIRCLE,
        TRIANGLE,
        DIAMOND,
        TRIANGLE_DOWN
    }

    /** A marker, filled or hollow. */
    private static final class Point extends Marker {

        private final Shape shape;
        private final boolean filled;

        Point(Shape shape, boolean filled) {
            this.shape = shape;
            this.filled = filled;
        }

        @Override
        public void paint(Graphics2D graphics, double x, double y, int size) {
            double r = filled ? size / 2.0 : size / 1.4;
            java.awt.Shape outline =
                    switch (shape) {
                        case SQUARE -> new Rectangle2D.Double(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
                        case CIRCLE -> new Ellipse2D.Double(x - r, y - r, 2 * r, 2 * r);
                        case TRIANGLE -> polygon(x, y - 1.1 * r, x + 1.1 * r, y + 0.9 * r, x - 1.1 * r, y + 0.9 * r);
                        case DIAMOND -> polygon(x, y - 1.2 * r, x + 1.2 * r, y, x, y + 1.2 * r, x - 1.2 * r, y);
                        case TRIANGLE_DOWN -> polygon(
                                x, y + 1.1 * r, x + 1.1 * r, y - 0.9 * r, x - 1.1 * r, y - 0.9 * r);
                    };
            Color color = graphics.getColor();
            if (!filled) {
                graphics.setColor(Color.WHITE);
            }
            graphics.fill(outline);
            graphics.setColor(color);
            graphics.setStroke(solid(1.5f));
            graphics.draw(outline);
        }

        private static Path2D polygon(double... corners) {
            Path2D path = new Path2D.Double();
            path.moveTo(corners[0], corners[1]);
            for (int i = 2; i < corners.length; i += 2) {
                path.lineTo(corners[i], corners[i + 1]);
            }
            path.closePath();
            return path;
        }
    }

    /** A curve of bounded length: whenever it grows too long, neighbours are averaged in pairs. */
    private static final class Thinned {

        private final List<Double> x = new ArrayList<>();
        private final List<Double> y = new ArrayList<>();
        private long binSize = 1;
        private double sumX;
        private double sumY;
        private long inBin;
        private long count;

        void add(double newX, double newY) {
            sumX += newX;
            sumY += newY;
            inBin++;
            count++;
            if (inBin == binSize) {
                closeBin();
            }
            if (x.size() == 2 * MOST_POINTS) {
                halve(x);
                halve(y);
                binSize *= 2;
            }
        }

        private void closeBin() {
            x.add(sumX / inBin);
            y.add(sumY / inBin);
            sumX = 0;
            sumY = 0;
            inBin = 0;
        }

        private static void halve(List<Double> values) {
            for (int i = 0; i < values.size() / 2; i++) {
                values.set(i, (values.get(2 * i) + values.get(2 * i + 1)) / 2);
            }
            values.subList(values.size() / 2, values.size()).clear();
        }

        Curve curve(String name) {
            if (inBin > 0) {
                closeBin();
            }
            return new Curve(name, x, y);
        }
    }
}
