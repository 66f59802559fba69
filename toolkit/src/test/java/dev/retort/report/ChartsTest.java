package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.run.MetricLog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

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
    }
}
