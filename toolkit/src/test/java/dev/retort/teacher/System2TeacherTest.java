package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.prompt.PromptTemplate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What all methods have in common, tried on two of them. */
class System2TeacherTest {

    private static final SamplingParams PARAMS = SamplingParams.greedy(20);
    private static final Question QUESTION = Question.ofText("q1", "t", "What?", null);
    private static final TokenUsage USAGE = new TokenUsage(4, 6, 1);

    private static System2Teacher cot(Teacher base) {
        return ChainOfThought.of(base, AnswerCut.YES_NO);
    }

    private static TeacherSample one(Teacher teacher) throws TeacherException, InterruptedException {
        return teacher.sample(QUESTION, PARAMS, List.of(0)).get(0);
    }

    @Test
    void everySampleIsMadeByItself() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", "z").says("q1/answer", "yes");
        List<TeacherSample> samples = cot(base).sample(QUESTION, PARAMS, List.of(2, 5));
        assertThat(samples).extracting(TeacherSample::sampleIndex).containsExactly(2, 5);
        assertThat(base.asked)
                .extracting(ScriptedReplies.Asked::indices)
                .containsExactly(List.of(2), List.of(2), List.of(5), List.of(5));
    }

    @Test
    void usageIsTheSumAndNullWhereOneIsUnknown() throws Exception {
        ScriptedReplies base = new ScriptedReplies()
                .says("q1/reason", "z", "stop", USAGE)
                .says("q1/answer", "yes", "stop", new TokenUsage(100, 10, 1));
        assertThat(one(cot(base)).usage()).isEqualTo(new TokenUsage(104, 16, 1));
        // A cached reply may come from a request for two samples.
        base.says("q1/answer", "yes", "stop", new TokenUsage(100, 10, 2));
        assertThat(one(cot(base)).usage()).isEqualTo(new TokenUsage(54, 11, 1));
        base.says("q1/answer", "yes", "stop", null);
        assertThat(one(cot(base)).usage()).isNull();
        base.says("q1/reason", "z", "stop", null).says("q1/answer", "yes", "stop", USAGE);
        TeacherSample sample = one(cot(base));
        assertThat(sample.usage()).isNull();
        assertThat(sample.extra())
                .isEqualTo(Map.of("calls", Rows.mapper().readTree("[{\"stage\":\"reason\",\"text\":\"z\"}]")));
    }

    @Test
    void aCutOffLastCallHasNoAnswer() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/reason", "z").says("q1/answer", "yes", TeacherSample.LENGTH, USAGE);
        assertThat(one(cot(base)))
                .returns("yes", TeacherSample::text)
                .returns("z", TeacherSample::rationale)
                .returns(null, TeacherSample::answer)
                .returns(TeacherSample.LENGTH, TeacherSample::finishReason);
        base.says("q1/respond", "The answer is yes.", TeacherSample.LENGTH, USAGE);
        assertThat(one(RephraseAndRespond.oneStep(base, AnswerCut.YES_NO, "")))
                .returns(null, TeacherSample::rationale)
                .returns(null, TeacherSample::answer)
                .returns(TeacherSample.LENGTH, TeacherSample::finishReason);
    }

    @Test
    void aCutOffIntermediateCallEndsTheSample() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", "So yes.", TeacherSample.LENGTH, USAGE);
        TeacherSample sample = one(cot(base));
        assertThat(base.ids()).containsExactly("q1/reason");
        assertThat(sample)
                .returns("", TeacherSample::text)
                .returns("So yes.", TeacherSample::rationale)
                .returns(null, TeacherSample::answer)
                .returns(TeacherSample.LENGTH, TeacherSample::finishReason)
                .returns(USAGE, TeacherSample::usage);
        assertThat(sample.extra().get("calls")).hasSize(1);
    }

    @Test
    void aBlankIntermediateCallEndsTheSample() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", " \n", "content_filter", USAGE);
        assertThat(one(cot(base)))
                .returns("", TeacherSample::text)
                .returns(null, TeacherSample::answer)
                .returns("content_filter", TeacherSample::finishReason);
        assertThat(base.ids()).containsExactly("q1/reason");
    }

    @Test
    void theFinishReasonIsTheLastCalls() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/reason", "z", "stop", USAGE).says("q1/answer", "no", "eos", USAGE);
        assertThat(one(cot(base))).returns("no", TeacherSample::answer).returns("eos", TeacherSample::finishReason);
    }

    @Test
    void nothingOfTheThoughtsIsInTheAnswer() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/reason", "The answer is yes.").says("q1/answer", "Hm.");
        assertThat(one(cot(base))).returns("Hm.", TeacherSample::text).returns(null, TeacherSample::answer);
    }

    @Test
    void failuresArePassedOn() throws Exception {
        TeacherException busy = new TeacherException("busy", true, Duration.ofSeconds(3), null);
        for (String stage : List.of("q1/reason", "q1/answer")) {
            ScriptedReplies base = new ScriptedReplies()
                    .says("q1/reason", "z")
                    .says("q1/answer", "yes")
                    .fails(stage, busy);
            TeacherException e = catchThrowableOfType(TeacherException.class, () -> one(cot(base)));
            assertThat(e).hasMessage("busy");
            assertThat(e.retryable()).isTrue();
            assertThat(e.retryAfter()).contains(Duration.ofSeconds(3));
        }
    }

    @Test
    void aLaterFailureLeavesTheEarlierSamples() throws Exception {
        Teacher base = new Teacher() {
            @Override
            public String name() {
                return "once";
            }

            @Override
            public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
                    throws TeacherException, InterruptedException {
                if (sampleIndices.contains(1)) {
                    throw new TeacherException("no more");
                }
                return new ScriptedReplies().says(question.id(), "yes").sample(question, params, sampleIndices);
            }
        };
        assertThat(cot(base).sample(QUESTION, PARAMS, List.of(0, 1, 2)))
                .extracting(TeacherSample::sampleIndex)
                .containsExactly(0);
        assertThatThrownBy(() -> cot(base).sample(QUESTION, PARAMS, List.of(1, 0)))
                .isInstanceOf(TeacherException.class)
                .hasMessage("no more");
    }

    @Test
    void interruptionPassesThrough() {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", "z").isInterrupted("q1/answer");
        assertThatThrownBy(() -> one(cot(base))).isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> one(cot(base))).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(base.asked).hasSize(2);
    }

    @Test
    void intermediateCallsMayGetMoreTokens() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", "z").says("q1/answer", "yes");
        TeacherSample sample = one(cot(base).withIntermediateTokens(500));
        one(cot(base).withIntermediateTokens(5));
        cot(base).withIntermediateTokens(5).sample(QUESTION, SamplingParams.none(), List.of(0));
        assertThat(base.asked)
                .extracting(asked -> asked.params().maxTokens())
                .containsExactly(500, 20, 20, 20, null, null);
        assertThat(sample.params()).isEqualTo(PARAMS);
        assertThatThrownBy(() -> cot(base).withIntermediateTokens(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cot: intermediate calls need at least 1 token, not 0");
    }

    @Test
    void choicesComeFromTheQuestion() throws Exception {
        ScriptedReplies base = new ScriptedReplies().says("q1/reason", "z").says("q1/answer", "(b).");
        System2Teacher teacher = ChainOfThought.of(base, AnswerCut.CHOICE);
        JsonNode choices = Rows.mapper().readTree("[\"lake\",\"pond\"]");
        Question question = new Question("q1", "t", List.of(Message.user("Where?")), null, Map.of("choices", choices));
        assertThat(teacher.sample(question, PARAMS, List.of(0)).get(0).answer()).isEqualTo("pond");
        base.asked.clear();
        assertThatThrownBy(() -> one(teacher))
                .isInstanceOf(TeacherException.class)
                .hasMessage("question q1 has no field choices, which the cut choice needs");
        Question wrong =
                new Question("q1", "t", List.of(Message.user("Where?")), null, Map.of("choices", IntNode.valueOf(2)));
        assertThatThrownBy(() -> cot(base).sample(wrong, PARAMS, List.of(0)))
                .isInstanceOf(TeacherException.class)
                .hasMessage("question q1: the field choices must be an array of texts");
        assertThat(base.asked).isEmpty();
    }

    @Test
    void theBaseMustGiveOneSample() {
        Teacher base = new Teacher() {
            @Override
            public String name() {
                return "mute";
            }

            @Override
            public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices) {
                return List.of();
            }
        };
        assertThatThrownBy(() -> one(cot(base)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("mute gave 0 samples where it was asked for one, question q1/reason");
    }

    @Test
    void methodsNestAndCloseTheirBase() throws Exception {
        ScriptedReplies base =
                new ScriptedReplies().says("q1/respond/reason", "z").says("q1/respond/answer", "The answer is yes.");
        Teacher teacher = RephraseAndRespond.oneStep(cot(base), AnswerCut.YES_NO, "");
        assertThat(one(teacher).answer()).isEqualTo("yes");
        assertThat(teacher.name()).startsWith("rar-1-step(cot(fake; ");
        teacher.close();
        assertThat(base.closed).isEqualTo(1);
    }

    @Test
    void callsOfASampleMultiply() {
        ScriptedReplies base = new ScriptedReplies();
        assertThat(RephraseAndRespond.oneStep(base, AnswerCut.YES_NO, "").callsPerSample())
                .isEqualTo(1);
        assertThat(RephraseAndRespond.twoStep(base, AnswerCut.YES_NO, "").callsPerSample())
                .isEqualTo(2);
        assertThat(System2Attention.of(cot(base), AnswerCut.YES_NO).callsPerSample())
                .isEqualTo(4);
        assertThat(BranchSolveMerge.of(base).callsPerSample()).isEqualTo(7);
        assertThat(BranchSolveMerge.of(base).withCriteria(5).mergedByModel().callsPerSample())
                .isEqualTo(12);
        assertThat(ContextDistillation.of(cot(base), "P").callsPerSample()).isEqualTo(2);
    }

    @Test
    void manyThreadsMayAsk() throws Exception {
        Teacher teacher = cot(ScriptedTeacher.of("last-letter", 0.5));
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            questions.add(Question.ofText(
                    "q" + i,
                    "t",
                    "Take the last letters of the words in \"Ada B" + i + "\" and concatenate them.",
                    null));
        }
        List<List<TeacherSample>> expected = new ArrayList<>();
        for (Question question : questions) {
            expected.add(teacher.sample(question, SamplingParams.none(), List.of(0, 1)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<TeacherSample>>> found = new ArrayList<>();
            for (Question question : questions) {
                found.add(threads.submit(() -> teacher.sample(question, SamplingParams.none(), List.of(0, 1))));
            }
            for (int i = 0; i < questions.size(); i++) {
                assertThat(found.get(i).get()).isEqualTo(expected.get(i));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void revisionFollowsThePrompts() {
        PromptTemplate a = PromptTemplate.of("a", "x");
        PromptTemplate b = PromptTemplate.of("b", "y");
        assertThat(System2Teacher.revision(List.of(a, b)))
                .hasSize(8)
                .isEqualTo(System2Teacher.revision(List.of(PromptTemplate.of("c", "x"), b)))
                .isNotEqualTo(System2Teacher.revision(List.of(b, a)))
                .isNotEqualTo(System2Teacher.revision(List.of(a)));
    }
}
