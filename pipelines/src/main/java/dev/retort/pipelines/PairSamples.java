package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Makes items for {@link JudgeSamples} of two sets of samples: their texts, where id and sample index are the same, in answer to
 * what the sample of the first set was asked. A sample that only one set has is a failure.
 */
public final class PairSamples extends PTransform<PCollection<TeacherSample>, PairSamples.Result> {

    /** The metric that counts samples that only one set has, and those that do not say what was asked. */
    public static final String UNPAIRED = "unpaired";

    private static final TupleTag<Question> ITEMS = new TupleTag<>("items");
    private static final TupleTag<Failure> UNPAIRED_TAG = new TupleTag<>("unpaired");

    private final PCollection<TeacherSample> against;

    private PairSamples(PCollection<TeacherSample> against) {
        this.against = against;
    }

    /** Pairs samples, response A, with these, response B. */
    public static PairSamples against(PCollection<TeacherSample> against) {
        return new PairSamples(against);
    }

    @Override
    public Result expand(PCollection<TeacherSample> samples) {
        KvCoder<Integer, KV<Boolean, TeacherSample>> coder =
                KvCoder.of(VarIntCoder.of(), KvCoder.of(BooleanCoder.of(), RowCoder.of(TeacherSample.class)));
        PCollectionTuple outputs = PCollectionList.of(
                        samples.apply("First", ParDo.of(new SideFn(true))).setCoder(coder))
                .and(against.apply("Second", ParDo.of(new SideFn(false))).setCoder(coder))
                .apply("Both", Flatten.pCollections())
                .apply("Group", GroupByKey.create())
                .apply("Pair", ParDo.of(new PairFn()).withOutputTags(ITEMS, TupleTagList.of(UNPAIRED_TAG)));
        outputs.get(ITEMS).setCoder(RowCoder.of(Question.class));
        outputs.get(UNPAIRED_TAG).setCoder(RowCoder.of(Failure.class));
        return new Result(outputs);
    }

    /** What became of the samples. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        /** With the fields prompt, responses and sample_index; ids as the samples have them, so not unique. */
        public PCollection<Question> items() {
            return get(ITEMS);
        }

        /** Samples of which there is no pair, and why. */
        public PCollection<Failure> unpaired() {
            return get(UNPAIRED_TAG);
        }
    }

    private static final class SideFn extends DoFn<TeacherSample, KV<Integer, KV<Boolean, TeacherSample>>> {

        private final boolean isFirst;

        SideFn(boolean isFirst) {
            this.isFirst = isFirst;
        }

        @ProcessElement
        public void key(@Element TeacherSample sample, OutputReceiver<KV<Integer, KV<Boolean, TeacherSample>>> out) {
            out.output(KV.of(JoinSamples.shard(sample.id()), KV.of(isFirst, sample)));
        }
    }

    private static final class PairFn extends DoFn<KV<Integer, Iterable<KV<Boolean, TeacherSample>>>, Question> {

        private final Counter unpaired = Metrics.counter(PairSamples.class, UNPAIRED);

        @ProcessElement
        public void pair(@Element KV<Integer, Iterable<KV<Boolean, TeacherSample>>> shard, MultiOutputReceiver out) {
            Map<RowKey, TeacherSample> first = new LinkedHashMap<>();
            Map<RowKey, TeacherSample> second = new LinkedHashMap<>();
            for (KV<Boolean, TeacherSample> sample : shard.getValue()) {
                (sample.getKey() ? first : second).put(RowKey.of(sample.getValue()), sample.getValue());
            }
            TreeSet<RowKey> keys = new TreeSet<>(first.keySet());
            keys.addAll(second.keySet());
            for (RowKey key : keys) {
                TeacherSample a = first.get(key);
                TeacherSample b = second.get(key);
                if (a == null) {
                    fail(b, "only the samples compared against have it", out);
                } else if (b == null) {
                    fail(a, "the samples compared against do not have it", out);
                } else {
                    pair(a, b, out);
                }
            }
        }

        private void pair(TeacherSample a, TeacherSample b, MultiOutputReceiver out) {
            Map<String, JsonNode> extra = new LinkedHashMap<>();
            Question asked;
            try {
                asked = new Question(a.id(), a.task(), a.messages(), null);
            } catch (IllegalArgumentException e) {
                fail(a, "it does not say what was asked: " + e.getMessage(), out);
                return;
            }
            extra.put(JudgeSamples.PROMPT, TextNode.valueOf(asked.text()));
            extra.put(
                    JudgeSamples.RESPONSES,
                    JsonNodeFactory.instance.arrayNode().add(a.text()).add(b.text()));
            extra.put(JudgeSamples.SAMPLE_INDEX, IntNode.valueOf(a.sampleIndex()));
            out.get(ITEMS).output(new Question(asked.id(), asked.task(), asked.messages(), null, extra));
        }

        private void fail(TeacherSample sample, String error, MultiOutputReceiver out) {
            unpaired.inc();
            out.get(UNPAIRED_TAG).output(new Failure(sample.id(), sample.sampleIndex(), error, 0, null, Map.of()));
        }
    }
}
