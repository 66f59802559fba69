package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done already; training and testing themselves are tested with the recipes. */
class RowRunTest {

    @TempDir
    Path out;

    private record Settings(String method) {}

    private RowRun row(Stage... stages) {
        RunOptions options = new RunOptions(
                "tiny",
                out,
                List.of(),
                Set.of(stages),
                List.of(),
                RowFilter.ALL,
                List.of(),
                true,
                Device.cpu(),
                1,
                "test",
                true,
                Interrupt.onThread(),
                List.of());
        Settings settings = new Settings("m");
        RunRecord record = RunRecord.start(0, "test", settings, Map.of(), "cpu", 1);
        return new RowRun(options, "m.full.0", settings, TrainingSettings.defaults(), Map.of(), record, 8);
    }

    private static boolean run(RowRun row) throws IOException {
        return row.run(
                "task",
                () -> {
                    throw new AssertionError("a student is made");
                },
                student -> {
                    throw new AssertionError("it is trained");
                },
                student -> {
                    throw new AssertionError("it is tested");
                });
    }

    @Test
    void aRowWithItsEvaluationNeedsNoModel() throws IOException {
        RowRun row = row();
        assertThat(row.folder()).isEqualTo(out.resolve("rows/m.full.0"));
        Path evaluation = RowRun.evaluation(out, "m.full.0", "task");
        assertThat(evaluation).isEqualTo(out.resolve("rows/m.full.0/eval/task.jsonl"));
        Files.createDirectories(evaluation.getParent());
        Files.writeString(evaluation, "");
        assertThat(run(row)).isTrue();
        try (var files = Files.list(row.folder())) {
            assertThat(files).as("nothing is written").containsExactly(evaluation.getParent());
        }
    }

    @Test
    void aTrainedRowIsNotTrainedAgain() throws IOException {
        RowRun row = row(Stage.TRAIN);
        Files.createDirectories(row.folder().resolve("final"));
        assertThat(run(row)).isTrue();
        assertThat(row.folder().resolve("config.yaml")).doesNotExist();
    }

    @Test
    void otherStagesLeaveItAlone() throws IOException {
        assertThat(run(row(Stage.ASK, Stage.REPORT))).isTrue();
        assertThat(out.resolve("rows")).doesNotExist();
    }
}
