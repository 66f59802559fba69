package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import dev.retort.papers.ScratchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluateCommandTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"svamp", "cqa", "anli1", "esnli"})
    @Tag("shared-data")
    @EnabledIfEnvironmentVariable(
            named = "RETORT_DATA",
            matches = ".+",
            disabledReason = "RETORT_DATA is not set: needs distilling_step_by_step")
    void oneRowAQuestionThenTheMetric(String task) throws IOException {
        Path model = ScratchFolder.student(folder.resolve("student"));
        Path out = folder.resolve("eval");
        CliRun run = CliRun.of("evaluate", "--model", model, "--task", task, "--limit", 3, "--out", out, "--quiet");
        assertThat(run.status()).as(run.err()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(4);
        for (int i = 0; i < 3; i++) {
            JsonNode row = Rows.mapper().readTree(lines.get(i));
            assertThat(row.get("id").asText()).isEqualTo(task + "-test-" + i);
            assertThat(row.get("prediction").isTextual()).isTrue();
            assertThat(row.get("correct").asInt()).isBetween(0, 1);
        }
        JsonNode summary = Rows.mapper().readTree(lines.get(3));
        assertThat(summary.get("task").asText()).isEqualTo(task);
        assertThat(summary.get("n").asInt()).isEqualTo(3);
        assertThat(Files.readAllLines(out.resolve(task + ".jsonl"))).isEqualTo(lines.subList(0, 3));

        CliRun other = CliRun.of(
                "evaluate",
                "--model",
                model,
                "--task",
                task,
                "--limit",
                3,
                "--quiet",
                "--before",
                "predict: ",
                "--after",
                "");
        assertThat(other.status()).as(other.err()).isZero();
        assertThat(other.out()).as("asked in other words").isNotEqualTo(run.out());
    }

    @Test
    void comparesWithATeacher() throws IOException {
        Path model = ScratchFolder.student(folder.resolve("student"));
        Path questions = folder.resolve("questions.jsonl");
        Files.writeString(
                questions,
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}\n"
                        + "{\"id\":\"b\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"How?\"}]}\n");
        CliRun run = CliRun.of(
                "evaluate",
                "--model",
                model,
                "--teacher",
                model,
                "--questions",
                questions,
                "--samples",
                2,
                "--max-tokens",
                5,
                "--quiet");
        assertThat(run.status()).as(run.err()).isZero();
        JsonNode found = Rows.mapper().readTree(run.out());
        assertThat(found.at("/reverse_kl/samples").asInt()).isEqualTo(4);
        assertThat(found.at("/reverse_kl/per_answer").asDouble()).isBetween(-1e-6, 1e-6);
        assertThat(found.at("/forward_kl/prompts").asInt()).isEqualTo(2);
        assertThat(found.get("ex_acc_err")).hasSize(5);
        assertThat(found.at("/dist_4/student").asDouble())
                .isEqualTo(found.at("/dist_4/teacher").asDouble());

        CliRun both = CliRun.of("evaluate", "--model", model, "--teacher", model, "--task", "svamp");
        assertThat(both.status()).isEqualTo(2);
        assertThat(both.err()).contains("give --task, for the test of a data set, or --teacher");
        CliRun alone = CliRun.of("evaluate", "--model", model, "--teacher", model);
        assertThat(alone.err()).contains("--teacher and --questions go together");
    }

    @Test
    void wrongUsageIsStatus2AndOneLine() {
        for (Object[] wrong : new Object[][] {
            {"--task", "gsm", "no task 'gsm'; tasks: svamp, cqa, anli1, esnli"},
            {"--task", "svamp", "--limit must be at least 1, not 0"}
        }) {
            CliRun run = CliRun.of("evaluate", "--model", "none", wrong[0], wrong[1], "--limit", 0);
            assertThat(run.status()).isEqualTo(Retort.USAGE);
            assertThat(run.err()).contains(wrong[2].toString()).hasLineCount(1);
        }
    }
}
