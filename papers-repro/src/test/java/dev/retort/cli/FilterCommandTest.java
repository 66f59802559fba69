package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilterCommandTest {

    @TempDir
    Path folder;

    private Path out(String name) {
        return folder.resolve("run").resolve(name);
    }

    /** Twelve coins, and a question that no coin answers. */
    private Path questions() throws IOException {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            String turn = i % 2 == 0 ? "flips" : "does not flip";
            questions.add(Question.ofText(
                    "q-" + i,
                    "coin-flip",
                    "A coin is heads up. Ad" + (char) ('a' + i) + " " + turn
                            + " the coin. Bob does not flip the coin. Is the coin still"
                            + " heads up? Note that \"flip\" here means \"reverse\".",
                    i % 2 == 0 ? "no" : "yes"));
        }
        questions.add(Question.ofText("why", "t", "Why?", null));
        Path file = folder.resolve("questions.jsonl");
        JsonLines.write(file, questions);
        return file;
    }

    private CliRun sample(Path questions, String... more) {
        List<Object> arguments = new ArrayList<>(
                List.of("sample", "--questions", questions, "--out", folder.resolve("run"), "--quiet", "--teacher"));
        arguments.add("scripted:coin-flip");
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    private CliRun filter(String... more) {
        List<Object> arguments = new ArrayList<>(
                List.of("filter", "--samples", out("samples.jsonl"), "--out", folder.resolve("run"), "--quiet"));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    private List<TeacherSample> kept() throws IOException {
        return JsonLines.read(out("kept.jsonl"), TeacherSample.class);
    }

    @Test
    void asksVariantsAndJudgesByThem() throws IOException {
        Path questions = questions();
        CliRun asked = sample(questions, "--perturb", "name-swap:2,clause-reorder", "--samples", "2");
        assertThat(asked.status()).as(asked.err()).isZero();
        assertThat(asked.out().lines().toList())
                .hasSize(2)
                .first()
                .isEqualTo("36 variants of 13 questions; not applied: clause-reorder: no-coin-flip 1, name-swap:"
                        + " no-names 1");
        assertThat(JsonLines.read(out("questions.jsonl"), Question.class)).hasSize(49);
        assertThat(JsonLines.read(out("samples.jsonl"), TeacherSample.class)).hasSize(96);

        CliRun run = filter(
                "--by", "perturbation", "--questions", out("questions.jsonl").toString());
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .isEqualTo("kept 24 of 96 samples, of 12 of 13 questions\nrejected: variant 72\nright: 24 of 24"
                        + " (100.0 %) kept samples, 24 of 24 (100.0 %) of all\n");
        assertThat(kept()).hasSize(24).allMatch(sample -> sample.id().matches("q-[0-9]+"));

        CliRun again = sample(out("questions.jsonl"), "--perturb", "name-swap");
        assertThat(again.status()).isEqualTo(Retort.FAILED);
        assertThat(again.err())
                .isEqualTo("retort: " + out("questions.jsonl") + ": would be replaced by the questions and their"
                        + " variants; choose another output folder\n");
    }

    @Test
    void filtersWhatWasSampled() throws IOException {
        sample(questions(), "--samples", "3", "--error-rate", "0.5", "--seed", "1");
        CliRun run = filter("--by", "output-consistency:rule=1.0,length:1-200");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).matches("kept [0-9]+ of 36 samples, of [0-9]+ of 12 questions"),
                        line -> assertThat(line).matches("rejected: no-majority [0-9]+"));
        assertThat(kept()).isNotEmpty().hasSizeLessThan(36);
        assertThat(Files.size(out("malformed.jsonl"))).isZero();
    }

    @Test
    void aMissingFileIsStatus1() {
        CliRun run = filter("--by", "format");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err()).isEqualTo("retort: " + out("samples.jsonl") + ": no such file\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--by consistency | --by: no filter is named consistency; did you mean output-consistency?",
                "--by near-duplicate | --by: near-duplicate needs a file of the questions to compare with",
                "--by format --evaluation e.jsonl | --by: no filter reads the evaluation's questions",
                "--by reference | --questions: reference needs the file of the questions",
                "--by perturbation | --questions: perturbation needs the file of the questions with their variants",
                "--by format -- --nonsense=1 | Beam's flags: "
            })
    void saysWhatIsWronglyUsed(String options, String message) {
        CliRun run = filter(options.split(" "));
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).startsWith("retort: " + message).hasLineCount(1);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void aPerturbationThatThereIsNotIsStatus2() throws IOException {
        CliRun run = sample(questions(), "--perturb", "shuffle");
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).startsWith("retort: --perturb: no perturbation is named shuffle; did you mean ");
    }
}
