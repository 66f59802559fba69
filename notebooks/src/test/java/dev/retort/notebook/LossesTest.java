package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.loss.LossParts;
import dev.retort.model.LoadedModel;
import dev.retort.train.SupervisedStep;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.Table;

class LossesTest {

    private static LoadedModel student;
    private static TokenExample brief;
    private static TokenExample wordy;

    @BeforeAll
    static void make() throws Exception {
        List<Example> lessons = List.of(
                new Example("brief", "where ?", " there .", "lesson", List.of()),
                new Example("wordy", "where ?", " it is there , you see .", "lesson", List.of()));
        student = Tour.student(lessons, 0);
        brief = Tour.encode(student, lessons).get(0).get(0);
        wordy = Tour.encode(student, lessons).get(1).get(0);
    }

    @AfterAll
    static void close() {
        student.close();
    }

    @Test
    void everyLabelledTokenIsPredictedFromTheOneBeforeIt() throws Exception {
        Table table = Losses.tokens(student, brief);

        assertThat(table.stringColumn(0).asList()).containsExactly("?", "there", ".");
        assertThat(table.stringColumn(1).asList()).containsExactly("there", ".", "<eos>");
        float[] losses = Losses.ofTokens(student, brief);
        assertThat(losses).hasSize(3);
        LossParts parts = new SupervisedStep(student.model(), Map.of("lesson", 1.0), 8, 0).evaluate(List.of(brief));
        assertThat(sum(losses)).isEqualTo(parts.terms().get("lesson").sum());
        for (int i = 0; i < losses.length; i++) {
            assertThat(Double.parseDouble(table.getString(i, 2))).isCloseTo(Math.exp(-losses[i]), within(5e-4));
            assertThat(Double.parseDouble(table.getString(i, 3))).isCloseTo(losses[i], within(5e-4));
        }
    }

    @Test
    void theHeatHasTheTokensOfTheAnswer() throws Exception {
        assertThat(Losses.heat(student, brief).toString())
                .matches("there \\([0-9.]+\\) \\. \\([0-9.]+\\) <eos> \\([0-9.]+\\)");
    }

    @Test
    void aTokenOfAShortAnswerWeighsMoreInAMeanOfMeansOnly() {
        Table table = Losses.weights(student, List.of(brief, wordy));

        assertThat(table.stringColumn("tokens").asList()).containsExactly("3", "8", "11");
        assertThat(table.stringColumn("mean of means: one token weighs").asList())
                .containsExactly("16.7 %", "6.3 %", "");
        assertThat(table.stringColumn("sum over count: one token weighs").asList())
                .containsExactly("9.1 %", "9.1 %", "");
        double sumOfBrief = sum(Losses.ofTokens(student, brief));
        double sumOfWordy = sum(Losses.ofTokens(student, wordy));
        assertThat(Double.parseDouble(table.getString(2, "mean of means: its part")))
                .isCloseTo((sumOfBrief / 3 + sumOfWordy / 8) / 2, within(5e-4));
        assertThat(Double.parseDouble(table.getString(2, "sum over count: its part")))
                .isCloseTo((sumOfBrief + sumOfWordy) / 11, within(5e-4));
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    @Test
    void microBatchesChangeAMeanOfMeansAlone() throws Exception {
        Table table = Losses.microBatches(student, List.of(brief, wordy), 2, 1);

        assertThat(table.stringColumn(0).asList()).containsExactly("1 of 2", "2 of 1");
        assertThat(table.stringColumn(1).unique().size()).isEqualTo(1);
        assertThat(table.stringColumn(2).asList()).allMatch(text -> percent(text) < 1e-3);
        assertThat(percent(table.getString(0, 4))).isLessThan(1e-3);
        assertThat(percent(table.getString(1, 4))).isGreaterThan(1);
        double ofMeans = (sum(Losses.ofTokens(student, brief)) / 3 + sum(Losses.ofTokens(student, wordy)) / 8) / 2;
        assertThat(Double.parseDouble(table.getString(1, 3))).isCloseTo(ofMeans, within(1e-5));
    }

    private static double percent(String text) {
        return Double.parseDouble(text.replace(" %", ""));
    }
}
