package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.model.SafetensorsFolder;
import dev.retort.papers.ScratchFolder;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

    private static final List<String> SHORT =
            List.of("--set", "training.max_steps=12", "--set", "test_size=64", "--set", "train_size=96", "--quiet");

    @TempDir
    Path temporary;

    @Test
    void walksTheRoadAndRunsMissingRowsOnly() throws IOException {
        Path out = temporary.resolve("run");
        CliRun first = run(out, "--seeds", "100");
        assertThat(first.status()).as(first.err()).isZero();
        assertThat(first.out()).startsWith("| method |").contains("step-by-step-noise");

        List<Question> questions = JsonLines.read(out.resolve("questions.jsonl"), Question.class);
        assertThat(questions).hasSize(96 + 64 + 96);
        List<TeacherSample> samples = JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class);
        assertThat(samples).hasSize(2 * 96).allMatch(sample -> sample.rationale()
                .startsWith("it is a "));
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class)).hasSize(4 * 96);
        assertThat(Files.size(out.resolve("failures.jsonl"))).isZero();
        assertThat(Files.size(out.resolve("rejected.jsonl"))).isZero();
        Path row = out.resolve("rows/step-by-step.full.100");
        assertThat(Files.readAllLines(row.resolve("eval/kinds.jsonl"))).hasSize(64);
        try (SafetensorsFolder weights = SafetensorsFolder.open(row.resolve("final"))) {
            assertThat(weights.names()).contains("model.embed_tokens.weight");
        }
        ResultTable table = ResultTable.read(out.resolve("table.csv"));
        assertThat(table.rows()).hasSize(4).allMatch(line -> line.n() == 64 && line.seeds() == 1);

        byte[] weights = Files.readAllBytes(row.resolve("final/model.safetensors"));
        Map<Path, String> files = ScratchFolder.files(out);
        assertThat(run(out, "--seeds", "100", "--resume").status()).isZero();
        assertThat(ScratchFolder.files(out)).isEqualTo(files);
        assertThat(run(out, "--seeds", "100,101", "--resume").status()).isZero();
        assertThat(row.resolve("final/model.safetensors")).hasBinaryContent(weights);
        assertThat(ResultTable.read(out.resolve("table.csv")).rows()).allMatch(line -> line.seeds() == 2);
    }

    @Test
    void runsTheRowsThatAreAskedFor() throws IOException {
        Path out = temporary.resolve("run");
        CliRun some = run(out, "--seeds", "100", "--rows", "step-by-step.*,standard-*");
        assertThat(some.status()).as(some.err()).isZero();
        assertThat(some.out()).isEmpty();
        assertThat(out.resolve("table.csv")).doesNotExist();
        try (var rows = Files.list(out.resolve("rows"))) {
            assertThat(rows)
                    .extracting(row -> row.getFileName().toString())
                    .containsExactlyInAnyOrder("step-by-step.full.100", "standard-finetuning.full.100");
        }
        CliRun none = run(out, "--seeds", "100", "--resume", "--rows", "pinto.*");
        assertThat(none.status()).isEqualTo(Retort.USAGE);
        assertThat(none.err()).contains("no row of the recipe matches");
        CliRun asked = run(
                temporary.resolve("flink"),
                "--only",
                "ask,filter,compose",
                "--",
                "--runner=FlinkRunner",
                "--parallelism=1");
        assertThat(asked.status()).as(asked.err()).isZero();
        for (String file : List.of("samples.jsonl", "kept.jsonl", "train.jsonl")) {
            assertThat(temporary.resolve("flink").resolve(file)).hasSameBinaryContentAs(out.resolve(file));
        }
        CliRun flag = run(out, "--resume", "--", "--runner=NoRunner");
        assertThat(flag.status()).isEqualTo(Retort.USAGE);
        assertThat(flag.err()).contains("Beam's flags: ").hasLineCount(1);
        CliRun bad = run(out, "--resume", "--rows", "[");
        assertThat(bad.status()).isEqualTo(Retort.USAGE);
        assertThat(bad.err()).contains("--rows: '[' is no pattern of names");
    }

    @Test
    void refusesAFolderThatHoldsSomething() throws IOException {
        Files.writeString(temporary.resolve("notes.txt"), "mine");
        CliRun run = run(temporary);
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err()).contains("--resume").hasLineCount(1);
        assertThat(temporary).isDirectoryContaining("glob:**notes.txt");
    }

    @Test
    void namesTheNearestKeyAndTheStages() {
        CliRun key = CliRun.of("run", "step-by-step", "--dry-run", "--set", "training.learning_rat=1");
        assertThat(key.status()).isEqualTo(Retort.FAILED);
        assertThat(key.err()).contains("learning_rate").hasLineCount(1);
        CliRun stage = CliRun.of("run", "step-by-step", "--only", "asks");
        assertThat(stage.status()).isEqualTo(Retort.USAGE);
        assertThat(stage.err()).contains("evaluate");
        CliRun paper = CliRun.of("run", "negative");
        assertThat(paper.status()).isEqualTo(Retort.USAGE);
        assertThat(paper.err()).contains("negative");
    }

    @Test
    void aDryRunPrintsTheResolvedConfigurationAndThePlan() {
        CliRun run = CliRun.of("run", "step-by-step", "--dry-run", "--seeds", "0-4");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("learning_rate: 0.003").contains("20 rows (4 methods x 5 seeds)");
    }

    @Test
    void withoutSeedsTinyRunsSeed0AndOthersTheRecipesOwn() throws IOException {
        CliRun tiny = CliRun.of("run", "step-by-step", "--dry-run");
        assertThat(tiny.out()).contains("4 rows (4 methods x 1 seeds)");
        Path recipe = temporary.resolve("mine.yaml");
        Files.writeString(
                recipe,
                """
                student: {model_name_or_path: none, how_to_get: make one}
                training: {max_steps: 2}
                data_sets:
                  svamp: {train_split: train, test_split: test}
                rows:
                  - {data_set: svamp, method: step-by-step, labels: 5, seeds: [3, 4, 5]}
                """);
        CliRun own = CliRun.of("run", "step-by-step", "--recipe", recipe, "--dry-run");
        assertThat(own.status()).as(own.err()).isZero();
        assertThat(own.out()).contains("# 3 students are planned", "no such model; make one");
        CliRun some = CliRun.of("run", "step-by-step", "--recipe", recipe, "--dry-run", "--seeds", "4-9");
        assertThat(some.out()).contains("# 2 students are planned");
        CliRun none = CliRun.of("run", "step-by-step", "--recipe", recipe, "--dry-run", "--seed", "0");
        assertThat(none.status()).isEqualTo(Retort.FAILED);
        assertThat(none.err()).isEqualTo("retort: no row of the recipe has a seed of [0]; its seeds are [3, 4, 5]\n");
    }

    @Test
    void readsSeeds() {
        assertThat(RunCommand.seeds(null, null)).as("those of the recipe").isEmpty();
        assertThat(RunCommand.seeds(7, null)).containsExactly(7);
        assertThat(RunCommand.seeds(null, "0-2,5,1")).containsExactly(0, 1, 2, 5);
        assertThatThrownBy(() -> RunCommand.seeds(null, "3-1")).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> RunCommand.seeds(1, "2")).isInstanceOf(UsageException.class);
    }

    private static CliRun run(Path out, String... more) {
        List<String> arguments = new java.util.ArrayList<>(List.of("run", "step-by-step", "--out", out.toString()));
        arguments.addAll(SHORT);
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }
}
