package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Failure;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.filter.FilterReport;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.teacher.Teacher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtractRationalesTest {

    @TempDir
    private Path folder;

    private static final SamplingParams STOP = SamplingParams.none().withStop(List.of("\nQ:"));

    private final Pipeline pipeline = Fixtures.pipeline();

    private static ExtractRationales extract() {
        return ExtractRationales.with(WorkedTeacher::new, WorkedTeacher.PROMPT);
    }

    private ExtractRationales.Result run(ExtractRationales transform, Question... questions) {
        return pipeline.apply(Create.of(List.of(questions)).withCoder(RowCoder.of(Question.class)))
                .apply(transform);
    }

    /** What becomes of a completion that is in a request of so many. */
    private static TeacherSample sample(int number, int index, String rationale, String answer, int samplesInRequest) {
        return sample(number, index, rationale, answer, samplesInRequest, STOP);
    }

    private static TeacherSample sample(
            int number, int index, String rationale, String answer, int samplesInRequest, SamplingParams params) {
        Question question = WorkedTeacher.question(number);
        return new TeacherSample(
                question.id(),
                question.task(),
                List.of(Message.user(WorkedTeacher.PROMPT.text(question.text()))),
                index,
                WorkedTeacher.completion(number, index),
                rationale,
                answer,
                (number + index) % 8 == 7 ? "length" : "stop",
                "worked@1",
                params,
                new TokenUsage(20, 10, samplesInRequest),
                Map.of());
    }

    private static TeacherSample unparsed(int number, int index, String reason) {
        return FilterReport.withReason(sample(number, index, null, null, 1), reason);
    }

    private static List<Long> counters(PipelineResult result) {
        List<Long> counters = new ArrayList<>();
        for (String name : List.of("extracted", "unparsed", "unasked")) {
            counters.add(Fixtures.counter(result, ExtractRationales.class, name));
        }
        return counters;
    }

    @Test
    void everyPairEndsInOnePlace() {
        Question dialogue = new Question(
                "q-dialogue", "parity", List.of(Message.user("a"), Message.assistant("b"), Message.user("c")), null);
        ExtractRationales.Result result = run(
                extract().withSamples(2),
                WorkedTeacher.question(2),
                WorkedTeacher.question(3),
                dialogue,
                WorkedTeacher.question(39));
        PAssert.that(result.samples())
                .containsInAnyOrder(
                        sample(2, 0, "2 over two.", "(a) even", 2),
                        sample(2, 1, "2 over two.", "(a) even", 2),
                        sample(3, 0, "3 over two.", "(b) odd", 2));
        PAssert.that(result.unparsed())
                .containsInAnyOrder(FilterReport.withReason(sample(3, 1, null, null, 2), "no-connecting-phrase"));
        String wrong = "question q-dialogue is no single user turn, as a few-shot prompt takes it; its turns: user,"
                + " assistant, user";
        Question asked = WorkedTeacher.PROMPT.apply(WorkedTeacher.question(39));
        PAssert.that(result.failures())
                .containsInAnyOrder(
                        new Failure("q-39", 0, "number 39 is too hard", 1, asked, Map.of()),
                        new Failure("q-39", 1, "number 39 is too hard", 1, asked, Map.of()),
                        new Failure("q-dialogue", 0, wrong, 0, dialogue, Map.of()),
                        new Failure("q-dialogue", 1, wrong, 0, dialogue, Map.of()));
        PipelineResult done = Fixtures.run(pipeline);
        assertThat(counters(done)).containsExactly(3L, 1L, 2L);
        assertThat(Fixtures.counter(done, AskTeacher.class, AskTeacher.ANSWERED))
                .isEqualTo(4);
        assertThat(Fixtures.counter(done, AskTeacher.class, AskTeacher.FAILED)).isEqualTo(2);
    }

    @Test
    void whatCannotBeParsedSaysWhy() {
        ExtractRationales.Result result = run(
                extract(),
                WorkedTeacher.question(4),
                WorkedTeacher.question(5),
                WorkedTeacher.question(6),
                WorkedTeacher.question(7),
                WorkedTeacher.question(12));
        PAssert.that(result.samples()).empty();
        PAssert.that(result.unparsed())
                .containsInAnyOrder(
                        unparsed(4, 0, "no-connecting-phrase"),
                        unparsed(5, 0, "empty-label"),
                        unparsed(6, 0, "empty-rationale"),
                        unparsed(7, 0, "truncated"),
                        unparsed(12, 0, "no-connecting-phrase"));
        PAssert.that(result.failures()).empty();
        PipelineResult done = Fixtures.run(pipeline);
        assertThat(counters(done)).containsExactly(0L, 5L, 0L);
        assertThat(Fixtures.counter(done, ExtractRationales.class, "unparsed-no-connecting-phrase"))
                .isEqualTo(2);
        assertThat(Fixtures.counter(done, ExtractRationales.class, "unparsed-truncated"))
                .isEqualTo(1);
    }

    @Test
    void aChoiceLosesItsLetter() {
        ExtractRationales.Result result = run(extract().withChoiceLetters(), WorkedTeacher.question(0));
        PAssert.that(result.samples()).containsInAnyOrder(sample(0, 0, "0 over two.", "even", 1));
        Fixtures.run(pipeline);
    }

    @Test
    void settingsComeInAnyOrder() {
        SamplingParams params = SamplingParams.greedy(5).withSeed(2L).withStop(List.of("###"));
        ExtractRationales.Result one =
                run(extract().withSamples(2).withParams(params).withChoiceLetters(), WorkedTeacher.question(0));
        Pipeline other = Fixtures.pipeline();
        ExtractRationales.Result two = other.apply(
                        Create.of(WorkedTeacher.question(0)).withCoder(RowCoder.of(Question.class)))
                .apply(extract().withChoiceLetters().withParams(params).withSamples(2));
        SamplingParams sent = params.withStop(List.of("###", "\nQ:"));
        for (ExtractRationales.Result result : List.of(one, two)) {
            PAssert.that(result.samples())
                    .containsInAnyOrder(
                            sample(0, 0, "0 over two.", "even", 2, sent), sample(0, 1, "0 over two.", "even", 2, sent));
        }
        Fixtures.run(pipeline);
        Fixtures.run(other);
    }

    @Test
    void theStopTextIsSentOnceOrNotAtAll() {
        Map<SamplingParams, ExtractRationales> transforms = Map.of(
                STOP,
                extract().withParams(STOP),
                SamplingParams.none(),
                extract().withoutStop());
        transforms.forEach((sent, transform) -> {
            Pipeline each = Fixtures.pipeline();
            PAssert.that(each.apply(Create.of(WorkedTeacher.question(0)).withCoder(RowCoder.of(Question.class)))
                            .apply(transform)
                            .samples())
                    .containsInAnyOrder(sample(0, 0, "0 over two.", "(a) even", 1, sent));
            Fixtures.run(each);
        });
    }

    @Test
    void anEarlierRunIsReadAnewAndNotAskedAgain() {
        ExtractRationales cached = extract()
                .withAsking(AskTeacher.with(WorkedTeacher::new)
                        .withSettings(AskSettings.usual().withCache(folder)));
        for (long asked : new long[] {2, 0}) {
            Pipeline each = Fixtures.pipeline();
            ExtractRationales.Result result = each.apply(Create.of(WorkedTeacher.question(0), WorkedTeacher.question(4))
                            .withCoder(RowCoder.of(Question.class)))
                    .apply(cached);
            PAssert.that(result.samples()).containsInAnyOrder(sample(0, 0, "0 over two.", "(a) even", 1));
            PAssert.that(result.unparsed()).containsInAnyOrder(unparsed(4, 0, "no-connecting-phrase"));
            PipelineResult done = Fixtures.run(each);
            assertThat(Fixtures.counter(done, AskTeacher.class, AskTeacher.ASKED))
                    .isEqualTo(asked);
            assertThat(Fixtures.counter(done, AskTeacher.class, AskTeacher.CACHED))
                    .isEqualTo(2 - asked);
        }
        FewShotPrompt fewer =
                new FewShotPrompt(WorkedTeacher.PROMPT.demonstrations().subList(0, 1), FewShotLayout.standard());
        run(
                ExtractRationales.with(WorkedTeacher::new, fewer)
                        .withAsking(AskTeacher.with(WorkedTeacher::new)
                                .withSettings(AskSettings.usual().withCache(folder))),
                WorkedTeacher.question(0));
        assertThat(Fixtures.counter(Fixtures.run(pipeline), AskTeacher.class, AskTeacher.CACHED))
                .isZero();
    }

    @Test
    void settingsThatDoNotFitAreErrors() {
        assertThatThrownBy(() -> extract().withSamples(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a question needs at least 1 sample, not 0");
        Teacher teacher = new WorkedTeacher();
        assertThatThrownBy(() -> ExtractRationales.with(() -> teacher, WorkedTeacher.PROMPT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the teacher factory cannot travel to the workers");
    }
}
