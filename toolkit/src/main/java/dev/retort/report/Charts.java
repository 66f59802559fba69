package dev.retort.report;

import dev.retort.run.MetricLog;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Line charts, drawn without a display; equal input gives equal bytes on one machine. */
public final class Charts {

    private static final int WIDTH = 800;
    private static final int HEIGHT = 500;
    /** More points than the picture has columns show nothing more. */
    private static final int MOST_POINTS = 1000;

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
        for (Curve curve : curves) {
            XYSeries series = curve.error() == null
                    ? chart.addSeries(curve.name(), curve.x(), curve.y())
                    : chart.addSeries(curve.name(), curve.x(), curve.y(), curve.error());
            series.setSmooth(false);
            if (curve.x().size() > 50) {
                series.setMarker(SeriesMarkers.NONE);
            }
        }
        return chart;
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

    /** The picture as SVG. */
    public static byte[] svg(XYChart chart) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            VectorGraphicsEncoder.saveVectorGraphic(chart, out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    /** The picture as PNG. */
    public static byte[] png(XYChart chart) {
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapEncoder.BitmapFormat.PNG);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
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
