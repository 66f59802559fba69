package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricLogTest {

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("metrics.jsonl");
    }

    private void logSteps(int from, int to) throws IOException {
        try (MetricLog log = from == 1 ? MetricLog.create(folder) : MetricLog.resume(folder, from - 1)) {
            for (int step = from; step <= to; step++) {
                log.append(step, Map.of("loss", 1.0 / step));
            }
        }
    }

    private List<Long> steps() throws IOException {
        List<Long> steps = new ArrayList<>();
        MetricLog.read(file, row -> steps.add(row.step()));
        return steps;
    }

    @Test
    void appendsRowsAndEvents() throws IOException {
        logSteps(1, 2);

        assertThat(Files.readString(file)).isEqualTo("{\"step\":1,\"loss\":1.0}\n{\"step\":2,\"loss\":0.5}\n");
        assertThat(folder.resolve("tensorboard/events.out.tfevents.retort")).isNotEmptyFile();
    }

    @Test
    void resumingGivesTheFilesOfAnUninterruptedRun() throws IOException {
        logSteps(1, 6);
        byte[] whole = Files.readAllBytes(file);
        logSteps(1, 5);
        Files.writeString(file, "{\"step\":6,\"lo", StandardOpenOption.APPEND);

        logSteps(4, 6);

        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        assertThat(steps()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void aTornLastLineIsCutEvenWhereItsStepIsNotLater() throws IOException {
        logSteps(1, 2);
        Files.writeString(file, "{\"step\":3,\"loss\":0.3", StandardOpenOption.APPEND);
        assertThat(steps()).containsExactly(1L, 2L);

        MetricLog.resume(folder, 5).close();

        assertThat(steps()).containsExactly(1L, 2L);
        assertThat(Files.readString(file)).endsWith("0.5}\n");
    }

    @Test
    void createReplacesAnOlderLog() throws IOException {
        logSteps(1, 5);
        Files.writeString(folder.resolve("tensorboard/events.out.tfevents.other"), "x");

        MetricLog.create(folder).close();

        assertThat(file).isEmptyFile();
        assertThat(folder.resolve("tensorboard/events.out.tfevents.other")).doesNotExist();
    }

    @Test
    void resumesWhereThereIsNoLogYet() throws IOException {
        try (MetricLog log = MetricLog.resume(folder, 10)) {
            log.append(11, Map.of("loss", 1.0));
        }

        assertThat(steps()).containsExactly(11L);
    }

    @Test
    void syncBringsEveryRowToTheFile() throws IOException {
        try (MetricLog log = MetricLog.create(folder)) {
            log.append(1, Map.of("loss", 1.0));
            log.sync();
            assertThat(steps()).containsExactly(1L);
        }
    }

    @Test
    void anInterruptedThreadLosesNoRowAndNoEvent() throws IOException {
        Path events = folder.resolve("tensorboard/events.out.tfevents.retort");
        logSteps(1, 3);
        long eventBytes = Files.size(events);

        Thread.currentThread().interrupt();
        try (MetricLog log = MetricLog.create(folder)) {
            log.append(1, Map.of("loss", 1.0));
            log.sync();
            log.append(2, Map.of("loss", 0.5));
        }
        logSteps(3, 3);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(steps()).containsExactly(1L, 2L, 3L);
        assertThat(events).hasSize(eventBytes);
    }

    @Test
    void twoRowsOfOneStepAreFineAndEarlierOnesAreNot() throws IOException {
        try (MetricLog log = MetricLog.create(folder)) {
            log.append(5, Map.of("loss", 1.0));
            log.append(5, Map.of("validation_loss", 2.0));
            assertThatThrownBy(() -> log.append(4, Map.of("loss", 1.0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(file + ": step 4 comes after step 5");
        }
        assertThat(steps()).containsExactly(5L, 5L);
    }

    @Test
    void damageBeforeTheLastLineIsAnErrorThatNamesIt() throws IOException {
        Files.writeString(file, "{\"step\":1}\nnonsense\n{\"step\":2}\n");

        assertThatThrownBy(() -> MetricLog.resume(folder, 5))
                .isInstanceOf(IOException.class)
                .message()
                .startsWith(file + ":2: ")
                .endsWith("; mend or remove the line, then resume");
        assertThatThrownBy(this::steps)
                .isInstanceOf(IOException.class)
                .message()
                .startsWith(file + ":2: ");
        assertThat(Files.readString(file)).isEqualTo("{\"step\":1}\nnonsense\n{\"step\":2}\n");
    }
}
