package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.papers.RowRun;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.report.Verdict;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations written by hand: 8 items of e-SNLI, the last two on one premise, and 6 of SVAMP. */
class ReleasedReportTest {

    private static final Offset<Double> NEAR = within(1e-4);

    @TempDir
    Path folder;

    private Map<DssDataSet, ReleasedData> data;

    @BeforeEach
    void release() throws IOException {
        List<String> test = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            test.add(premise(Math.min(i, 6)) + "|" + words(10 * i + 5, 2) + "|" + i % 3 + "|R.\nAnswer: neutral");
        }
        SmallReleases releases = new SmallReleases(folder)
                .esnli("test", test)
                .esnli(
                        "valid",
                        List.of(
                                premise(0) + "|" + words(100, 2) + "|1|R.\nAnswer: neutral",
                                test.get(1).replace("neutral", "entailment"),
                                premise(20) + "|" + words(110, 2) + "|0|R."))
                .svamp(
                        "train",
                        List.of(
                                problem(0, 3, "(3)"),
                                problem(1, 4, "(4)"),
                                problem(2, 5, "(6)"),
                                problem(3, 6, "unknown")))
                .svamp(
                        "test",
                        List.of(
                                problem(0, 7, "(7)"),
                                problem(0, 8, "(8)"),
                                problem(1, 4, "(4)"),
                                problem(4, 1, "(1)"),
                                problem(5, 2, "(1)"),
                                problem(6, 3, "(3)")));
        data = new EnumMap<>(DssDataSet.class);
        data.put(
                DssDataSet.ESNLI,
                new ReleasedData(
                        DssDataSet.ESNLI, new ReleasedConfig.Data("valid", "test", null, 0), releases.catalogue()));
        data.put(
                DssDataSet.SVAMP,
                new ReleasedData(
                        DssDataSet.SVAMP, new ReleasedConfig.Data("train", "test", null, 0), releases.catalogue()));
    }

    @Test
    void comparesStepByStepAtOneThousandthWithFigure8() throws IOException {
        esnli("standard-finetuning.esnli-549.0", "11000000");
        esnli("standard-finetuning.esnli-549.1", "11000000");
        esnli("step-by-step.esnli-549.0", "11111110");
        esnli("step-by-step.esnli-549.1", "11111110");
        esnli("step-by-step.esnli-549.2", "00000000");
        ResultTable table = table(
                """
                - {data_set: esnli, method: standard-finetuning, labels: 549, seeds: [0, 1, 2]}
                - {data_set: esnli, method: step-by-step, labels: 549, seeds: [0, 1, 2]}
                """);

        ResultRow standard = row(table, "standard-finetuning", "labels=549");
        assertThat(standard.student()).isEqualTo("small one");
        assertThat(standard.dataset()).isEqualTo("e-SNLI");
        assertThat(standard.metric()).isEqualTo("test_accuracy_pct");
        assertThat(standard.published()).isEqualTo(63.0);
        assertThat(standard.publishedEffect()).isNull();
        assertThat(standard.ours()).isCloseTo(25, NEAR);
        assertThat(standard.seeds()).isEqualTo(2);
        assertThat(standard.effect()).isNull();
        assertThat(standard.verdict()).isNull();

        ResultRow ours = row(table, "step-by-step", "labels=549");
        assertThat(ours.published()).isEqualTo(73.6);
        assertThat(ours.publishedEffect()).isCloseTo(10.6, NEAR);
        assertThat(ours.ours()).as("all three seeds").isCloseTo(700 / 12.0, NEAR);
        assertThat(ours.rows())
                .containsExactly(
                        "step-by-step.esnli-549.0",
                        "step-by-step.esnli-549.1",
                        "step-by-step.esnli-549.2",
                        "standard-finetuning.esnli-549.0",
                        "standard-finetuning.esnli-549.1");
        assertThat(ours.n()).isEqualTo(8);
        assertThat(ours.seeds()).as("of the effect: the seeds that both have").isEqualTo(2);
        assertThat(ours.effect()).isCloseTo(62.5, NEAR);
        // Seven premises: 7/6 x (2 x 0.625^2 + 4 x 0.375^2 + 0.25^2) / 8^2, and t(0.975) = 2.446912 with 6 degrees.
        double half = 244.6912 * Math.sqrt(7.0 / 6 * 1.40625 / 64);
        assertThat(ours.effectLow()).isCloseTo(62.5 - half, NEAR);
        assertThat(ours.effectHigh()).isCloseTo(62.5 + half, NEAR);
        assertThat(ours.verdict()).isEqualTo(Verdict.SAME_SIGN);
        assertThat(ours.note()).isEqualTo("published: figure 8, read from the plot");
    }

    @Test
    void saysOppositeAndInconclusiveByTheRule() throws IOException {
        esnli("standard-finetuning.esnli-549.0", "11111110");
        esnli("step-by-step.esnli-549.0", "00000000");
        String rows =
                """
                - {data_set: esnli, method: standard-finetuning, labels: 549}
                - {data_set: esnli, method: step-by-step, labels: 549}
                """;
        ResultRow opposite = row(table(rows), "step-by-step", "labels=549");
        assertThat(opposite.effect()).isCloseTo(-87.5, NEAR);
        assertThat(opposite.verdict()).isEqualTo(Verdict.OPPOSITE);

        esnli("step-by-step.esnli-549.0", "11110111");
        ResultRow open = row(table(rows), "step-by-step", "labels=549");
        assertThat(open.effect()).isCloseTo(0, NEAR);
        assertThat(open.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(open.note())
                .isEqualTo("minimal detectable effect 64; published: figure 8, read from the plot; one seed: the"
                        + " interval is over items alone");
    }

    @Test
    void comparesEveryRowWithItsOwnBaseline() throws IOException {
        esnli("standard-finetuning.esnli-549.0", "11000000");
        esnli("step-by-step-shuffled.esnli-549.0", "10000000");
        esnli("standard-finetuning.esnli-549-equal-tokens.0", "11100000");
        esnli("standard-finetuning.esnli-549-layers-10.0", "00000000");
        esnli("step-by-step.esnli-549-layers-10.0", "10000000");
        esnli("standard-distillation.esnli-549.0", "10000000");
        esnli("step-by-step-teacher-labels.esnli-549.0", "11000000");
        esnli("pinto.esnli-549.0", "11110000");
        esnli("step-by-step.esnli-137.0", "11110000");
        ResultTable table = table(
                """
                - {data_set: esnli, method: standard-finetuning, labels: 549}
                - {data_set: esnli, method: step-by-step-shuffled, labels: 549}
                - {data_set: esnli, method: standard-finetuning, labels: 137}
                - {data_set: esnli, method: step-by-step, labels: 137}
                - {data_set: esnli, method: standard-finetuning, labels: 549, equal_tokens_of: step-by-step}
                - {data_set: esnli, method: standard-finetuning, labels: 549, layers: 10}
                - {data_set: esnli, method: step-by-step, labels: 549, layers: 10}
                - {data_set: esnli, method: standard-distillation, labels: 549}
                - {data_set: esnli, method: step-by-step-teacher-labels, labels: 549}
                - {data_set: esnli, method: pinto, labels: 549}
                - {data_set: esnli, method: single-task, labels: 549}
                """);
        assertEffect(
                row(table, "step-by-step-shuffled", "labels=549"),
                -12.5,
                "our control: rationales shuffled between questions");
        assertEffect(
                row(table, "standard-finetuning", "labels=549 equal tokens"),
                12.5,
                "as many training tokens as step-by-step");
        assertEffect(row(table, "step-by-step", "labels=549 layers=10"), 12.5, "");
        assertEffect(row(table, "step-by-step-teacher-labels", "labels=549"), 12.5, "");
        assertEffect(
                row(table, "pinto", "labels=549"),
                37.5,
                "our reading, without its counterfactual term; needs the teacher at test time");
        assertThat(row(table, "standard-distillation", "labels=549").effect()).isNull();

        ResultRow alone = row(table, "step-by-step", "labels=137");
        assertThat(alone.ours()).isCloseTo(50, NEAR);
        assertThat(alone.effect()).as("its baseline has not run").isNull();
        assertThat(alone.verdict()).isNull();
        assertThat(table.rows()).noneMatch(row -> row.method().equals("single-task"));
        assertThat(table.rows())
                .noneMatch(row ->
                        row.condition().equals("labels=137") && row.method().equals("standard-finetuning"));
    }

    @Test
    void comparesTheWholeOfSvampWithTable2() throws IOException {
        svamp("standard-finetuning.svamp-fraction-1_0.0", "110100");
        svamp("step-by-step.svamp-fraction-1_0.0", "111101");
        svamp("single-task.svamp-fraction-1_0.0", "111100");
        svamp("standard-finetuning.svamp-fraction-0_25.0", "100000");
        ResultTable table = table(
                """
                - {data_set: svamp, method: standard-finetuning, fraction: 1}
                - {data_set: svamp, method: step-by-step, fraction: 1}
                - {data_set: svamp, method: single-task, fraction: 1}
                - {data_set: svamp, method: standard-finetuning, fraction: 0.25}
                """);
        assertThat(row(table, "standard-finetuning", "fraction=1").published()).isEqualTo(62.63);
        ResultRow ours = row(table, "step-by-step", "fraction=1");
        assertThat(ours.published()).isEqualTo(65.5);
        assertThat(ours.publishedEffect()).isCloseTo(2.87, NEAR);
        assertThat(ours.effect()).isCloseTo(100 / 3.0, NEAR);
        assertThat(ours.note())
                .contains(
                        "; published: table 2, T5 220M; of all released training rows, where the paper keeps a tenth");
        assertThat(row(table, "single-task", "fraction=1").publishedEffect()).isCloseTo(0.37, NEAR);
        ResultRow quarter = row(table, "standard-finetuning", "fraction=0.25");
        assertThat(quarter.published()).isEqualTo(30.4);
        assertThat(quarter.note()).startsWith("published: figure 4, T5 220M, read from the plot; of all released");
        assertThat(quarter.ours()).isCloseTo(100 / 6.0, NEAR);
    }

    @Test
    void comparesSharesOfSvampWithFigures4And5() throws IOException {
        svamp("standard-finetuning.svamp-fraction-0_25.0", "100000");
        svamp("step-by-step.svamp-fraction-0_25.0", "110000");
        svamp("standard-distillation.svamp-fraction-1_0.0", "110000");
        svamp("step-by-step-teacher-labels.svamp-fraction-1_0.0", "110000");
        svamp("single-task.svamp-fraction-0_25.0", "110000");
        svamp("step-by-step.svamp-fraction-0_3.0", "110000");
        ResultTable table = table(
                """
                - {data_set: svamp, method: standard-finetuning, fraction: 0.25}
                - {data_set: svamp, method: step-by-step, fraction: 0.25}
                - {data_set: svamp, method: single-task, fraction: 0.25}
                - {data_set: svamp, method: step-by-step, fraction: 0.3}
                - {data_set: svamp, method: standard-distillation, fraction: 1}
                - {data_set: svamp, method: step-by-step-teacher-labels, fraction: 1}
                """);
        ResultRow quarter = row(table, "step-by-step", "fraction=0.25");
        assertThat(quarter.published()).isEqualTo(36.6);
        assertThat(quarter.publishedEffect()).isCloseTo(6.2, NEAR);
        assertThat(quarter.effect()).isCloseTo(100 / 6.0, NEAR);
        assertThat(row(table, "standard-distillation", "fraction=1").published())
                .isEqualTo(42.6);
        ResultRow teacher = row(table, "step-by-step-teacher-labels", "fraction=1");
        assertThat(teacher.published()).isEqualTo(44.7);
        assertThat(teacher.publishedEffect()).isCloseTo(2.1, NEAR);
        assertThat(row(table, "single-task", "fraction=0.25").published()).isNull();
        assertThat(row(table, "step-by-step", "fraction=0.3").published()).isNull();
    }

    @Test
    void comparesStepByStepWithItsControls() throws IOException {
        esnli("step-by-step.esnli-549.0", "11110000");
        esnli("step-by-step.esnli-549.1", "11111111");
        esnli("step-by-step-shuffled.esnli-549.0", "11111000");
        esnli("standard-finetuning.esnli-549-equal-tokens.0", "11111100");
        ResultTable table = table(
                """
                - {data_set: esnli, method: step-by-step, labels: 549, seeds: [0, 1]}
                - {data_set: esnli, method: step-by-step, labels: 137}
                - {data_set: esnli, method: step-by-step-shuffled, labels: 549}
                - {data_set: esnli, method: standard-finetuning, labels: 549, equal_tokens_of: step-by-step}
                """);
        ResultRow shuffled = row(table, "step-by-step", "labels=549 against shuffled rationales");
        assertEffect(shuffled, -12.5, "our control");
        assertThat(shuffled.ours()).as("of the seed that both have").isCloseTo(50, NEAR);
        assertThat(shuffled.rows()).containsExactly("step-by-step.esnli-549.0", "step-by-step-shuffled.esnli-549.0");
        ResultRow tokens = row(table, "step-by-step", "labels=549 against standard finetuning at equal tokens");
        assertEffect(tokens, -25, "our control");
        assertThat(tokens.rows())
                .containsExactly("step-by-step.esnli-549.0", "standard-finetuning.esnli-549-equal-tokens.0");
    }

    /** Two of the three seen items tell one story: with clusters the standard error is 4/9, without them 1/3. */
    @Test
    void tellsTestItemsWhoseStoryIsInTrainingApart() throws IOException {
        svamp("standard-finetuning.svamp-fraction-0_25.0", "110100");
        ResultTable table = table("- {data_set: svamp, method: standard-finetuning, fraction: 0.25}\n");
        ResultRow seen = row(table, "standard-finetuning", "fraction=0.25 stories in train");
        assertThat(seen.ours()).isCloseTo(200 / 3.0, NEAR);
        assertThat(seen.oursSe()).isCloseTo(400 / 9.0, NEAR);
        assertThat(seen.n()).isEqualTo(3);
        assertThat(seen.rows()).containsExactly("standard-finetuning.svamp-fraction-0_25.0");
        ResultRow unseen = row(table, "standard-finetuning", "fraction=0.25 stories not in train");
        assertThat(unseen.ours()).isCloseTo(100 / 3.0, NEAR);
        assertThat(unseen.n()).isEqualTo(3);
    }

    /** The released valid split is not the paper's training split: table 2's 88.38 does not belong beside it. */
    @Test
    void publishesNothingForTheWholeOfASplitThatIsNotThePapers() throws IOException {
        esnli("standard-finetuning.esnli.0", "11111111");
        ResultTable table = table("- {data_set: esnli, method: standard-finetuning}\n");
        assertThat(row(table, "standard-finetuning", "fraction=1").published()).isNull();
    }

    @Test
    void poolsFoldsIntoOneTestSet() throws IOException {
        String rows =
                """
                - {data_set: svamp, method: standard-finetuning, fold: 0, folds: 2}
                - {data_set: svamp, method: step-by-step, fold: 0, folds: 2}
                - {data_set: svamp, method: standard-finetuning, fold: 1, folds: 2}
                - {data_set: svamp, method: step-by-step, fold: 1, folds: 2}
                """;
        ReleasedConfig config = config(rows);
        int[] sizes = {
            data.get(DssDataSet.SVAMP).test(config.rows().get(0)).size(),
            data.get(DssDataSet.SVAMP).test(config.rows().get(2)).size()
        };
        assertThat(sizes[0] + sizes[1]).isEqualTo(10);
        svamp("standard-finetuning.svamp-fold-0-of-2.0", "0".repeat(sizes[0]));
        svamp("standard-finetuning.svamp-fold-1-of-2.0", "1" + "0".repeat(sizes[1] - 1));
        svamp("step-by-step.svamp-fold-0-of-2.0", "1".repeat(sizes[0]));
        ResultTable one = table(rows);
        ResultRow half = row(one, "step-by-step", "1 of 2 folds by story");
        assertThat(half.n()).isEqualTo(sizes[0]);
        assertThat(half.ours()).isCloseTo(100, NEAR);
        assertThat(half.effect()).isCloseTo(100, NEAR);

        svamp("step-by-step.svamp-fold-1-of-2.0", "1" + "0".repeat(sizes[1] - 1));
        ResultTable both = table(rows);
        ResultRow standard = row(both, "standard-finetuning", "2 of 2 folds by story");
        assertThat(standard.n()).isEqualTo(10);
        assertThat(standard.ours()).isCloseTo(10, NEAR);
        assertThat(standard.effect()).isNull();
        ResultRow ours = row(both, "step-by-step", "2 of 2 folds by story");
        assertThat(ours.ours()).isCloseTo(10.0 * (sizes[0] + 1), NEAR);
        assertThat(ours.effect()).isCloseTo(10.0 * sizes[0], NEAR);
        assertThat(ours.rows())
                .containsExactly(
                        "step-by-step.svamp-fold-0-of-2.0",
                        "standard-finetuning.svamp-fold-0-of-2.0",
                        "step-by-step.svamp-fold-1-of-2.0",
                        "standard-finetuning.svamp-fold-1-of-2.0");
        assertThat(ours.note()).endsWith("one seed: the interval is over items alone");
        assertThat(ours.published()).isNull();
        assertThat(ours.verdict()).isEqualTo(Verdict.NOT_COMPARABLE);
        assertThat(both.rows()).noneMatch(row -> row.condition().contains("stories in train"));
    }

    @Test
    void factsNeedNoStudent() throws IOException {
        ResultTable table = table("- {data_set: esnli, method: few-shot-cot}\n");
        ResultRow teacher = row(table, "few-shot-cot", "");
        assertThat(teacher.student()).isEqualTo("PaLM 540B");
        assertThat(teacher.published()).isEqualTo(73.0);
        assertThat(teacher.ours()).isCloseTo(37.5, NEAR);
        assertThat(teacher.effect()).isNull();
        assertThat(teacher.note()).isEqualTo("published: figure 8; recorded outputs, the same test items");
        assertThat(table.rows().stream()
                        .filter(row -> !row.metric().equals("test_accuracy_pct"))
                        .map(row -> row.method() + ", " + row.dataset() + ", " + row.condition() + ": "
                                + row.ours().intValue() + " of " + row.n()))
                .containsExactly(
                        "few-shot-cot, SVAMP, train whole: 2 of 4",
                        "few-shot-cot, SVAMP, test whole: 5 of 6",
                        "overlap, SVAMP, test rows whose story is in train, numbers masked: 3 of 6",
                        "overlap, SVAMP, test rows whose input is in train, numbers masked: 3 of 6",
                        "overlap, SVAMP, test rows with a near duplicate in train: 3 of 6",
                        "overlap, SVAMP, test rows exactly in train: 1 of 6",
                        "few-shot-cot, e-SNLI, valid whole: 1 of 3",
                        "few-shot-cot, e-SNLI, test whole: 3 of 8",
                        "overlap, e-SNLI, test rows whose story is in train, numbers masked: 2 of 8",
                        "overlap, e-SNLI, test rows whose input is in train, numbers masked: 1 of 8",
                        "overlap, e-SNLI, test rows with a near duplicate in train: 1 of 8",
                        "overlap, e-SNLI, test rows exactly in train: 1 of 8");
    }

    private void assertEffect(ResultRow row, double effect, String note) {
        assertThat(row.published()).isNull();
        assertThat(row.effect()).isCloseTo(effect, NEAR);
        assertThat(row.verdict()).isEqualTo(Verdict.NOT_COMPARABLE);
        String oneSeed = "one seed: the interval is over items alone";
        assertThat(row.note()).isEqualTo(note.isEmpty() ? oneSeed : note + "; " + oneSeed);
    }

    private static ReleasedConfig config(String rows) {
        String yaml =
                """
                student: {name: small one, model_name_or_path: none}
                training: {max_steps: 2}
                data_sets:
                  esnli: {train_split: valid, test_split: test}
                  svamp: {train_split: train, test_split: test}
                rows:
                """;
        return YamlConfig.read(yaml + rows, "recipe.yaml", ReleasedConfig.class, List.of());
    }

    private ResultTable table(String rows) throws IOException {
        return new ReleasedReport(config(rows), data, folder.resolve("run")).table();
    }

    private static ResultRow row(ResultTable table, String method, String condition) {
        List<ResultRow> found = table.rows().stream()
                .filter(row -> row.method().equals(method) && row.condition().equals(condition))
                .toList();
        assertThat(found).as(method + " " + condition).hasSize(1);
        return found.get(0);
    }

    private void esnli(String row, String correct) throws IOException {
        evaluation(row, "esnli", correct);
    }

    private void svamp(String row, String correct) throws IOException {
        evaluation(row, "svamp", correct);
    }

    private void evaluation(String row, String task, String correct) throws IOException {
        List<EvaluationRow> rows = new ArrayList<>();
        for (int i = 0; i < correct.length(); i++) {
            rows.add(new EvaluationRow("item-" + i, "", correct.charAt(i) - '0', false));
        }
        Path file = RowRun.evaluation(folder.resolve("run"), row, task);
        Files.createDirectories(file.getParent());
        new Evaluation(task, rows, -1).write(file.getParent());
    }

    private static String premise(int number) {
        return words(10 * number, 3);
    }

    private static String problem(int story, int number, String answer) {
        return words(300 + 10 * story, 5) + " " + number + "|" + words(305 + 10 * story, 3) + "?|( " + number
                + ".0 )|R. The answer is " + answer + ".";
    }

    /** Words that stand nowhere else. */
    private static String words(int first, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = first; i < first + count; i++) {
            text.append((char) ('a' + i / 26)).append((char) ('a' + i % 26)).append(' ');
        }
        return text.toString().strip();
    }
}
