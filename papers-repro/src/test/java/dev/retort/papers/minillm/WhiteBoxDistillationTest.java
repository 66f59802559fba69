package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.papers.OwnRun;
import dev.retort.papers.ScratchFolder;
import dev.retort.pipelines.AskSettings;
import dev.retort.run.Interrupt;
import dev.retort.run.YamlConfig;
import dev.retort.train.DistillationSettings;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WhiteBoxDistillationTest {

    @TempDir
    Path temporary;

    private Path model;
    private Path questions;

    @BeforeEach
    void make() throws IOException {
        model = ScratchFolder.student(temporary.resolve("model"));
        questions = temporary.resolve("questions.jsonl");
        JsonLines.write(
                questions, List.of(Question.ofText("a", "t", "2 * 3", "6"), Question.ofText("b", "t", "2 + 3", "5")));
    }

    private OwnRun.Outcome run(String out, Interrupt interrupt, String... settings)
            throws IOException, InterruptedException {
        OwnRun run = new OwnRun(
                questions,
                temporary.resolve(out),
                () -> {
                    throw new IOException("nobody is asked");
                },
                "local:teacher",
                SamplingParams.none(),
                AskSettings.usual(),
                model,
                TrainingSettings.defaults().withMaxSteps(3).withLearningRate(1e-3),
                Device.cpu(),
                "test",
                true,
                interrupt);
        return WhiteBoxDistillation.run(WhiteBoxDistillation.of(
                run, "kd", model, YamlConfig.read("", "test", DistillationSettings.class, List.of(settings))));
    }

    private static Interrupt now() {
        Interrupt now = Interrupt.onThread();
        now.request();
        return now;
    }

    @Test
    void stopsBetweenStepsAndGoesOnBitForBit() throws IOException, InterruptedException {
        String[] settings = {"lmbda=0.5", "divergence=reverse-kl", "temperature=3", "max_completion_length=4"};
        for (int step = 0; step < 2; step++) {
            assertThat(run("stopped", now(), settings).finished()).isFalse();
        }
        assertThat(temporary.resolve("stopped/checkpoints/step-000002")).isDirectory();
        assertThat(run("stopped", Interrupt.onThread(), settings)).isEqualTo(new OwnRun.Outcome(2, 2, 0, 0, true));
        run("whole", Interrupt.onThread(), settings);
        assertThat(temporary.resolve("stopped/final/model.safetensors"))
                .hasSameBinaryContentAs(temporary.resolve("whole/final/model.safetensors"));
    }

    @Test
    void stopsBeforeTheFirstStepWhileSignalsAreWritten() throws IOException, InterruptedException {
        assertThat(run("out", now(), "teacher_top_k=3").finished()).isFalse();
        assertThat(temporary.resolve("out/checkpoints")).doesNotExist();
        assertThat(run("out", Interrupt.onThread(), "teacher_top_k=3").finished())
                .isTrue();
        assertThat(temporary.resolve("out/signals/index.jsonl")).isRegularFile();
    }

    @Test
    void setsLinesAsideThatAreNoQuestions() throws IOException, InterruptedException {
        Files.writeString(questions, Files.readString(questions) + "{\"id\": 7}\n");
        assertThat(run("out", Interrupt.onThread()).questions()).isEqualTo(2);
        assertThat(JsonLines.read(temporary.resolve("out/malformed.jsonl"), Malformed.class))
                .extracting(Malformed::line)
                .containsExactly(3L);
    }
}
