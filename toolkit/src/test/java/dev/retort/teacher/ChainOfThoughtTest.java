package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainOfThoughtTest {

    private static final Question EGGS = Question.ofText("q1", "gsm8k", "3 eggs and 2?", "5");

    @Test
    void reasonsThenAnswers() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/reason", "3 + 2 = 5. She had 7.").says("q1/answer", "5.");
        TeacherSample sample = ChainOfThought.of(base, AnswerCut.LAST_NUMBER)
                .sample(EGGS, SamplingParams.none(), List.of(0))
                .get(0);
        assertThat(base.ids()).containsExactly("q1/reason", "q1/answer");
        assertThat(base.prompt("q1/reason")).isEqualTo("Q: 3 eggs and 2?\nA: Let's think step by step.");
        assertThat(base.prompt("q1/answer"))
                .isEqualTo(
                        "Q: 3 eggs and 2?\nA: Let's think step by step. 3 + 2 = 5. She had 7. \nTherefore, the answer"
                                + " (arabic numerals) is");
        assertThat(sample.text()).isEqualTo("5.");
        assertThat(sample.answer()).isEqualTo("5");
        assertThat(sample.rationale()).isEqualTo("3 + 2 = 5. She had 7.");
        assertThat(sample.messages()).isEqualTo(EGGS.messages());
    }

    @Test
    void ownBlankOfACompletionStays() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/reason", "\n\nFive.").says("q1/answer", " 5");
        ChainOfThought.of(base, AnswerCut.SHORT)
                .withAnswerWords("number")
                .sample(EGGS, SamplingParams.none(), List.of(0));
        assertThat(base.prompt("q1/answer"))
                .isEqualTo("Q: 3 eggs and 2?\nA: Let's think step by step.\n\nFive. \nTherefore, the number is");
    }

    @Test
    void nameHoldsWhatChangesTheOutput() {
        ScriptedReplies base = new ScriptedReplies();
        assertThat(ChainOfThought.of(base, AnswerCut.LAST_NUMBER).name())
                .isEqualTo("cot(fake; cut=last-number; answer-words=\"answer (arabic numerals)\"; revision=ceeba01e)");
        assertThat(ChainOfThought.of(base, AnswerCut.YES_NO)
                        .withIntermediateTokens(8)
                        .name())
                .isEqualTo("cot(fake; cut=yes-no; answer-words=\"answer (Yes or No)\"; intermediate-tokens=8;"
                        + " revision=ceeba01e)");
        assertThat(ChainOfThought.of(base, AnswerCut.BOXED)
                        .withIntermediateTokens(8)
                        .withAnswerWords("sum")
                        .name())
                .isEqualTo("cot(fake; cut=boxed; answer-words=\"sum\"; intermediate-tokens=8; revision=ceeba01e)");
    }
}
