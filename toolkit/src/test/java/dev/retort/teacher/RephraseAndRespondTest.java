package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RephraseAndRespondTest {

    private static final SamplingParams PARAMS = SamplingParams.greedy(64).withSeed(7L);
    private static final Question COIN = Question.ofText("q1", "coin", "Is the coin still heads up?", "no");

    private static TeacherSample one(Teacher teacher, Question question) throws TeacherException, InterruptedException {
        return teacher.sample(question, PARAMS, List.of(3)).get(0);
    }

    @Test
    void twoStepsRephraseThenRespond() throws Exception {
        ScriptedReplies base = new ScriptedReplies()
                .says("q1/rephrase", " \"After the flips, is it heads up?\" \n")
                .says("q1/respond", "No, it is not.");
        Teacher teacher = RephraseAndRespond.twoStep(base, AnswerCut.YES_NO, "Answer the Yes or No question.");

        TeacherSample sample = one(teacher, COIN);

        assertThat(base.ids()).containsExactly("q1/rephrase", "q1/respond");
        assertThat(base.prompt("q1/rephrase"))
                .isEqualTo("\"Is the coin still heads up?\"\n"
                        + "Given the above question, rephrase and expand it to help you do better answering."
                        + " Maintain all information in the original question.");
        assertThat(base.prompt("q1/respond"))
                .isEqualTo("(original) Is the coin still heads up?\n"
                        + "(rephrased) After the flips, is it heads up?\n"
                        + "Answer the Yes or No question.Use your answer for the rephrased question to answer"
                        + " the original question.");
        for (ScriptedReplies.Asked asked : base.asked) {
            assertThat(asked.question().task()).isEqualTo("coin");
            assertThat(asked.question().reference()).isNull();
            assertThat(asked.params()).isEqualTo(PARAMS);
            assertThat(asked.indices()).containsExactly(3);
        }
        assertThat(sample)
                .isEqualTo(new TeacherSample(
                        "q1",
                        "coin",
                        COIN.messages(),
                        3,
                        "No, it is not.",
                        " \"After the flips, is it heads up?\" \n",
                        "no",
                        "stop",
                        teacher.name(),
                        PARAMS,
                        new TokenUsage(20, 37 + 14, 1),
                        Map.of(
                                "calls",
                                Rows.mapper()
                                        .readTree("[{\"stage\":\"rephrase\",\"teacher_tokens\":37,\"text\":"
                                                + "\" \\\"After the flips, is it heads up?\\\" \\n\"}]"))));
    }

    @Test
    void otherTurnsStay() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/rephrase", "B2").says("q1/respond", "yes");
        Question question = new Question(
                "q1",
                "t",
                List.of(Message.system("S"), Message.user("A"), Message.assistant("a"), Message.user("B")),
                null);
        TeacherSample sample = one(RephraseAndRespond.twoStep(base, AnswerCut.YES_NO, ""), question);
        assertThat(base.messages("q1/respond"))
                .containsExactly(
                        Message.system("S"),
                        Message.user("A"),
                        Message.assistant("a"),
                        Message.user(
                                "(original) B\n(rephrased) B2\nUse your answer for the rephrased question to answer the"
                                        + " original question."));
        assertThat(base.messages("q1/rephrase").subList(0, 3))
                .isEqualTo(question.messages().subList(0, 3));
        assertThat(sample.messages()).isEqualTo(question.messages());
        Question mute = new Question("q2", "t", List.of(Message.system("S")), null);
        assertThatThrownBy(() -> one(RephraseAndRespond.twoStep(base, AnswerCut.YES_NO, ""), mute))
                .isInstanceOf(TeacherException.class)
                .hasMessage("question q2 has no user turn to put a prompt in place of");
    }

    @Test
    void oneStepCutsTheAnswerOutOfTheMixedText() throws Exception {
        String text =
                "Rephrased question: is the coin, flipped once, heads up, yes or no?\n\nAnswer: No, it is tails up.";
        ScriptedReplies base = new ScriptedReplies().says("q1/respond", text);
        Teacher teacher = RephraseAndRespond.oneStep(base, AnswerCut.YES_NO, "Answer the Yes or No question.");

        TeacherSample sample = one(teacher, COIN);

        assertThat(base.prompt("q1/respond"))
                .isEqualTo("\"Is the coin still heads up?\"\n"
                        + "Rephrase and expand the question, and respond. Answer the Yes or No question.");
        assertThat(sample)
                .isEqualTo(new TeacherSample(
                        "q1",
                        "coin",
                        COIN.messages(),
                        3,
                        text,
                        "Rephrased question: is the coin, flipped once, heads up, yes or no?\n\nAnswer:",
                        "no",
                        "stop",
                        teacher.name(),
                        PARAMS,
                        new TokenUsage(10, text.length(), 1),
                        Map.of()));
    }

    @Test
    void oneStepWithoutAnAnswerHasNone() throws Exception {
        ScriptedReplies base = new ScriptedReplies()
                .says("q1/respond", "Take the last letters of \"Ada\" and of \"Grace\", and join these two letters.")
                .says("q2/respond", "Ada has 3 eggs and sells 2. How many eggs does she have left?");
        Question eggs = Question.ofText("q2", "t", "Ada has 3 eggs, sells 2. How many are left?", "1");
        TeacherSample letters = one(RephraseAndRespond.oneStep(base, AnswerCut.LETTERS, ""), COIN);
        assertThat(letters.answer()).isNull();
        assertThat(letters.rationale()).isNull();
        assertThat(letters.finishReason()).isEqualTo("stop");
        assertThat(one(RephraseAndRespond.oneStep(base, AnswerCut.LAST_NUMBER, ""), eggs)
                        .answer())
                .isNull();
        assertThatThrownBy(() -> RephraseAndRespond.oneStep(base, AnswerCut.WHOLE, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "rar-1-step rephrases and answers in one text: the cut whole would take the rephrased question"
                                + " for the answer; name another cut, or use rar-2-step");
    }

    @Test
    void oneStepRationaleIsWhatStandsBeforeTheAnswer() throws Exception {
        ScriptedReplies base = new ScriptedReplies()
                .says("q1/respond", "AE")
                .says("q2/respond", "In words: join. Concatenating them gives \"AE\".")
                .says("q3/respond", "So many. The answer is 1,200.");
        Teacher letters = RephraseAndRespond.oneStep(base, AnswerCut.LETTERS, "");
        Teacher number = RephraseAndRespond.oneStep(base, AnswerCut.LAST_NUMBER, "");
        assertThat(one(letters, COIN)).returns("ae", TeacherSample::answer).returns(null, TeacherSample::rationale);
        assertThat(one(letters, Question.ofText("q2", "t", "x", null)))
                .returns("ae", TeacherSample::answer)
                .returns("In words: join. Concatenating them gives \"", TeacherSample::rationale);
        assertThat(one(number, Question.ofText("q3", "t", "x", null)))
                .returns("1200", TeacherSample::answer)
                .returns("So many. The answer is 1,200.", TeacherSample::rationale);
    }

    @Test
    void specificationIsTheAuthors() {
        assertThat(RephraseAndRespond.specification(AnswerCut.YES_NO)).isEqualTo("Answer the Yes or No question.");
        assertThat(RephraseAndRespond.specification(AnswerCut.LETTERS)).isEmpty();
    }

    @Test
    void nameHoldsWhatChangesTheOutput() {
        ScriptedReplies base = new ScriptedReplies();
        assertThat(RephraseAndRespond.twoStep(base, AnswerCut.LETTERS, "").name())
                .isEqualTo("rar-2-step(fake; cut=letters; specification=\"\"; revision=6bcb3248)");
        assertThat(RephraseAndRespond.oneStep(base, AnswerCut.YES_NO, "Say \"yes\"\nor no.")
                        .withIntermediateTokens(9)
                        .name())
                .isEqualTo("rar-1-step(fake; cut=yes-no; specification=\"Say \\\"yes\\\"\\nor no.\";"
                        + " intermediate-tokens=9; revision=7a2a3a46)");
    }
}
