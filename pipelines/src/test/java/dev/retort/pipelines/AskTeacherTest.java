package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.Spared;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskTeacherTest {

    private static final Question FIRST = Fixtures.question("q-1");
    private static final Question SECOND = Fixtures.question("q-2");
    private static final Question THIRD = Fixtures.question("q-3");

    @TempDir
    private Path folder;

    private final Pipeline pipeline = Fixtures.pipeline();

    /** Answers with the index, at most two samples a request. */
    private static class FakeTeacher implements Teacher {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException {
            List<TeacherSample> samples = new ArrayList<>();
            for (int index : indices.subList(0, Math.min(2, indices.size()))) {
                samples.add(answer(question, index, Math.min(2, indices.size())));
            }
            return samples;
        }
    }

    private static TeacherSample answer(Question question, int index, int samplesInRequest) {
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                "answer " + index,
                null,
                null,
                "stop",
                "fake",
                SamplingParams.none(),
                new TokenUsage(7, 4, samplesInRequest),
                Map.of());
    }

    private AskTeacher.Result ask(AskTeacher transform, Question... questions) {
        return pipeline.apply(Create.of(List.of(questions)).withCoder(RowCoder.of(Question.class)))
                .apply(transform);
    }

    private static List<Long> counters(PipelineResult result) {
        return List.of(
                Fixtures.counter(result, AskTeacher.class, "asked"),
                Fixtures.counter(result, AskTeacher.class, "answered"),
                Fixtures.counter(result, AskTeacher.class, "failed"),
                Fixtures.counter(result, AskTeacher.class, "cached"),
                Fixtures.counter(result, AskTeacher.class, "tokens"));
    }

    @Test
    void aNamedTeacherAnswersOnce() throws TeacherException {
        AskTeacher.Result result = ask(AskTeacher.with(TeacherSpec.parse("scripted:last-letter")), FIRST, SECOND);
        List<TeacherSample> expected = new ArrayList<>();
        for (Question question : List.of(FIRST, SECOND)) {
            expected.addAll(ScriptedTeacher.of("last-letter", 0).sample(question, SamplingParams.none(), List.of(0)));
        }
        PAssert.that(result.samples()).containsInAnyOrder(expected);
        PAssert.that(result.failures()).empty();
        Fixtures.run(pipeline);
    }

    @Test
    void settingsComeInAnyOrder() throws TeacherException {
        SamplingParams params = SamplingParams.greedy(3).withSeed(5L);
        AskTeacher transform = AskTeacher.with(() -> ScriptedTeacher.of("last-letter", 0.5));
        AskTeacher.Result one = ask(transform.withParams(params).withSamples(3), FIRST);
        List<TeacherSample> expected = ScriptedTeacher.of("last-letter", 0.5).sample(FIRST, params, List.of(0, 1, 2));
        PAssert.that(one.samples()).containsInAnyOrder(expected);
        Pipeline other = Fixtures.pipeline();
        PAssert.that(other.apply(Create.of(FIRST).withCoder(RowCoder.of(Question.class)))
                        .apply(transform.withSamples(3).withParams(params))
                        .samples())
                .containsInAnyOrder(expected);
        Fixtures.run(pipeline);
        Fixtures.run(other);
    }

    @Test
    void whatATeacherLeavesOutIsAskedAgain() {
        AskTeacher.Result result = ask(AskTeacher.with(FakeTeacher::new).withSamples(5), FIRST);
        PAssert.that(result.samples())
                .containsInAnyOrder(
                        answer(FIRST, 0, 2),
                        answer(FIRST, 1, 2),
                        answer(FIRST, 2, 2),
                        answer(FIRST, 3, 2),
                        answer(FIRST, 4, 1));
        PAssert.that(result.failures()).empty();
        // Three requests of 7 + 4 tokens.
        assertThat(counters(Fixtures.run(pipeline))).containsExactly(5L, 5L, 0L, 0L, 33L);
    }

    /** 11 tokens each: of 1,000 so many leave 989, or 10, which is less than a question can cost. */
    @ParameterizedTest
    @CsvSource({"1, 3, 0", "90, 0, 3"})
    void whatEarlierSamplesCostIsSpent(int earlier, long answered, long overBudget) {
        List<TeacherSample> samples = IntStream.range(0, earlier)
                .mapToObj(index -> answer(FIRST, index, 1))
                .toList();
        AskTeacher ask = AskTeacher.with(FakeTeacher::new)
                .withParams(SamplingParams.greedy(10))
                .withSettings(AskSettings.usual().withBudget(Budget.none().withTokens(1000L)))
                .after(pipeline.apply("Earlier", Create.of(samples).withCoder(RowCoder.of(TeacherSample.class))));
        ask(ask, FIRST, SECOND, THIRD);
        PipelineResult result = Fixtures.run(pipeline);
        assertThat(Fixtures.counter(result, AskTeacher.class, "answered")).isEqualTo(answered);
        assertThat(Fixtures.counter(result, AskTeacher.class, "over-budget")).isEqualTo(overBudget);
    }

    /** Breaks on sample 0 of q-1, has no sample 1 of it, and mixes q-2 up. */
    private static final class BrokenTeacher extends FakeTeacher {
        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException {
            if (question.id().equals("q-1") && indices.contains(0)) {
                throw new IllegalArgumentException("broken");
            }
            if (question.id().equals("q-1") && indices.contains(1)) {
                throw new TeacherException("no answer\nand more");
            }
            return super.sample(question.id().equals("q-2") ? FIRST : question, params, indices);
        }
    }

    @Test
    void everyPairEndsInOnePlace() {
        AskTeacher.Result result = ask(AskTeacher.with(BrokenTeacher::new).withSamples(3), FIRST, SECOND, THIRD);
        PAssert.that(result.samples())
                .containsInAnyOrder(answer(FIRST, 2, 1), answer(THIRD, 0, 2), answer(THIRD, 1, 2), answer(THIRD, 2, 1));
        String mixed = "java.lang.IllegalStateException: fake gave other samples than it was asked for, question q-2";
        PAssert.that(result.failures())
                .containsInAnyOrder(
                        new Failure("q-1", 0, "java.lang.IllegalArgumentException: broken", 1, FIRST, Map.of()),
                        new Failure("q-1", 1, "no answer", 1, FIRST, Map.of()),
                        new Failure("q-2", 0, mixed, 1, SECOND, Map.of()),
                        new Failure("q-2", 1, mixed, 1, SECOND, Map.of()),
                        new Failure("q-2", 2, mixed, 1, SECOND, Map.of()));
        assertThat(counters(Fixtures.run(pipeline))).containsExactly(9L, 4L, 5L, 0L, 66L);
    }

    @Test
    void answersOfAnEarlierRunAreNotAskedAgain() throws IOException {
        AskTeacher ask = AskTeacher.with(FakeTeacher::new)
                .withSettings(AskSettings.usual().withCache(folder))
                .withSamples(2);
        Pipeline earlier = Fixtures.pipeline();
        earlier.apply(Create.of(FIRST, THIRD).withCoder(RowCoder.of(Question.class)))
                .apply(ask.withSamples(1));
        Fixtures.run(earlier);
        AskTeacher.Result result = ask(ask, FIRST, SECOND, THIRD);
        PAssert.that(result.samples())
                .containsInAnyOrder(
                        answer(FIRST, 0, 1),
                        answer(FIRST, 1, 1),
                        answer(SECOND, 0, 2),
                        answer(SECOND, 1, 2),
                        answer(THIRD, 0, 1),
                        answer(THIRD, 1, 1));
        PAssert.that(result.failures()).empty();
        // Four were asked: three requests of 7 + 4 tokens.
        assertThat(counters(Fixtures.run(pipeline))).containsExactly(4L, 6L, 0L, 2L, 33L);
    }

    private static final AtomicInteger CLOSED = new AtomicInteger();

    private static final class ClosingTeacher extends FakeTeacher {
        @Override
        public void close() {
            CLOSED.incrementAndGet();
        }
    }

    @Test
    void aWorkerClosesTheTeacherItMade() {
        int before = CLOSED.get();
        ask(AskTeacher.with(ClosingTeacher::new), FIRST);
        Fixtures.run(pipeline);
        assertThat(CLOSED.get()).isEqualTo(before + 1);
    }

    @Test
    void aMethodStandsBetweenQuestionAndTeacher() {
        AskTeacher.Result result = ask(AskTeacher.with(FakeTeacher::new).withMethod(Twice::new), FIRST);
        TeacherSample twice = answer(FIRST, 0, 1);
        PAssert.that(result.samples()).containsInAnyOrder(twice.withAnswer("answer 1", "answer 0"));
        assertThat(counters(Fixtures.run(pipeline))).containsExactly(2L, 1L, 0L, 0L, 22L);
    }

    /** Asks twice; the second answer is the rationale. */
    private record Twice(Teacher teacher) implements Teacher {
        @Override
        public String name() {
            return "twice(" + teacher.name() + ")";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException, InterruptedException {
            TeacherSample first = teacher.sample(question, params, indices).get(0);
            TeacherSample second = teacher.sample(question, params, List.of(1)).get(0);
            return List.of(first.withAnswer(second.text(), first.text()));
        }
    }

    @Test
    void aVoteSparesWhatCannotChangeIt() {
        VoteFactory vote = () -> new MajorityVote(new VoteRule.StrictMajority(), answer -> answer);
        AskTeacher ask = AskTeacher.with(FakeTeacher::new)
                .withSamples(5)
                .withVote(vote)
                .withAnswers((question, sample) -> sample.withAnswer(null, "the same"));
        AskTeacher.Result result = ask(ask, FIRST);
        PAssert.that(result.spared())
                .containsInAnyOrder(
                        new Spared("q-1", 3, "decided", Map.of()), new Spared("q-1", 4, "decided", Map.of()));
        assertThat(counters(Fixtures.run(pipeline))).containsExactly(3L, 3L, 0L, 0L, 22L);
    }

    @Test
    void aFactoryHoldsOnlyWhatCanTravel() {
        Teacher teacher = new FakeTeacher();
        assertThatThrownBy(() -> AskTeacher.with(() -> teacher))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the teacher factory cannot travel to the workers, it holds something that is not"
                        + " serialisable: " + FakeTeacher.class.getName());
    }

    @Test
    void aQuestionNeedsASample() {
        AskTeacher transform = AskTeacher.with(FakeTeacher::new);
        assertThatThrownBy(() -> transform.withSamples(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a question needs at least 1 sample, not 0");
    }
}
