package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.djl.Device;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunOptions;
import dev.retort.papers.ScratchFolder;
import dev.retort.papers.Stage;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.run.Interrupt;
import dev.retort.run.ProgressListener;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two steps a row on SVAMP with a student from scratch. */
@Tag("shared-data")
class ReleasedRecipeTest {

    private static final String RECIPE =
            """
            student: {name: scratch, model_name_or_path: "STUDENT", how_to_get: make one}
            data_sets:
              svamp: {train_split: train, test_split: test, test_size: 5, validation_size: 4}
            alpha: 0.7
            training:
              learning_rate: 0.001
              max_steps: 2
              per_device_train_batch_size: 2
              max_length: 128
              logging_steps: 1
              save_steps: 1
            trial_row: {data_set: svamp, labels: 6, seed: 100}
            trials:
              standard-finetuning: [{learning_rate: 0.01}, {learning_rate: 0.02}]
              step-by-step: [{learning_rate: 0.03, alpha: 0.9}, {learning_rate: 0.04}]
            settings_of: {step-by-step-shuffled: step-by-step}
            rows:
              - {data_set: svamp, method: few-shot-cot}
              - {data_set: svamp, method: standard-finetuning, labels: 6, seeds: [0, 1]}
              - {data_set: svamp, method: step-by-step, labels: 6, seeds: [0, 1]}
              - {data_set: svamp, method: step-by-step-shuffled, labels: 6}
              - {data_set: svamp, method: standard-finetuning, labels: 6, equal_tokens_of: step-by-step}
              - {data_set: svamp, method: step-by-step, labels: 6, layers: 1}
              - {data_set: svamp, method: single-task, labels: 6}
            max_new_tokens: 2
            max_rationale_tokens: 3
            eval_batch_rows: 8
            """;

    @TempDir
    Path temporary;

    private Path student;
    private Path recipe;
    private Path out;

    @BeforeEach
    void make() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        student = ScratchFolder.student(temporary.resolve("student"));
        recipe = temporary.resolve("recipe.yaml");
        Files.writeString(recipe, RECIPE.replace("STUDENT", student.toString()));
        out = temporary.resolve("run");
    }

    private RunOptions options(Set<Stage> stages, List<Integer> seeds, Interrupt interrupt, ProgressListener seen) {
        return ScratchFolder.options(recipe, out, stages, seeds, interrupt, seen);
    }

    private boolean run(Set<Stage> stages, List<Integer> seeds, Interrupt interrupt, ProgressListener seen)
            throws IOException, InterruptedException {
        return StepByStepRecipe.run(options(stages, seeds, interrupt, seen));
    }

    private Path row(String name) {
        return out.resolve("rows").resolve(name);
    }

    private ReleasedRecipe.RowConfig config(String row) throws IOException {
        return YamlConfig.read(row(row).resolve("config.yaml"), ReleasedRecipe.RowConfig.class, List.of());
    }

    private void validation(String row, String correct) throws IOException {
        List<EvaluationRow> rows = new ArrayList<>();
        for (int i = 0; i < correct.length(); i++) {
            rows.add(new EvaluationRow("item-" + i, "", correct.charAt(i) - '0', false));
        }
        Path file = RowRun.evaluation(out, row, "validation");
        new Evaluation("validation", rows, -1).write(file.getParent());
    }

    @Test
    void choosesTrainsTestsAndReportsOnce() throws IOException, InterruptedException {
        validation("standard-finetuning.svamp-6-trial-1.100", "1000");
        validation("standard-finetuning.svamp-6-trial-2.100", "1010");
        List<String> labels = Collections.synchronizedList(new ArrayList<>());
        assertThat(run(Set.of(), List.of(), Interrupt.onThread(), update -> labels.add(update.label())))
                .isTrue();

        List<String> trained = List.of(
                "step-by-step.svamp-6-trial-1.100",
                "step-by-step.svamp-6-trial-2.100",
                "standard-finetuning.svamp-6.0",
                "step-by-step.svamp-6.0",
                "step-by-step-shuffled.svamp-6.0",
                "standard-finetuning.svamp-6-equal-tokens.0",
                "step-by-step.svamp-6-layers-1.0",
                "single-task.svamp-6.0",
                "standard-finetuning.svamp-6.1",
                "step-by-step.svamp-6.1");
        assertThat(new LinkedHashSet<>(labels))
                .filteredOn(label -> !label.startsWith("evaluate"))
                .containsExactlyElementsOf(trained);
        ask();
        choose();
        studentsAndTests(trained);
        table();

        Map<Path, String> files = ScratchFolder.files(out);
        labels.clear();
        // An evaluation is enough: neither the student nor what was trained is needed any more.
        for (String name : trained) {
            AtomicFiles.deleteTree(row(name).resolve("final"));
            AtomicFiles.deleteTree(row(name).resolve("checkpoints"));
        }
        AtomicFiles.deleteTree(student);
        files.keySet().removeIf(file -> file.toString().matches("rows/[^/]*/(final|checkpoints)/.*"));
        assertThat(run(Set.of(), List.of(), Interrupt.onThread(), update -> labels.add(update.label())))
                .isTrue();
        assertThat(labels).isEmpty();
        assertThat(ScratchFolder.files(out)).isEqualTo(files);
    }

    /** The road's files hold the pool; validation rows are not in it. */
    private void ask() throws IOException {
        ReleasedData data = data();
        List<String> pool = data.pool().stream().map(DssExample::id).toList();
        assertThat(pool).hasSize(796);
        assertThat(JsonLines.read(out.resolve("questions.jsonl"), Question.class))
                .extracting(Question::id)
                .isEqualTo(pool);
        assertThat(JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class))
                .extracting(TeacherSample::id)
                .isEqualTo(pool);
        assertThat(out.resolve("kept.jsonl")).hasSameBinaryContentAs(out.resolve("samples.jsonl"));
        assertThat(out.resolve("rejected.jsonl")).isEmptyFile();
        assertThat(out.resolve("failures.jsonl")).isEmptyFile();
        List<Example> examples = JsonLines.read(out.resolve("train.jsonl"), Example.class);
        assertThat(examples).hasSize(2 * 796);
        assertThat(examples.get(0).prompt())
                .isEqualTo("predict: " + data.pool().get(0).input());
        assertThat(examples.get(1).prompt())
                .isEqualTo("explain: " + data.pool().get(0).input());
    }

    private static ReleasedData data() throws IOException {
        return new ReleasedData(
                DssDataSet.SVAMP, new ReleasedConfig.Data("train", "test", 5, 4), DataCatalogue.standard());
    }

    /** Of standard finetuning the second trial was better; those of step-by-step are equal, so the first is taken. */
    private void choose() throws IOException {
        assertThat(Evaluation.read(RowRun.evaluation(out, "step-by-step.svamp-6-trial-1.100", "validation"))
                        .value())
                .isEqualTo(Evaluation.read(RowRun.evaluation(out, "step-by-step.svamp-6-trial-2.100", "validation"))
                        .value());
        assertThat(row("standard-finetuning.svamp-6-trial-1.100").resolve("config.yaml"))
                .doesNotExist();
        assertThat(config("step-by-step.svamp-6-trial-2.100").training().learningRate())
                .isEqualTo(0.04);
        assertThat(config("step-by-step.svamp-6-trial-2.100").alpha())
                .as("without one of its own, the recipe's")
                .isEqualTo(0.7);
        assertThat(config("step-by-step.svamp-6-trial-2.100").training().seed()).isEqualTo(100L);
        for (String name : List.of("svamp-6.0", "svamp-6.1", "svamp-6-equal-tokens.0")) {
            assertThat(config("standard-finetuning." + name).training().learningRate())
                    .isEqualTo(0.02);
        }
        for (String name : List.of("step-by-step.svamp-6.0", "step-by-step-shuffled.svamp-6.0")) {
            assertThat(config(name).training().learningRate()).isEqualTo(0.03);
            assertThat(config(name).alpha()).isEqualTo(0.9);
        }
        assertThat(config("single-task.svamp-6.0").training().learningRate()).isEqualTo(0.001);
        assertThat(config("step-by-step.svamp-6.1").training().seed()).isEqualTo(1L);
    }

    private void studentsAndTests(List<String> trained) throws IOException {
        List<String> tested = data().test(config("step-by-step.svamp-6.0").row()).stream()
                .map(DssExample::id)
                .toList();
        for (String name : trained) {
            boolean isTrial = name.contains("-trial-");
            Evaluation evaluation = Evaluation.read(RowRun.evaluation(out, name, isTrial ? "validation" : "svamp"));
            assertThat(evaluation.rows())
                    .extracting(EvaluationRow::id)
                    .isEqualTo(
                            isTrial
                                    ? data().validation().stream()
                                            .map(DssExample::id)
                                            .toList()
                                    : tested);
            assertThat(RunRecord.read(row(name)).parents()).containsExactly("../..");
            try (LoadedModel made = Models.load(row(name).resolve("final"), Device.cpu())) {
                assertThat(made.model()
                                .config()
                                .json()
                                .path("num_hidden_layers")
                                .intValue())
                        .isEqualTo(name.contains("layers-1") ? 1 : 2);
            }
        }
        assertThat(config("standard-finetuning.svamp-6.0").training().maxSteps())
                .isEqualTo(2);
        assertThat(config("standard-finetuning.svamp-6-equal-tokens.0")
                        .training()
                        .maxSteps())
                .isEqualTo(equalSteps())
                .isGreaterThan(2);
        assertThat(Files.mismatch(
                        row("standard-finetuning.svamp-6.0").resolve("final/model.safetensors"),
                        row("standard-finetuning.svamp-6.1").resolve("final/model.safetensors")))
                .as("another seed")
                .isNotEqualTo(-1);
    }

    private int equalSteps() throws IOException {
        RowSpec spec = config("step-by-step.svamp-6.0").row();
        try (LoadedModel loaded = Models.load(student, Device.cpu())) {
            List<Lesson> lessons = ReleasedData.lessons(data().train(spec, 0), "<|im_end|>");
            Method.Texts texts = new Method.Texts("predict: ", "explain: ", "The answer is");
            double own = tokens(MethodItems.of(Method.STANDARD_FINETUNING, lessons, texts, 0, loaded, 128));
            double other = tokens(MethodItems.of(Method.STEP_BY_STEP, lessons, texts, 0, loaded, 128));
            return (int) Math.round(2 * other / own);
        }
    }

    private static double tokens(List<List<TokenExample>> items) {
        return items.stream()
                .flatMap(List::stream)
                .mapToInt(TokenExample::length)
                .sum();
    }

    private void table() throws IOException {
        ResultTable table = ResultTable.read(out.resolve("table.csv"));
        assertThat(table.rows())
                .filteredOn(row -> row.metric().equals("test_accuracy_pct")
                        && !row.condition().contains("stories"))
                .extracting(ResultRow::method, ResultRow::condition, ResultRow::n, ResultRow::seeds, row -> row.rows()
                        .size())
                .containsExactly(
                        tuple("few-shot-cot", "", 5, 1, 0),
                        tuple("standard-finetuning", "labels=6", 5, 2, 2),
                        tuple("step-by-step", "labels=6", 5, 2, 4),
                        tuple("step-by-step-shuffled", "labels=6", 5, 1, 2),
                        tuple("standard-finetuning", "labels=6 equal tokens", 5, 1, 2),
                        tuple("step-by-step", "labels=6 layers=1", 5, 1, 1),
                        tuple("single-task", "labels=6", 5, 1, 2),
                        tuple("step-by-step", "labels=6 against shuffled rationales", 5, 1, 2),
                        tuple("step-by-step", "labels=6 against standard finetuning at equal tokens", 5, 1, 2));
        assertThat(table.rows())
                .filteredOn(row -> row.condition().endsWith(" whole"))
                .extracting(ResultRow::condition, ResultRow::ours, ResultRow::n)
                .containsExactly(tuple("train whole", 588.0, 800), tuple("test whole", 148.0, 200));
        assertThat(Files.readString(out.resolve("table.md"))).startsWith("| method |");
    }

    @Test
    void refusesOtherSettingsAndSeedsThatNoRowHas() throws IOException, InterruptedException {
        assertThat(run(Set.of(Stage.ASK), List.of(), Interrupt.onThread(), null))
                .isTrue();
        assertThat(out.resolve("questions.jsonl")).exists();
        assertThat(out.resolve("kept.jsonl")).doesNotExist();
        assertThatThrownBy(() -> run(Set.of(), List.of(5), Interrupt.onThread(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no row of the recipe has a seed of [5]; its seeds are [0, 1]");
        Files.writeString(recipe, Files.readString(recipe).replace("alpha: 0.7", "alpha: 0.6"));
        assertThatThrownBy(() -> run(Set.of(), List.of(), Interrupt.onThread(), null))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        out.resolve("config.yaml") + ": made with other settings than these; run into another folder");
        assertThat(out.resolve("rows")).doesNotExist();
    }

    @Test
    void runsSomeSeedsOnlyAndStopsWhenAsked() throws IOException, InterruptedException {
        for (String name : List.of("standard-finetuning", "step-by-step")) {
            validation(name + ".svamp-6-trial-1.100", "0000");
            validation(name + ".svamp-6-trial-2.100", "0000");
        }
        Interrupt stop = Interrupt.onThread();
        stop.request();
        assertThat(run(Set.of(), List.of(1), stop, null)).isFalse();
        assertThat(out.resolve("table.csv")).doesNotExist();

        assertThat(run(Set.of(), List.of(1), Interrupt.onThread(), null)).isTrue();
        try (var rows = Files.list(out.resolve("rows"))) {
            assertThat(rows.map(row -> row.getFileName().toString()).filter(name -> !name.contains("-trial-")))
                    .containsExactlyInAnyOrder("standard-finetuning.svamp-6.1", "step-by-step.svamp-6.1");
        }
    }

    @Test
    void saysThatTrialsAreChosenByTheirEvaluation() {
        assertThatThrownBy(() -> run(Set.of(Stage.TRAIN), List.of(), Interrupt.onThread(), null))
                .isInstanceOf(IOException.class)
                .hasMessage(RowRun.evaluation(out, "standard-finetuning.svamp-6-trial-1.100", "validation")
                        + ": not there, and settings are chosen by it; let the stages train and evaluate run together");
    }
}
