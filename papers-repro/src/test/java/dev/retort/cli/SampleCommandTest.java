package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleCommandTest {

    @TempDir
    Path folder;

    private Path questions;
    private Path out;

    @BeforeEach
    void questions() throws IOException {
        questions = folder.resolve("questions.jsonl");
        out = folder.resolve("out");
        JsonLines.write(
                questions,
                List.of(
                        Question.ofText("a", "arithmetic", "2 * 3", "6"),
                        new Question(
                                "b",
                                "arithmetic",
                                List.of(Message.user("1 + 1"), Message.assistant("2"), Message.user("2 + 2")),
                                "4"),
                        Question.ofText("c", "arithmetic", "Why?", null)));
    }

    private CliRun sample(String... more) {
        List<Object> arguments = new ArrayList<>(List.of(
                "sample", "--questions", questions, "--out", out, "--quiet", "--teacher", "scripted:arithmetic"));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    private List<TeacherSample> samples() throws IOException {
        return JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class);
    }

    @Test
    void everyPairEndsInOnePlace() throws IOException {
        CliRun run = sample("--samples", "2");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(samples())
                .extracting(sample -> sample.id() + "/" + sample.sampleIndex() + ": " + sample.answer())
                .containsExactly("a/0: 6", "a/1: 6", "b/0: 4", "b/1: 4");
        assertThat(JsonLines.read(out.resolve("failures.jsonl"), Failure.class))
                .extracting(failure -> failure.id() + "/" + failure.sampleIndex())
                .containsExactly("c/0", "c/1");
        assertThat(sample("--samples", "2", "--fail-on-failures").status()).isEqualTo(Retort.FAILED);
    }

    @Test
    void rowsDoNotShowTheSystemPrompt() throws IOException {
        Path prompt = folder.resolve("prompt.txt");
        Files.writeString(prompt, "Be brief.\n");
        CliRun run = sample("--system-prompt", prompt.toString(), "--first-turn-only");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(samples())
                .extracting(sample -> sample.messages().get(0))
                .containsExactly(Message.user("2 * 3"), Message.user("1 + 1"));
        assertThat(samples())
                .extracting(TeacherSample::teacher)
                .allMatch(name -> name.matches("context-distillation\\(.*; turns=first; prompt=[0-9a-f]{12}\\)"));
    }

    @Test
    void aSystemPromptMustBeThere() throws IOException {
        Path prompt = folder.resolve("prompt.txt");
        CliRun missing = sample("--system-prompt", prompt.toString());
        assertThat(missing.status()).isEqualTo(Retort.FAILED);
        assertThat(missing.err())
                .isEqualTo("retort: " + prompt + ": no such file; --system-prompt takes a text file\n");
        Files.writeString(prompt, " \n");
        assertThat(sample("--system-prompt", prompt.toString()).err())
                .isEqualTo("retort: " + prompt + ": the system prompt is blank\n");
        assertThat(out).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--samples 0 | --samples",
                "--method cot | --method needs --answer: how the final answer is cut from what it gives",
                "--method think --answer whole | --method: unknown System 2 method",
                "--answer number | --answer: unknown answer cut",
                "--vote most | --vote: give strict, plurality or a fraction, not most",
                "--prompt mine | --prompt: ",
                "--first-turn-only | --first-turn-only is about --system-prompt: give it too",
                "--batch-api | --batch-api: the Batch API belongs to an openai teacher, not to scripted:arithmetic"
            })
    void saysWhatIsWronglyUsed(String options, String message) {
        CliRun run = sample(options.split(" "));
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).startsWith("retort: " + message).hasLineCount(1);
        assertThat(out).doesNotExist();
    }
}
