package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.papers.Recipes;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.papers.stepbystep.ReleasedConfig.Trial;
import dev.retort.run.ConfigException;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReleasedConfigTest {

    private static final String LEAST =
            """
            student: {model_name_or_path: models/m}
            training: {max_steps: 2}
            data_sets:
              svamp: {train_split: train, test_split: test}
            rows:
              - {data_set: svamp, method: standard-finetuning}
            """;

    private static ReleasedConfig read(String yaml, String... overrides) {
        return YamlConfig.read(yaml, "recipe.yaml", ReleasedConfig.class, List.of(overrides));
    }

    private static ReleasedConfig recipe(String name) throws IOException {
        return Recipes.read("step-by-step", name, ReleasedConfig.class, List.of());
    }

    @Test
    void pinsEveryDefault() {
        ReleasedConfig config = read(LEAST);
        assertThat(config.student().name()).isEqualTo("models/m");
        assertThat(config.student().howToGet()).isEmpty();
        assertThat(config.threads()).isNull();
        assertThat(config.labelPrefix()).isEqualTo("predict: ");
        assertThat(config.rationalePrefix()).isEqualTo("explain: ");
        assertThat(config.alpha()).isEqualTo(0.5);
        assertThat(config.trials()).isEmpty();
        assertThat(config.settingsOf()).isEmpty();
        assertThat(config.maxNewTokens()).isEqualTo(64);
        assertThat(config.maxRationaleTokens()).isEqualTo(256);
        assertThat(config.evalBatchRows()).isEqualTo(32);
        assertThat(config.dataSets().get("svamp").validationSize()).isZero();
        assertThat(config.dataSets().get("svamp").testSize()).isNull();
        assertThat(config.rows().get(0).seeds()).containsExactly(0);
        assertThat(config.rows().get(0).name(0)).isEqualTo("standard-finetuning.svamp.0");
    }

    /** The plan is fixed; so is this. */
    @Test
    void smallIsThatOfThePlan() throws IOException {
        ReleasedConfig small = recipe("small");
        assertThat(small.trialRow()).isEqualTo(new ReleasedConfig.TrialRow(DssDataSet.ESNLI, 549, 100));
        assertThat(small.trials())
                .isEqualTo(Map.of(
                        "standard-finetuning",
                        List.of(new Trial(2e-4, null), new Trial(5e-4, null), new Trial(1e-3, null)),
                        "step-by-step",
                        List.of(new Trial(5e-4, 0.5), new Trial(5e-4, 0.8), new Trial(1e-3, 0.8)),
                        "single-task",
                        List.of(new Trial(2e-4, null), new Trial(5e-4, null), new Trial(1e-3, null))));
        assertThat(small.training().maxSteps()).isEqualTo(140);
        assertThat(small.training().examplesPerStep()).isEqualTo(16);
        assertThat(small.training().warmupRatio()).isEqualTo(0.05);
        assertThat(small.training().lora().r()).isEqualTo(16);
        assertThat(small.training().lora().targetModules()).containsExactly("all-linear");
        assertThat(small.dataSets().get("esnli")).isEqualTo(new ReleasedConfig.Data("valid", "test", 3000, 500));
        assertThat(small.chooser(Method.STEP_BY_STEP_SHUFFLED)).isEqualTo(Method.STEP_BY_STEP);
        assertThat(small.chooser(Method.STEP_BY_STEP_TEACHER_LABELS)).isEqualTo(Method.STEP_BY_STEP);
        assertThat(small.chooser(Method.PINTO)).isEqualTo(Method.STANDARD_FINETUNING);
        assertThat(small.chooser(Method.SINGLE_TASK)).isEqualTo(Method.SINGLE_TASK);
        for (RowSpec row : small.rows()) {
            if (row.method() != Method.FEW_SHOT_COT) {
                assertThat(small.trials())
                        .as(row.method().title())
                        .containsKey(small.chooser(row.method()).title());
            }
        }
    }

    /** Trials apart: seed 0 of every row in the order of the file, then seeds 1 and 2 of the primary, then the folds. */
    @Test
    void smallRunsTheFirstSeedOfEveryRowFirstAndFoldsLast() throws IOException {
        List<String> names = ReleasedRecipe.order(recipe("small"), List.of()).stream()
                .map(reported -> reported.row().name(reported.seed()))
                .toList();
        List<String> expected = new ArrayList<>(List.of(
                "standard-finetuning.esnli-549.0",
                "step-by-step.esnli-549.0",
                "step-by-step-shuffled.esnli-549.0",
                "standard-finetuning.esnli-137.0",
                "step-by-step.esnli-137.0",
                "standard-finetuning.esnli-549-equal-tokens.0",
                "single-task.esnli-549.0",
                "standard-distillation.esnli-549.0",
                "step-by-step-teacher-labels.esnli-549.0",
                "standard-finetuning.esnli-275.0",
                "standard-finetuning.esnli-1098.0",
                "standard-finetuning.svamp-fraction-1_0.0",
                "step-by-step.svamp-fraction-1_0.0",
                "standard-finetuning.svamp-fraction-0_25.0",
                "step-by-step.svamp-fraction-0_25.0",
                "standard-finetuning.esnli-549-layers-10.0",
                "step-by-step.esnli-549-layers-10.0",
                "standard-finetuning.esnli-549-layers-20.0",
                "step-by-step.esnli-549-layers-20.0",
                "standard-finetuning-asdiv.svamp-fraction-1_0.0",
                "standard-finetuning-asdiv-deduplicated.svamp-fraction-1_0.0",
                "rationale-as-input.esnli-549.0",
                "pinto.esnli-549.0",
                "standard-finetuning.esnli-549.1",
                "step-by-step.esnli-549.1",
                "standard-finetuning.esnli-549.2",
                "step-by-step.esnli-549.2"));
        for (int fold = 0; fold < 5; fold++) {
            expected.add("standard-finetuning.svamp-fold-" + fold + "-of-5.0");
            expected.add("step-by-step.svamp-fold-" + fold + "-of-5.0");
        }
        assertThat(names).containsExactlyElementsOf(expected);
    }

    @Test
    void someSeedsOnlyAreThoseOfTheRecipe() throws IOException {
        ReleasedConfig small = recipe("small");
        assertThat(ReleasedRecipe.order(small, List.of(2, 1, 7)))
                .extracting(reported -> reported.row().name(reported.seed()))
                .containsExactly(
                        "standard-finetuning.esnli-549.1",
                        "step-by-step.esnli-549.1",
                        "standard-finetuning.esnli-549.2",
                        "step-by-step.esnli-549.2");
        assertThatThrownBy(() -> ReleasedRecipe.order(small, List.of(7, 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no row of the recipe has a seed of [7, 8]; its seeds are [0, 1, 2]");
    }

    @Test
    void paperIsThatOfTheAppendix() throws IOException {
        ReleasedConfig paper = recipe("paper");
        assertThat(paper.student().modelNameOrPath()).isEqualTo("hf:google/t5-v1_1-base@main");
        assertThat(paper.training().learningRate()).isEqualTo(5e-5);
        assertThat(paper.training().maxSteps()).isEqualTo(10_000);
        assertThat(paper.training().examplesPerStep()).isEqualTo(64);
        assertThat(paper.training().maxLength()).isEqualTo(1024);
        assertThat(paper.training().lora()).isNull();
        assertThat(paper.alpha()).isEqualTo(0.5);
        assertThat(paper.maxNewTokens()).isEqualTo(64);
        assertThat(paper.maxRationaleTokens()).isEqualTo(256);
        assertThat(paper.trials()).isEmpty();
        assertThat(paper.dataSets().keySet()).containsExactlyInAnyOrder("svamp", "cqa");
        assertThat(paper.rows())
                .filteredOn(row -> row.method() != Method.FEW_SHOT_COT)
                .hasSize(44)
                .allMatch(row -> row.seeds().equals(List.of(0, 1, 2, 3)));
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        ReleasedConfig small = recipe("small");
        assertThat(read(YamlConfig.write(small))).isEqualTo(small);
    }

    @Test
    void theSameDataForAnotherMethodHasTheStepsOfTheRecipe() {
        RowSpec row = new RowSpec(
                DssDataSet.ESNLI, Method.STANDARD_FINETUNING, 549, null, 10, null, null, Method.STEP_BY_STEP, null);
        assertThat(row.name(3)).isEqualTo("standard-finetuning.esnli-549-layers-10-equal-tokens.3");
        assertThat(row.of(Method.STEP_BY_STEP).name(3)).isEqualTo("step-by-step.esnli-549-layers-10.3");
    }

    @Test
    void refusesUnequalNumbersOfTrials() {
        String trials =
                """
                trial_row: {data_set: svamp, labels: 4, seed: 100}
                trials:
                  standard-finetuning: [{learning_rate: 0.1}, {learning_rate: 0.2}]
                  step-by-step: [{learning_rate: 0.1}]
                """;
        assertThatThrownBy(() -> read(LEAST + trials, "data_sets.svamp.validation_size=3"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("every method gets the same number of trials");
        ReleasedConfig equal = read(
                LEAST + trials,
                "data_sets.svamp.validation_size=3",
                "trials.step-by-step=[{learning_rate: 0.1}, {learning_rate: 0.2, alpha: 0.8}]",
                "settings_of.step-by-step-shuffled=step-by-step");
        assertThat(equal.chooser(Method.STEP_BY_STEP_SHUFFLED)).isEqualTo(Method.STEP_BY_STEP);
        assertThatThrownBy(() -> read(LEAST + trials, "trials={step-by-step: [{learning_rate: 0.1}]}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("trial_row: its data set needs a validation_size");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "student= | student and training are needed",
                "student.model_name_or_path= | student.model_name_or_path is needed",
                "data_sets= | data_sets are needed",
                "data_sets.svamp={} | a data set needs train_split and test_split",
                "data_sets.swamp={train_split: train, test_split: test}"
                        + " | there is no data set 'swamp'; there are svamp, cqa, anli1, esnli",
                "rows=[] | rows are needed",
                "rows=[{data_set: svamp}] | a row needs data_set and method",
                "rows=[{data_set: cqa, method: step-by-step}] | cqa is not among data_sets",
                "rows=[{data_set: svamp, method: step-by-step, labels: 0}] | labels must be at least 1",
                "rows=[{data_set: svamp, method: step-by-step, labels: 3, fraction: 1}]"
                        + " | a row has labels or a fraction, not both",
                "rows=[{data_set: svamp, method: step-by-step, fraction: 1.5}]"
                        + " | fraction must be above 0 and at most 1",
                "rows=[{data_set: svamp, method: step-by-step, fold: 1}] | fold and folds go together",
                "rows=[{data_set: svamp, method: step-by-step, fold: 5, folds: 5}] | fold must be 0 to folds - 1",
                "rows=[{data_set: svamp, method: step-by-step-noise}] | step-by-step-noise is of the tiny world only",
                "rows=[{data_set: cqa, method: standard-finetuning-asdiv}] | ASDiv is added to svamp only",
                "rows=[{data_set: svamp, method: pinto}, {data_set: svamp, method: pinto, seeds: [1, 0]}]"
                        + " | two rows are named pinto.svamp.0",
                "trial_row={data_set: svamp, labels: 3} | trial_row needs data_set, labels and seed",
                "trial_row={data_set: cqa, labels: 3, seed: 1} | trial_row: cqa is not among data_sets",
                "trials={step-by-step: [{alpha: 0.5}]} | a trial needs a learning_rate",
                "trials={step-by-step: [{learning_rate: 1}]} | trials need trial_row",
                "settings_of={pinto: step-by-step} | settings_of names step-by-step, which has no trials"
            })
    void refuses(String override, String message) {
        assertThatThrownBy(() -> read(LEAST, override))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesSettingsOfAMethodThatThereIsNot() {
        assertThatThrownBy(() -> read(
                        LEAST,
                        "data_sets.svamp.validation_size=3",
                        "trial_row={data_set: svamp, labels: 3, seed: 1}",
                        "trials={step-by-step: [{learning_rate: 1}]}",
                        "settings_of={step-by-stop: step-by-step}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("there is no method 'step-by-stop'");
    }
}
