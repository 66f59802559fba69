package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * Brings every question together with its samples, in no order; a question without samples gets an empty list,
 * and a sample without its question is an error.
 *
 * <p>Groups by a hash of the id and not by the id, because the Direct runner needs milliseconds for every key, and does the
 * rest by hand, because a co-group of many values reads them twice, which Flink does not do. One group, a 64th of all rows, is
 * in memory at a time.
 */
final class JoinSamples extends PTransform<PCollection<Question>, PCollection<KV<Question, List<TeacherSample>>>> {

    /** How many groups there are, and so how many workers can take part in what follows. */
    static final int SHARDS = 64;

    private final PCollection<TeacherSample> samples;

    JoinSamples(PCollection<TeacherSample> samples) {
        this.samples = samples;
    }

    /** The coder of what comes out. */
    static KvCoder<Question, List<TeacherSample>> coder() {
        return KvCoder.of(RowCoder.of(Question.class), ListCoder.of(RowCoder.of(TeacherSample.class)));
    }

    @Override
    public PCollection<KV<Question, List<TeacherSample>>> expand(PCollection<Question> questions) {
        KvCoder<Integer, KV<Question, TeacherSample>> coder = KvCoder.of(
                VarIntCoder.of(),
                KvCoder.of(
                        NullableCoder.of(RowCoder.of(Question.class)),
                        NullableCoder.of(RowCoder.of(TeacherSample.class))));
        return PCollectionList.of(
                        questions.apply("Questions", ParDo.of(new QuestionFn())).setCoder(coder))
                .and(samples.apply("Samples", ParDo.of(new SampleFn())).setCoder(coder))
                .apply("Both", Flatten.pCollections())
                .apply("Group", GroupByKey.create())
                .apply("Join", ParDo.of(new JoinFn()))
                .setCoder(coder());
    }

    /** The group of an id. */
    static int shard(String id) {
        return Math.floorMod(id.hashCode(), SHARDS);
    }

    private static final class QuestionFn extends DoFn<Question, KV<Integer, KV<Question, TeacherSample>>> {
        @ProcessElement
        public void key(@Element Question question, OutputReceiver<KV<Integer, KV<Question, TeacherSample>>> out) {
            out.output(KV.of(shard(question.id()), KV.of(question, null)));
        }
    }

    private static final class SampleFn extends DoFn<TeacherSample, KV<Integer, KV<Question, TeacherSample>>> {
        @ProcessElement
        public void key(@Element TeacherSample sample, OutputReceiver<KV<Integer, KV<Question, TeacherSample>>> out) {
            out.output(KV.of(shard(sample.id()), KV.of(null, sample)));
        }
    }

    private static final class JoinFn
            extends DoFn<KV<Integer, Iterable<KV<Question, TeacherSample>>>, KV<Question, List<TeacherSample>>> {

        @ProcessElement
        public void join(
                @Element KV<Integer, Iterable<KV<Question, TeacherSample>>> shard,
                OutputReceiver<KV<Question, List<TeacherSample>>> out)
                throws IOException {
            Map<String, Question> questions = new LinkedHashMap<>();
            Map<String, List<TeacherSample>> samples = new LinkedHashMap<>();
            for (KV<Question, TeacherSample> row : shard.getValue()) {
                Question question = row.getKey();
                if (question == null) {
                    TeacherSample sample = row.getValue();
                    samples.computeIfAbsent(sample.id(), id -> new ArrayList<>())
                            .add(sample);
                } else if (questions.put(question.id(), question) != null) {
                    throw new IllegalArgumentException("two questions with the id " + question.id());
                }
            }
            questions.forEach((id, question) -> {
                List<TeacherSample> its = samples.remove(id);
                out.output(KV.of(question, its == null ? List.of() : its));
            });
            if (!samples.isEmpty()) {
                TeacherSample sample = samples.values().iterator().next().get(0);
                throw new IOException("sample " + sample.sampleIndex() + " belongs to question " + sample.id()
                        + ", which is not among the questions; give the questions that were asked");
            }
        }
    }
}
