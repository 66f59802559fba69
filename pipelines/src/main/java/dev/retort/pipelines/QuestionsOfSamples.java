package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Makes the questions of samples from what was sent: one for each id, of its sample with the least index, without a reference.
 * Of further fields they have only what says that they are variants of others.
 */
final class QuestionsOfSamples extends PTransform<PCollection<TeacherSample>, PCollection<Question>> {

    @Override
    public PCollection<Question> expand(PCollection<TeacherSample> samples) {
        return samples.apply("Group", Shards.by(TeacherSample::id))
                .apply("Make", ParDo.of(new MakeFn()))
                .setCoder(RowCoder.of(Question.class));
    }

    private static final class MakeFn extends DoFn<KV<Integer, Iterable<TeacherSample>>, Question> {

        @ProcessElement
        public void make(@Element KV<Integer, Iterable<TeacherSample>> shard, OutputReceiver<Question> out)
                throws IOException {
            Map<String, TeacherSample> first = new LinkedHashMap<>();
            for (TeacherSample sample : shard.getValue()) {
                first.merge(sample.id(), sample, (a, b) -> a.sampleIndex() <= b.sampleIndex() ? a : b);
            }
            for (TeacherSample sample : first.values()) {
                out.output(question(sample));
            }
        }

        private static Question question(TeacherSample sample) throws IOException {
            Map<String, JsonNode> extra = new LinkedHashMap<>(sample.extra());
            extra.keySet().retainAll(MarkedTeacher.MARKS);
            try {
                return new Question(sample.id(), sample.task(), sample.messages(), null, extra);
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "sample " + sample.sampleIndex() + " of question " + sample.id()
                                + " does not say what was asked (" + e.getMessage()
                                + "): give the file of the questions as well",
                        e);
            }
        }
    }
}
