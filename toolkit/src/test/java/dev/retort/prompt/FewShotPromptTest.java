package dev.retort.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FewShotPromptTest {

    private static final FewShotPrompt PROMPT = FewShotPrompt.of(List.of(
            new Demonstration("Where are people?", "Many people are in towns.", "(a) towns"),
            new Demonstration("1 + 1?", "One more than one.", "2")));

    @Test
    void demonstrationsStandBeforeTheQuestion() {
        String expected =
                """
                Q: Where are people?
                A: Many people are in towns. So the answer is (a) towns.

                Q: 1 + 1?
                A: One more than one. So the answer is 2.

                Q: 2 + 2?
                A:""";
        assertThat(PROMPT.text(" 2 + 2?\n")).isEqualTo(expected);
        Question question =
                new Question("q-1", "sum", List.of(Message.user("2 + 2?")), "4", Map.of("level", IntNode.valueOf(1)));
        assertThat(PROMPT.apply(question))
                .isEqualTo(new Question("q-1", "sum", List.of(Message.user(expected)), "4", question.extra()));
        assertThat(PROMPT.layout().stop()).isEqualTo("\nQ:");
    }

    @Test
    void systemTurnsStay() {
        Question question = new Question("q-1", "t", List.of(Message.system("Be brief."), Message.user("x")), null);
        assertThat(PROMPT.apply(question).messages())
                .containsExactly(Message.system("Be brief."), Message.user(PROMPT.text("x")));
    }

    @Test
    void aQuestionIsOneUserTurn() {
        Question dialogue =
                new Question("q-1", "t", List.of(Message.user("x"), Message.assistant("y"), Message.user("z")), null);
        assertThatThrownBy(() -> PROMPT.apply(dialogue))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("question q-1 is no single user turn, as a few-shot prompt takes it; its turns: user,"
                        + " assistant, user");
        assertThatThrownBy(() -> PROMPT.apply(new Question("q-2", "t", List.of(Message.system("x")), null)))
                .hasMessage("question q-2 is no single user turn, as a few-shot prompt takes it; its turns: none");
        assertThatThrownBy(() -> PROMPT.apply(Question.ofText("q-3", "t", " ", null)))
                .hasMessage("question q-3 has no text");
    }

    @Test
    void demonstrationsThatCannotBeToldApartAreErrors() {
        assertThatThrownBy(() -> FewShotPrompt.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a few-shot prompt needs at least one demonstration");
        Demonstration good = new Demonstration("q", "r", "l");
        assertThatThrownBy(() -> FewShotPrompt.of(
                        List.of(good, new Demonstration("q", "Towns. So the answer is (a) towns.", "(a) towns"))))
                .hasMessage("demonstration 2: rationale or label contains \"So the answer is\", which the layout writes"
                        + " between them; leave it out");
        assertThatThrownBy(() -> FewShotPrompt.of(List.of(new Demonstration("q", "One.\nQ: two", "l"))))
                .hasMessage(
                        "demonstration 1: a line of the rationale begins with \"Q:\", which begins the next question");
        assertThatThrownBy(() -> FewShotPrompt.of(List.of(new Demonstration("q", "Q: one", "l"))))
                .hasMessageStartingWith("demonstration 1: a line of the rationale begins");
    }
}
