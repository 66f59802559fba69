package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny recipe, shortened, in processes of its own: SIGKILL at random moments, --resume, the same bytes in the end. */
class KillAndResumeTest {

    private static final List<String> SHORTENED = List.of(
            "--set",
            "training.max_steps=60",
            "--set",
            "training.save_steps=7",
            "--set",
            "rows=[standard-finetuning, step-by-step]",
            "--set",
            "test_size=96");

    @TempDir
    Path temporary;

    @Test
    void endsWithTheSameBytesAfterFourKills() throws IOException, InterruptedException {
        Path whole = temporary.resolve("whole");
        long begun = System.nanoTime();
        assertThat(start(whole, false).waitFor()).as(output()).isZero();
        long wholeMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);

        Path killed = temporary.resolve("killed");
        SplittableRandom random = new SplittableRandom(20261121);
        int kills = 0;
        while (kills < 4) {
            Process process = start(killed, true);
            long moment = (long) (wholeMillis * (0.3 + 0.5 * random.nextDouble()));
            if (process.waitFor(moment, TimeUnit.MILLISECONDS)) {
                assertThat(process.exitValue()).as(output()).isZero();
                break;
            }
            process.destroyForcibly().waitFor();
            kills++;
        }
        assertThat(kills).as("moments that came before the end").isPositive();
        assertThat(start(killed, true).waitFor()).as(output()).isZero();

        List<Path> files;
        try (var paths = Files.walk(whole)) {
            files = paths.filter(Files::isRegularFile).map(whole::relativize).toList();
        }
        assertThat(files).contains(Path.of("table.csv"), Path.of("rows/step-by-step.full.0/eval/kinds.jsonl"));
        for (Path file : files) {
            String name = file.toString();
            boolean timed = name.endsWith("run.json") || name.endsWith("metrics.jsonl") || name.contains("tensorboard");
            // Its files are those of processes.
            boolean ofProcess = name.contains("/cache/");
            if (!timed && !ofProcess) {
                assertThat(killed.resolve(file)).as(name).hasSameBinaryContentAs(whole.resolve(file));
            }
        }
        try (var paths = Files.walk(killed)) {
            assertThat(paths.map(Path::toString)).noneMatch(path -> path.endsWith(".partial"));
        }
    }

    /** What the processes have printed. */
    private String output() throws IOException {
        Path file = temporary.resolve("output.txt");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private Process start(Path out, boolean resume) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-Dai.djl.pytorch.graph_optimizer=false",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.retort.cli.Retort",
                "run",
                "step-by-step",
                "--quiet",
                "--out",
                out.toString()));
        command.addAll(SHORTENED);
        if (resume) {
            command.add("--resume");
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        temporary.resolve("output.txt").toFile()));
        builder.environment().put("OPT_OUT_TRACKING", "true");
        return builder.start();
    }
}
