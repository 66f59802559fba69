package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterReport;
import dev.retort.filter.LengthFilter;
import dev.retort.filter.ReferenceMatchFilter;
import dev.retort.filter.SampleFilter;
import dev.retort.filter.Verdict;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;

class FilterSamplesTest {

    private static final Question FIRST = Question.ofText("q-1", "t", "?", "yes");
    private static final Question SECOND = Question.ofText("q-2", "t", "?", null);
    private static final TeacherSample RIGHT = Fixtures.sample(FIRST, 0, "yes");
    private static final TeacherSample WRONG = Fixtures.sample(FIRST, 1, "no");
    private static final TeacherSample LONG = Fixtures.sample(FIRST, 2, "no no no");
    private static final TeacherSample OTHER = Fixtures.sample(SECOND, 0, "yes");

    private final Pipeline pipeline = Fixtures.pipeline();

    private FilterSamples filter() {
        return FilterSamples.of(
                pipeline.apply("Questions", Create.of(FIRST, SECOND).withCoder(RowCoder.of(Question.class))));
    }

    private FilterSamples.Result judge(FilterSamples filter, TeacherSample... samples) {
        return pipeline.apply("Samples", Create.of(List.of(samples)).withCoder(RowCoder.of(TeacherSample.class)))
                .apply(filter);
    }

    @Test
    void theFirstRejectionGivesTheReason() {
        FilterSamples.Result result = judge(
                filter().withFilter(() -> new LengthFilter(0, 2))
                        .withFilter(() -> new ReferenceMatchFilter(String::equals)),
                LONG,
                OTHER,
                WRONG,
                RIGHT);
        PAssert.that(result.kept()).containsInAnyOrder(RIGHT);
        PAssert.that(result.rejected())
                .containsInAnyOrder(
                        FilterReport.withReason(LONG, "too-long"),
                        FilterReport.withReason(WRONG, "wrong-answer"),
                        FilterReport.withReason(OTHER, "no-reference"));
        PipelineResult counted = Fixtures.run(pipeline);
        assertThat(Fixtures.counter(counted, FilterSamples.class, "kept")).isEqualTo(1);
        assertThat(Fixtures.counter(counted, FilterSamples.class, "rejected")).isEqualTo(3);
        assertThat(Fixtures.counter(counted, FilterSamples.class, "rejected-too-long"))
                .isEqualTo(1);
    }

    /** Keeps the first sample of each question. */
    private static final class FirstOnly implements SampleFilter {
        @Override
        public List<Verdict> judge(Question question, List<TeacherSample> samples) {
            return IntStream.range(0, samples.size())
                    .mapToObj(i -> Verdict.keptIf(i == 0, "not-first"))
                    .toList();
        }
    }

    @Test
    void aFilterSeesTheSamplesOfOneQuestionInOrder() {
        FilterSamples.Result result = judge(filter().withFilters(List.of(FirstOnly::new)), LONG, OTHER, WRONG, RIGHT);
        PAssert.that(result.kept()).containsInAnyOrder(RIGHT, OTHER);
        PAssert.that(result.rejected())
                .containsInAnyOrder(
                        FilterReport.withReason(WRONG, "not-first"), FilterReport.withReason(LONG, "not-first"));
        Fixtures.run(pipeline);
    }

    @Test
    void withoutAFilterAllIsKept() {
        FilterSamples.Result result = judge(filter(), WRONG, OTHER);
        PAssert.that(result.kept()).containsInAnyOrder(WRONG, OTHER);
        PAssert.that(result.rejected()).empty();
        Fixtures.run(pipeline);
    }

    @Test
    void aSampleWithoutItsQuestionIsAnError() {
        judge(filter(), Fixtures.sample(Fixtures.question("q-9"), 0, "yes"));
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasMessageContaining("sample 0 belongs to question q-9, which is not among the questions");
    }
}
