package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.run.MetricLog;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

class ChartsTest {

    private static XYChart chart() {
        return Charts.lines(
                "accuracy",
                "labels",
                "%",
                List.of(
                        new Curve("standard", List.of(137.0, 549.0), List.of(60.0, 73.1), List.of(2.0, 1.4)),
                        new Curve("step-by-step", List.of(137.0, 549.0), List.of(58.5, 70.4))));
    }

    @Test
    void drawsSvg() {
        byte[] svg = Charts.svg(chart());

        String text = new String(svg, StandardCharsets.UTF_8);
        assertThat(text.contains("<svg")).isTrue();
        assertThat(Pattern.compile("[0-9]\\.[0-9]{3}(?![0-9]*[eE])")
                        .matcher(text)
                        .find())
                .as("coordinates have two decimals")
                .isFalse();
        assertThat(text.strip().endsWith("</svg>")).isTrue();
        assertThat(Arrays.equals(Charts.svg(chart()), svg)).isTrue();
    }

    @Test
    void drawsPng() throws IOException {
        byte[] png = Charts.png(chart());

        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(800);
        assertThat(Arrays.equals(Charts.png(chart()), png)).isTrue();
    }

    @Test
    void curvesOfOneKindShareAColourAndDifferInTheLine() {
        XYChart chart = Charts.lines("t", "x", "y", everyLine());

        XYSeries ours = chart.getSeriesMap().get("ours");
        XYSeries theirs = chart.getSeriesMap().get("theirs");
        XYSeries level = chart.getSeriesMap().get("level");
        XYSeries publishedLevel = chart.getSeriesMap().get("published level");
        assertThat(ours.getLineColor()).isEqualTo(theirs.getLineColor()).isEqualTo(ours.getMarkerColor());
        assertThat(level.getLineColor())
                .isEqualTo(publishedLevel.getLineColor())
                .isNotEqualTo(ours.getLineColor());
        assertThat(ours.getLineStyle().getDashArray()).isNull();
        assertThat(theirs.getLineStyle().getDashArray()).containsExactly(7, 5);
        assertThat(level.getLineStyle().getDashArray()).isNull();
        assertThat(publishedLevel.getLineStyle().getDashArray()).containsExactly(4, 8);
        assertThat(level.getMarker()).isSameAs(publishedLevel.getMarker()).isSameAs(SeriesMarkers.NONE);
        assertThat(ours.getMarker()).isNotSameAs(SeriesMarkers.NONE);
    }

    private static List<Curve> everyLine() {
        List<Double> x = List.of(1.0, 2.0);
        return List.of(
                new Curve("ours", x, x, null, new Curve.Style(1, Curve.Line.SOLID)),
                new Curve("theirs", x, x, null, new Curve.Style(1, Curve.Line.DASHED)),
                new Curve("level", x, x, null, new Curve.Style(2, Curve.Line.LEVEL)),
                new Curve("published level", x, x, null, new Curve.Style(2, Curve.Line.DOTTED_LEVEL)));
    }

    @Test
    void theNextCurveHasTheNextColourAndColoursComeRound() {
        List<Curve> curves = IntStream.range(0, 8)
                .mapToObj(i -> new Curve("c" + i, List.of(1.0), List.of(1.0)))
                .toList();

        List<Color> colors = Charts.lines("t", "x", "y", curves).getSeriesMap().values().stream()
                .map(XYSeries::getLineColor)
                .toList();

        assertThat(colors.subList(0, 7)).doesNotHaveDuplicates();
        assertThat(colors.get(7)).isEqualTo(colors.get(0));
    }

    @Test
    void everyShapeOfMarkerIsDrawnFilledAndHollow() throws IOException {
        List<Curve> curves = new ArrayList<>();
        for (int kind = 0; kind < 5; kind++) {
            for (Curve.Line line : List.of(Curve.Line.SOLID, Curve.Line.DASHED)) {
                curves.add(new Curve(
                        kind + " " + line,
                        List.of(1.0 + kind),
                        List.of(line == Curve.Line.SOLID ? 1.0 : 2.0),
                        null,
                        new Curve.Style(kind, line)));
            }
        }
        XYChart chart = Charts.lines("t", "x", "y", curves);
        chart.getStyler().setLegendVisible(false);

        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Charts.png(chart)));

        for (int kind = 0; kind < 5; kind++) {
            Color color = chart.getSeriesMap().get(kind + " SOLID").getLineColor();
            int x = (int) chart.getScreenXFromChart(1.0 + kind);
            assertThat(image.getRGB(x, (int) chart.getScreenYFromChart(1.0))).isEqualTo(color.getRGB());
            assertThat(image.getRGB(x, (int) chart.getScreenYFromChart(2.0))).isEqualTo(Color.WHITE.getRGB());
        }
    }

    @Test
    void aPointWithoutAnErrorHasNoErrorBar() {
        Curve some = new Curve("some", List.of(1.0, 2.0, 3.0), List.of(5.0, 6.0, 7.0), List.of(0.5, Double.NaN, 0.7));
        Curve none = new Curve("none", List.of(1.0), List.of(5.0), List.of(Double.NaN));

        XYChart chart = Charts.lines("t", "x", "y", List.of(some, none));

        assertThat(chart.getSeriesMap()).containsOnlyKeys("some: error bars", "some", "none");
        assertThat(chart.getSeriesMap().get("some").getExtraValues()).isNull();
        XYSeries bars = chart.getSeriesMap().get("some: error bars");
        assertThat(bars.getXData()).containsExactly(1, 3);
        assertThat(bars.getYData()).containsExactly(5, 7);
        assertThat(bars.getExtraValues()).containsExactly(0.5, 0.7);
        assertThat(bars.isShowInLegend()).isFalse();
        assertThat(new String(Charts.svg(chart), StandardCharsets.UTF_8).contains("NaN"))
                .isFalse();
    }

    @Test
    void aLogarithmicAxisHoldsTwoPowersOfTen() {
        assertThat(range(137, 549_367)).containsExactly(137, 549_367);
        assertThat(range(100, 1000)).containsExactly(100, 1000);
        assertThat(range(90, 720)).containsExactly(90, 1000);
        assertThat(range(1096, 8766)).containsExactly(1000, 10_000);
        assertThat(range(2118, 16_946)).containsExactly(1000, 16_946);
        assertThat(range(100, 100)).containsExactly(10, 100);
        assertThat(range(0.2, 0.3)).containsExactly(0.1, 1);
        XYChart empty = Charts.logarithmic("t", "x", "y", List.of());
        assertThat(empty.getStyler().getXAxisMin()).isNull();
        assertThat(Charts.lines("t", "x", "y", List.of()).getStyler().isXAxisLogarithmic())
                .isFalse();
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> range(bad, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("curve c: a logarithmic axis has no place for x = " + bad);
        }
    }

    private static double[] range(double low, double high) {
        XYChart chart =
                Charts.logarithmic("t", "x", "y", List.of(new Curve("c", List.of(low, high), List.of(1.0, 2.0))));
        assertThat(chart.getStyler().isXAxisLogarithmic()).isTrue();
        return new double[] {
            Math.rint(1e6 * chart.getStyler().getXAxisMin()) / 1e6,
            Math.rint(1e6 * chart.getStyler().getXAxisMax()) / 1e6
        };
    }

    @Test
    void drawsAMetricOfALongRun(@TempDir Path folder) throws IOException {
        try (MetricLog log = MetricLog.create(folder)) {
            for (int step = 1; step <= 4001; step++) {
                log.append(step, Map.of("loss", 1.0 / step));
            }
        }
        Path file = folder.resolve(MetricLog.FILE);

        XYChart chart = Charts.metric(Map.of("run", file), "loss");

        double[] x = chart.getSeriesMap().get("run").getXData();
        assertThat(x).hasSizeBetween(1000, 2000).isSorted();
        assertThat(x[0]).isEqualTo(2.5);
        assertThat(x[x.length - 1]).isEqualTo(4001);
        assertThatThrownBy(() -> Charts.metric(Map.of("run", file), "accuracy"))
                .isInstanceOf(IOException.class)
                .hasMessage(file + ": no row has a value named accuracy");
    }

    @Test
    void refusesCurvesThatDoNotFit() {
        assertThatThrownBy(() -> new Curve("c", List.of(), List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Curve("c", List.of(1.0), List.of(1.0), List.of()))
                .hasMessage("curve c: needs at least one point, and as many x, y and error values");
        assertThatThrownBy(() -> new Curve.Style(-1, Curve.Line.SOLID))
                .hasMessage("a kind of curve is at least 0, not -1");
    }
}
