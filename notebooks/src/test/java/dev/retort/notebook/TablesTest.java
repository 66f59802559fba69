package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
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
}
