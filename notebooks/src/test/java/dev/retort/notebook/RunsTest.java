package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.retort.data.AtomicFiles;
import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.run.MetricLog;
import dev.retort.run.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class RunsTest {

    private static final Path PROJECT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();

    @TempDir
    private Path folder;

    @Test
    void optionsGoOnFromTheFolderOnTheCpuUntilTheCellIsStopped() {
        ProgressListener progress = update -> {};

        RunOptions options =
                Runs.options("small", folder, List.of("steps=1"), List.of(3, 4), Set.of(Stage.ASK), progress);

        assertThat(options)
                .isEqualTo(new RunOptions(
                        "small",
                        folder,
                        List.of("steps=1"),
                        Set.of(Stage.ASK),
                        List.of(3, 4),
                        RowFilter.ALL,
                        List.of(),
                        true,
                        Device.cpu(),
                        null,
                        "notebook",
                        true,
                        options.interrupt(),
                        List.of(progress)));
        assertThat(options.interrupt().requested()).isFalse();
        Thread.currentThread().interrupt();
        assertThat(options.interrupt().requested()).isTrue();
        options.interrupt().close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void optionsWithoutProgressHaveNoListener() {
        assertThat(Runs.options("tiny", folder, List.of(), List.of(), Set.of()).listeners())
                .isEmpty();
    }

    @Test
    void theFolderIsBelowTargetAndIsMade() throws IOException {
        Path made = Runs.folder("runs-test", "tiny");
        try {
            assertThat(made).isEqualTo(Path.of("target/runs/runs-test/tiny")).isEmptyDirectory();
            Files.createFile(made.resolve("kept"));
            assertThat(Runs.folder("runs-test", "tiny")).isDirectoryContaining("glob:**kept");
        } finally {
            AtomicFiles.deleteTree(made.getParent());
        }
    }

    @Test
    void aStoppedRunSaysHowItGoesOn() {
        RunOptions options = Runs.options("tiny", folder, List.of(), List.of(0), Set.of());
        options.interrupt().request();

        assertThatThrownBy(() -> Runs.stepByStep(options))
                .isInstanceOf(InterruptedException.class)
                .hasMessage("stopped; run the cell again to go on");
    }

    @Test
    void readsTheTableOfARun() throws IOException {
        ResultTable table = new ResultTable(List.of(ResultRow.of("method", "student", "data", "", "accuracy")));
        Files.writeString(folder.resolve("table.csv"), table.toCsv());

        assertThat(Runs.table(folder)).isEqualTo(table);
    }

    @Test
    void lossesAreOfOneSeedsRowsWithoutTrialsAndNoise() throws IOException {
        log("standard-finetuning.full.0", 2.5, 1.25);
        log("step-by-step.full.0", 3, 0.5);
        for (String other : List.of(
                "step-by-step.full.1",
                "step-by-step.full.10",
                "step-by-step-trial-2.full.0",
                "step-by-step-noise.full.0")) {
            log(other, 9, 9);
        }
        Files.createDirectories(folder.resolve("rows/not-begun.full.0"));

        XYChart chart = Runs.losses(folder, 0);

        assertThat(chart.getTitle()).isEqualTo("loss");
        Map<String, XYSeries> curves = chart.getSeriesMap();
        assertThat(curves).containsOnlyKeys("standard-finetuning.full", "step-by-step.full");
        assertThat(curves.get("standard-finetuning.full").getXData()).containsExactly(1, 2);
        assertThat(curves.get("standard-finetuning.full").getYData()).containsExactly(2.5, 1.25);
        assertThat(curves.get("step-by-step.full").getYData()).containsExactly(3, 0.5);
    }

    private void log(String row, double... losses) throws IOException {
        Path made = Files.createDirectories(folder.resolve("rows").resolve(row));
        try (MetricLog log = MetricLog.create(made)) {
            for (int i = 0; i < losses.length; i++) {
                log.append(i + 1, Map.of("loss", losses[i], "tokens", 7.0));
            }
        }
    }

    @Test
    void measuredIsTheCommittedTable() throws IOException {
        Path committed = PROJECT.resolve("papers-repro/results/step-by-step/tiny/table.csv");

        ResultTable table = Runs.measured("step-by-step", "tiny");

        assertThat(table.toCsv()).isEqualTo(Files.readString(committed));
        assertThat(table.rows()).extracting(ResultRow::method).contains("standard-finetuning", "step-by-step");
    }
}
