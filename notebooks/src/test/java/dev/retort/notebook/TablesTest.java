package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.teacher.ScriptedTeacher;
import java.util.List;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.Table;

class TablesTest {

    @Test
    void showsQuestionRationaleAndAnswer() throws Exception {
        Question question = Question.ofText(
                "q", "coin-flip", "A coin is heads up. Ann flips the coin. Is the coin still heads up?", null);
        try (ScriptedTeacher teacher = ScriptedTeacher.of("coin-flip", 0)) {
            var samples = teacher.sample(question, SamplingParams.none(), List.of(0));

            Table table = Tables.samples(samples);

            assertThat(table.columnNames()).containsExactly("question", "rationale", "answer");
            assertThat(table.stringColumn("question").asList()).containsExactly(question.text());
            assertThat(table.stringColumn("rationale").asList())
                    .containsExactly(samples.get(0).rationale());
            assertThat(table.stringColumn("answer").asList()).containsExactly("no");
        }
    }

    @Test
    void showsTokensAndLabelsSideBySide() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask", "say"))) {
            int ask = tokenizer.tokenId("ask").orElseThrow();
            int say = tokenizer.tokenId("say").orElseThrow();
            TokenExample example =
                    new TokenExample("id", "answer", 1, new int[] {ask, say}, new int[] {TokenExample.IGNORED, say});

            Table table = Tables.tokens(example, tokenizer);

            assertThat(table.stringColumn("token").asList()).containsExactly("ask", "say");
            assertThat(table.intColumn("id").asList()).containsExactly(ask, say);
            assertThat(table.intColumn("label").isMissing(0)).isTrue();
            assertThat(table.intColumn("label").getInt(1)).isEqualTo(say);
        }
    }

    @Test
    void refusesLabelsThatStandApart() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"))) {
            TokenExample example = new TokenExample("q7", "answer", 1, new int[] {3, 1}, new int[] {3});

            assertThatThrownBy(() -> Tables.tokens(example, tokenizer))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("example q7 is for an encoder-decoder: its labels stand apart from its input");
        }
    }

    @Test
    void aBatchShowsLabelsApartForAnEncoderDecoderOnly() throws Exception {
        TokenExample copy = new TokenExample("q1", "answer", 1, new int[] {3, 1}, new int[] {3, 1});
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"));
                NDManager manager = NDManager.newBaseManager(Device.cpu());
                TokenBatch decoder = new TokenBatch(List.of(copy), false, manager);
                TokenBatch encoderDecoder = new TokenBatch(List.of(copy), true, manager)) {
            assertThat(Tables.batch(decoder, tokenizer))
                    .hasToString("1 row. [carries loss]: 1, read only: 1, padding: 0\nq1 (answer): ask [<eos>]");
            assertThat(Tables.batch(encoderDecoder, tokenizer))
                    .hasToString("1 row. [carries loss]: 2, read only: 2, padding: 0\n"
                            + "q1 (answer) input: ask <eos>\nq1 (answer) labels: [ask] [<eos>]");
        }
    }

    @Test
    void examplesShowWhatTheirLabelsSay() throws Exception {
        int[] input = {3, 1};
        TokenExample decoder = new TokenExample("q1", "answer", 1, input, new int[] {TokenExample.IGNORED, 1});
        TokenExample other = new TokenExample("q2", "answer", 1, input, new int[] {4, 1});
        TokenExample shorter = new TokenExample("q3", "answer", 1, input, new int[] {1});
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask", "say"))) {
            assertThat(Tables.batch(List.of(decoder), tokenizer).toString().lines())
                    .containsExactly("1 row. [carries loss]: 1, read only: 1, padding: 0", "q1 (answer): ask [<eos>]");
            assertThat(Tables.batch(List.of(other), tokenizer).toString().lines())
                    .contains("q2 (answer) labels: [say] [<eos>]");
            assertThat(Tables.batch(List.of(decoder, shorter), tokenizer)
                            .toString()
                            .lines())
                    .contains("q1 (answer) labels: ∅ [<eos>]", "q3 (answer) labels: [<eos>] | padding: 1");
        }
    }

    @Test
    void sharesAreOfWordsAndOfKinds() {
        Table table = Tables.shares(List.of(
                new Example("1", "p", " yes", "label", List.of()),
                new Example("2", "p", " because  it\nis ", "rationale", List.of()),
                new Example("3", "p", " no", "label", List.of()),
                new Example("4", "p", " as it is not so", "rationale", List.of())));

        assertThat(table.columnNames())
                .containsExactly(
                        "task", "words to learn", "weight in one mean over all words", "weight in a mean of its own");
        assertThat(table.stringColumn(0).asList()).containsExactly("label", "rationale");
        assertThat(table.intColumn(1).asList()).containsExactly(2, 8);
        assertThat(table.stringColumn(2).asList()).containsExactly("20.0 %", "80.0 %");
        assertThat(table.stringColumn(3).asList()).containsExactly("50.0 %", "50.0 %");
    }
}
