package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.papers.ScratchFolder;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReleasedPlanTest {

    private static final String RECIPE =
            """
            student: {model_name_or_path: "STUDENT", how_to_get: install it first}
            data_sets:
              svamp: {train_split: train, test_split: test, validation_size: 10}
            training: {max_steps: 50, per_device_train_batch_size: 4, max_length: 128}
            trial_row: {data_set: svamp, labels: 8, seed: 100}
            trials:
              step-by-step: [{learning_rate: 0.1}, {learning_rate: 0.2}, {learning_rate: 0.3}]
            rows:
              - {data_set: svamp, method: few-shot-cot}
              - {data_set: svamp, method: standard-finetuning, labels: 8, seeds: [0, 1]}
              - {data_set: svamp, method: step-by-step, labels: 8, layers: 1}
              - {data_set: svamp, method: standard-finetuning, labels: 8, equal_tokens_of: step-by-step}
            """;

    @TempDir
    Path folder;

    private String describe(String student, List<Integer> seeds, String... changes) throws IOException {
        String yaml = RECIPE.replace("STUDENT", student);
        for (int i = 0; i < changes.length; i += 2) {
            assertThat(yaml).contains(changes[i]);
            yaml = yaml.replace(changes[i], changes[i + 1]);
        }
        Path recipe = folder.resolve("recipe.yaml");
        Files.writeString(recipe, yaml);
        return StepByStepRecipe.describe(
                ScratchFolder.options(recipe, folder.resolve("run"), Set.of(), seeds, Interrupt.onThread(), null));
    }

    @Test
    void saysWhereTheModelIsMissingAndHowToGetIt() throws IOException {
        Path missing = folder.resolve("none");
        assertThat(describe(missing.toString(), List.of()))
                .contains("max_steps: 50")
                .contains("# 7 students are planned; tokens, hours and memory cannot be told without the model\n")
                .contains("# does not fit: model: " + missing + ": no such model; install it first\n")
                .doesNotContain("all that is needed is here");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void downloadsNothing() throws IOException {
        assertThat(describe("hf:nobody-of-retort/nothing@main", List.of()))
                .contains(
                        "# does not fit: model: hf:nobody-of-retort/nothing@main is not in the Hugging Face cache yet;"
                                + " install it first\n");
    }

    @Test
    @Tag("shared-data")
    void countsRowsStepsAndTokens() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        String student = ScratchFolder.student(folder.resolve("student")).toString();
        String plan = describe(student, List.of());
        assertThat(plan).endsWith("# all that is needed is here\n").doesNotContain("does not fit");
        long standard = tokens(plan, "standard-finetuning.svamp-8 x 2 seeds", 8, 50);
        long steps = tokens(plan, "step-by-step.svamp-8 x 3 trials", 8, 50);
        assertThat(steps).as("question twice, and a rationale").isGreaterThan(2 * standard);
        assertThat(tokens(plan, "step-by-step.svamp-8-layers-1 x 1 seeds", 8, 50))
                .isEqualTo(steps);
        assertThat(tokens(plan, "standard-finetuning.svamp-8-equal-tokens x 1 seeds", 8, 50))
                .isEqualTo(steps);
        assertThat(plan).contains("# 7 students, ");
        assertThat(describe(student, List.of(1)))
                .contains("standard-finetuning.svamp-8 x 1 seeds", "# 4 students, ")
                .doesNotContain("equal-tokens x");
    }

    @Test
    @Tag("shared-data")
    void saysWhatDoesNotFitWithNumbers() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        String student = ScratchFolder.student(folder.resolve("student")).toString();
        String plan = describe(student, List.of(), "max_length: 128", "max_length: 1000000000");
        // 16 wide, 2 layers, 56 bytes: 1792 GB of activations.
        assertThat(plan)
                .containsPattern("# memory: 179[0-9]{1}\\.[0-9] GB \\(weights and optimiser 0\\.0, activations of"
                        + " 1,000,000,000 tokens 1792\\.0, the JVM 1\\.0\\); this machine has [0-9.]+ GB\n")
                .containsPattern("# does not fit: memory: 1793\\.[0-9] GB are needed and [0-9.]+ are there; the largest"
                        + " student that fits has about [0-9]+ M weights\n")
                .endsWith("# 1 of what is needed is missing\n");

        assertThat(describe(student, List.of(), "labels: 8, layers: 1", "labels: 900, layers: 1"))
                .contains(
                        "# does not fit: data: step-by-step.svamp-900-layers-1.0 asks for 900 training rows; svamp has"
                                + " 790\n");
    }

    /** The tokens of a line of the plan, whose other numbers are as given. */
    private static long tokens(String plan, String row, int trained, int steps) {
        Matcher line = Pattern.compile(
                        "# " + Pattern.quote(row) + " +" + trained + " +" + steps + " +([0-9,]+) +[0-9.]+\n")
                .matcher(plan);
        assertThat(line.find()).as(row + " in " + plan).isTrue();
        return Long.parseLong(line.group(1).replace(",", ""));
    }
}
