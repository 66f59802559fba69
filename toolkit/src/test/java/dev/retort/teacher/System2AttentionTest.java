package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class System2AttentionTest {

    private static final SamplingParams PARAMS = SamplingParams.none();
    private static final String BIASED = "Who wrote Emma? I think the answer is Dickens but I'm really not sure.";

    @Test
    void secondCallSeesTheRegeneratedTextOnly() throws Exception {
        ScriptedReplies base = new ScriptedReplies()
                .says("q1/context", "\nUnbiased text context: none\nQuestion/Query: Who wrote Emma?\n")
                .says("q1/respond", "Jane Austen\nShe did.");
        Question question =
                new Question("q1", "trivia", List.of(Message.system("Be brief."), Message.user(BIASED)), "Austen");

        TeacherSample sample = System2Attention.of(base, AnswerCut.SHORT)
                .sample(question, PARAMS, List.of(0))
                .get(0);

        assertThat(base.ids()).containsExactly("q1/context", "q1/respond");
        assertThat(base.messages("q1/context"))
                .containsExactly(
                        Message.system("Be brief."),
                        Message.user(
                                "Given the following text by a user, extract the part that is unbiased and not their"
                                        + " opinion, so that using that text alone would be good context for providing an"
                                        + " unbiased answer to the question portion of the text.\n"
                                        + "Please include the actual question or query that the user is asking. Separate"
                                        + " this into two categories labeled with \u201cUnbiased text context (includes"
                                        + " all content except user\u2019s bias):\u201d and \u201cQuestion/Query (does not"
                                        + " include user bias/preference):\u201d.\n"
                                        + "Text by User: " + BIASED));
        assertThat(base.messages("q1/respond"))
                .containsExactly(
                        Message.system("Be brief."),
                        Message.user(
                                "Unbiased text context: none\nQuestion/Query: Who wrote Emma?\n\nAnswer the question"
                                        + " above. Use the text above only, and give an unbiased answer."));
        assertThat(sample.messages()).isEqualTo(question.messages());
        assertThat(sample.text()).isEqualTo("Jane Austen\nShe did.");
        assertThat(sample.answer()).isEqualTo("Jane Austen");
        assertThat(sample.rationale()).isEqualTo("\nUnbiased text context: none\nQuestion/Query: Who wrote Emma?\n");
    }

    @Test
    void earlierTurnsAreRefused() {
        ScriptedReplies base = new ScriptedReplies();
        Question question = new Question(
                "q1", "t", List.of(Message.user("a"), Message.assistant("b"), Message.user("Are you sure?")), null);
        assertThatThrownBy(() -> System2Attention.of(base, AnswerCut.SHORT).sample(question, PARAMS, List.of(0)))
                .isInstanceOf(TeacherException.class)
                .hasMessage("s2a takes questions of one user turn, for earlier turns would carry their bias past it;"
                        + " question q1 has the turns user, assistant, user");
        assertThat(base.asked).isEmpty();
    }

    @Test
    void nameHoldsWhatChangesTheOutput() {
        assertThat(System2Attention.of(new ScriptedReplies(), AnswerCut.SHORT)
                        .withIntermediateTokens(512)
                        .name())
                .isEqualTo("s2a(fake; cut=short; intermediate-tokens=512; revision=ee656f9c)");
    }
}
