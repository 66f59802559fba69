package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;

class JoinSamplesTest {

    private final Pipeline pipeline = Fixtures.pipeline();

    private PCollection<KV<Question, List<TeacherSample>>> join(List<Question> questions, List<TeacherSample> samples) {
        PCollection<TeacherSample> right =
                pipeline.apply("Samples", Create.of(samples).withCoder(RowCoder.of(TeacherSample.class)));
        return pipeline.apply("Questions", Create.of(questions).withCoder(RowCoder.of(Question.class)))
                .apply(new JoinSamples(right));
    }

    @Test
    void everyQuestionMeetsItsSamples() {
        // More questions than shards: some share one.
        List<Question> questions = new ArrayList<>();
        List<TeacherSample> samples = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 3 * JoinSamples.SHARDS; i++) {
            Question question = Fixtures.question("q-" + i);
            questions.add(question);
            for (int index = 0; index < i % 3; index++) {
                samples.add(Fixtures.sample(question, index, "a"));
            }
            expected.add(question.id() + " " + i % 3);
        }
        PAssert.that(join(questions, samples)
                        .apply(MapElements.into(TypeDescriptors.strings())
                                .via(item -> item.getKey().id() + " "
                                        + item.getValue().stream()
                                                .filter(sample -> sample.id()
                                                        .equals(item.getKey().id()))
                                                .count())))
                .containsInAnyOrder(expected);
        Fixtures.run(pipeline);
    }

    @Test
    void twoQuestionsWithOneIdAreAnError() {
        join(List.of(Fixtures.question("q-1"), Fixtures.unreadable("q-1")), List.of());
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasMessageContaining("two questions with the id q-1");
    }

    @Test
    void aSampleWithoutItsQuestionIsAnError() {
        join(List.of(Fixtures.question("q-1")), List.of(Fixtures.sample(Fixtures.question("q-2"), 3, "a")));
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasMessageContaining("sample 3 belongs to question q-2, which is not among the questions");
    }
}
