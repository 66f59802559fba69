package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.report.Charts;
import dev.retort.report.Curve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

class FigureTest {

    @Test
    void writesBothPictures(@TempDir Path folder) throws IOException {
        XYChart chart = Charts.lines("t", "x", "y", List.of(new Curve("c", List.of(1.0), List.of(2.0))));
        Path figures = folder.resolve("figures");

        new Figure("figure4-esnli.svg", "t", chart).write(figures);

        assertThat(Files.readAllBytes(figures.resolve("figure4-esnli.svg"))).isEqualTo(Charts.svg(chart));
        assertThat(Files.readAllBytes(figures.resolve("figure4-esnli.png"))).isEqualTo(Charts.png(chart));
        try (Stream<Path> files = Files.list(figures)) {
            assertThat(files).hasSize(2);
        }
    }
}
