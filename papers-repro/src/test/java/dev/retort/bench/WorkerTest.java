package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class WorkerTest {

    @TempDir
    private Path folder;

    private Worker worker(String... script) throws IOException {
        return new Worker(FakeWorker.side("fake", folder.resolve("turns"), script), folder.resolve("fake.log"));
    }

    private String logged(String text) {
        return "fake ended early; its messages are in " + folder.resolve("fake.log") + text;
    }

    @Test
    void doesTheWorkOncePerTurn() throws IOException {
        try (Worker worker = worker("ready", "1.5", "2.25")) {
            assertThat(folder.resolve("turns")).doesNotExist();
            assertThat(worker.go().get("seconds").doubleValue()).isEqualTo(1.5);
            assertThat(folder.resolve("turns")).hasContent("fake go\n");
            assertThat(worker.go().get("seconds").doubleValue()).isEqualTo(2.25);
            assertThat(folder.resolve("turns")).hasContent("fake go\nfake go\n");
            assertThat(worker.peakResidentBytes() > 0).isEqualTo(Files.exists(Path.of("/proc/self/status")));
        }
        assertThat(folder.resolve("fake.log")).isEmptyFile();
    }

    @Test
    void waitingThreadsSpinAsLongOnEverySide() throws IOException {
        try (Worker worker = worker("ready", "1")) {
            assertThat(worker.go().get("spin").textValue())
                    .isEqualTo(System.getenv().getOrDefault("GOMP_SPINCOUNT", "20000"));
        }
    }

    @Test
    void endingBeforeItIsReadyNamesTheLog() {
        assertThatThrownBy(() -> worker("end")).isInstanceOf(IOException.class).hasMessage(logged(""));
        assertThat(folder.resolve("fake.log")).hasContent("fake had enough");
    }

    @Test
    void endingInItsTurnNamesTheLog() throws IOException {
        try (Worker worker = worker("ready", "1", "end")) {
            worker.go();
            // The second time it has ended for certain, and writing to it fails.
            for (int time = 0; time < 2; time++) {
                assertThatThrownBy(worker::go).isInstanceOf(IOException.class).hasMessage(logged(""));
            }
        }
        assertThat(folder.resolve("fake.log")).hasContent("fake had enough");
    }

    @Test
    void otherAnswersAreErrors() throws IOException {
        String log = "; its messages are in " + folder.resolve("fake.log");
        assertThatThrownBy(() -> worker("{}"))
                .isInstanceOf(IOException.class)
                .hasMessage("fake did not say that it is ready" + log);
        try (Worker worker = worker("ready", "Loading", "[1]", "{\"seconds\": \"1\"}")) {
            assertThatThrownBy(worker::go)
                    .isInstanceOf(IOException.class)
                    .hasMessage("fake printed 'Loading' where a JSON object is due" + log);
            assertThatThrownBy(worker::go)
                    .isInstanceOf(IOException.class)
                    .hasMessage("fake printed '[1]' where a JSON object is due" + log);
            assertThatThrownBy(worker::go)
                    .isInstanceOf(IOException.class)
                    .hasMessage("fake did not say how many seconds it took but {\"seconds\":\"1\"}" + log);
        }
    }

    @Test
    void aProgramThatCannotBeStarted() {
        Path missing = folder.resolve("python");
        assertThatThrownBy(() -> new Worker(new Side("peer", "", List.of(missing.toString())), folder.resolve("log")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(missing.toString());
    }

    /** As Ctrl-C does, which asks this process to end. */
    @Test
    void endsInTheMiddleOfATurnWithTheProcessThatStartedIt() throws Exception {
        Process benchmark = benchmark("ready", "busy");
        awaitLine(benchmark, "retort: case: warming up fake");
        ProcessHandle worker = benchmark.children().findFirst().orElseThrow();
        try {
            benchmark.destroy();
            assertThat(benchmark.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(worker.onExit().get(60, TimeUnit.SECONDS).isAlive()).isFalse();
        } finally {
            worker.destroyForcibly();
        }
    }

    private Process benchmark(String... script) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-cp",
                System.getProperty("java.class.path"),
                FakeBenchmark.class.getName(),
                folder.toString()));
        command.addAll(List.of(script));
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("benchmark.log").toFile())
                .start();
    }

    private static void awaitLine(Process benchmark, String wanted) throws IOException {
        BufferedReader lines = benchmark.inputReader(StandardCharsets.UTF_8);
        String line = lines.readLine();
        while (line != null && !line.equals(wanted)) {
            line = lines.readLine();
        }
        assertThat(line).isEqualTo(wanted);
    }
}
