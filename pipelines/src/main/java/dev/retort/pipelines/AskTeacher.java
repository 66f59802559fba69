package dev.retort.pipelines;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Asks a teacher for samples of every question. Every pair of a question and a sample index from 0 to the number of samples
 * ends in exactly one place: among the samples, or among the failures with the reason.
 *
 * <p>Each worker thread makes its own teacher. Question ids must be unique, as {@link ReadRows} sees to.
 */
public final class AskTeacher extends PTransform<PCollection<Question>, AskTeacher.Result> {

    /** The metric that counts the pairs that were asked. */
    public static final String ASKED = "asked";

    /** The metric that counts the pairs that were asked and answered. */
    public static final String ANSWERED = "answered";

    /** The metric that counts the pairs that were asked and not answered. */
    public static final String FAILED = "failed";

    /** The metric that counts the pairs that an earlier run had answered. */
    public static final String REUSED = "reused";

    /** The metric that counts tokens, of prompts and completions together, each request once. */
    public static final String TOKENS = "tokens";

    private static final TupleTag<TeacherSample> SAMPLES = new TupleTag<>("samples");
    private static final TupleTag<Failure> FAILURES = new TupleTag<>("failures");

    private final TeacherFactory teacher;
    private final int samples;
    private final SamplingParams params;
    private final PCollection<TeacherSample> earlier;

    private AskTeacher(TeacherFactory teacher, int samples, SamplingParams params, PCollection<TeacherSample> earlier) {
        this.teacher = teacher;
        this.samples = samples;
        this.params = params;
        this.earlier = earlier;
    }

    /**
     * Asks this teacher for one sample a question, with nothing said about how to draw it.
     *
     * @throws IllegalArgumentException where the factory holds something that is not serialisable
     */
    public static AskTeacher with(TeacherFactory teacher) {
        try {
            SerializableUtils.ensureSerializable(teacher);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the teacher factory cannot travel to the workers, it holds something that is not serialisable: "
                            + e.getCause().getMessage(),
                    e);
        }
        return new AskTeacher(teacher, 1, SamplingParams.none(), null);
    }

    /** Asks a scripted teacher that does not err, or a recorded one; see {@link TeacherFactory#of}. */
    public static AskTeacher with(TeacherSpec teacher) {
        return with(TeacherFactory.of(teacher, 0));
    }

    /** With so many samples a question, at least 1. */
    public AskTeacher withSamples(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a question needs at least 1 sample, not " + count);
        }
        return new AskTeacher(teacher, count, params, earlier);
    }

    public AskTeacher withParams(SamplingParams newParams) {
        return new AskTeacher(teacher, samples, newParams, earlier);
    }

    /**
     * With samples of an earlier run. A pair is not asked again, its sample is passed on, where teacher, task, messages and
     * parameters are those of now; other samples are dropped. A 64th of questions and samples is in memory at a time.
     */
    public AskTeacher withEarlierSamples(PCollection<TeacherSample> newEarlier) {
        return new AskTeacher(teacher, samples, params, newEarlier);
    }

    @Override
    public Result expand(PCollection<Question> questions) {
        PCollection<KV<Question, List<TeacherSample>>> items = earlier == null
                ? questions
                        .apply("WithNothing", MapElements.via(new WithNothing()))
                        .setCoder(JoinSamples.coder())
                        // One worker reads; asking is what takes long, so all of them do it.
                        .apply(
                                "Spread",
                                Reshuffle.<KV<Question, List<TeacherSample>>>viaRandomKey()
                                        .withNumBuckets(JoinSamples.SHARDS))
                : questions.apply("WithEarlier", new JoinSamples(earlier, false));
        PCollectionTuple outputs = items.apply(
                "Ask",
                ParDo.of(new AskFn(teacher, samples, json(params))).withOutputTags(SAMPLES, TupleTagList.of(FAILURES)));
        outputs.get(SAMPLES).setCoder(RowCoder.of(TeacherSample.class));
        outputs.get(FAILURES).setCoder(RowCoder.of(Failure.class));
        return new Result(outputs);
    }

    private static String json(SamplingParams params) {
        try {
            return Rows.mapper().writeValueAsString(params);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the parameters cannot be written: " + e.getOriginalMessage(), e);
        }
    }

    /** What became of the pairs. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        public PCollection<TeacherSample> samples() {
            return get(SAMPLES);
        }

        public PCollection<Failure> failures() {
            return get(FAILURES);
        }
    }

    private static final class WithNothing extends SimpleFunction<Question, KV<Question, List<TeacherSample>>> {
        @Override
        public KV<Question, List<TeacherSample>> apply(Question question) {
            return KV.of(question, List.of());
        }
    }

    static final class AskFn extends DoFn<KV<Question, List<TeacherSample>>, TeacherSample> {

        private final TeacherFactory factory;
        private final int samples;
        private final String paramsJson;
        private final Counter asked = Metrics.counter(AskTeacher.class, ASKED);
        private final Counter answered = Metrics.counter(AskTeacher.class, ANSWERED);
        private final Counter failed = Metrics.counter(AskTeacher.class, FAILED);
        private final Counter reused = Metrics.counter(AskTeacher.class, REUSED);
        private final Counter tokens = Metrics.counter(AskTeacher.class, TOKENS);

        private transient SamplingParams params;
        private transient Teacher teacher;

        AskFn(TeacherFactory factory, int samples, String paramsJson) {
            this.factory = factory;
            this.samples = samples;
            this.paramsJson = paramsJson;
        }

        @Setup
        public void setup() throws IOException {
            params = Rows.mapper().readValue(paramsJson, SamplingParams.class);
            teacher = factory.create();
        }

        @Teardown
        public void teardown() {
            if (teacher != null) {
                teacher.close();
            }
        }

        @ProcessElement
        public void ask(@Element KV<Question, List<TeacherSample>> item, MultiOutputReceiver out)
                throws InterruptedException {
            Question question = item.getKey();
            List<Integer> indices =
                    new ArrayList<>(IntStream.range(0, samples).boxed().toList());
            for (TeacherSample sample : item.getValue()) {
                if (isCurrent(sample, question) && indices.remove((Integer) sample.sampleIndex())) {
                    out.get(SAMPLES).output(sample);
                    reused.inc();
                }
            }
            while (!indices.isEmpty()) {
                List<Integer> ended = askFor(question, List.copyOf(indices), out);
                indices.removeAll(ended);
            }
        }

        private boolean isCurrent(TeacherSample sample, Question question) {
            return teacher.name().equals(sample.teacher())
                    && params.equals(sample.params())
                    && question.task().equals(sample.task())
                    && question.messages().equals(sample.messages());
        }

        /** Makes one request; the indices, at least one, that have an end now. */
        private List<Integer> askFor(Question question, List<Integer> indices, MultiOutputReceiver out)
                throws InterruptedException {
            List<TeacherSample> found;
            try {
                found = checked(teacher.sample(question, params, indices), question, indices);
            } catch (TeacherException e) {
                return List.of(fail(question, indices.get(0), e.getMessage(), out));
            } catch (RuntimeException e) {
                // A program's mistake with one question must not cost the answers to all the others.
                return List.of(fail(question, indices.get(0), e.toString(), out));
            }
            found.forEach(sample -> out.get(SAMPLES).output(sample));
            asked.inc(found.size());
            answered.inc(found.size());
            tokens.inc(Math.round(found.stream().mapToDouble(AskFn::tokensOf).sum()));
            return indices.subList(0, found.size());
        }

        private int fail(Question question, int index, String message, MultiOutputReceiver out) {
            String error = message == null ? "" : message.lines().findFirst().orElse("");
            error = error.isBlank() ? teacher.name() + " gave no sample and no reason" : error;
            out.get(FAILURES).output(new Failure(question.id(), index, error, 1, question, Map.of()));
            asked.inc();
            failed.inc();
            return index;
        }

        private List<TeacherSample> checked(List<TeacherSample> found, Question question, List<Integer> indices) {
            boolean isPrefix = !found.isEmpty() && found.size() <= indices.size();
            for (int i = 0; isPrefix && i < found.size(); i++) {
                TeacherSample sample = found.get(i);
                isPrefix = sample.id().equals(question.id()) && sample.sampleIndex() == indices.get(i);
            }
            if (!isPrefix) {
                throw new IllegalStateException(
                        teacher.name() + " gave other samples than it was asked for, question " + question.id());
            }
            return found;
        }

        // The samples of a request share one usage.
        private static double tokensOf(TeacherSample sample) {
            TokenUsage usage = sample.usage();
            if (usage == null) {
                return 0;
            }
            double request = (double) usage.promptTokens() + usage.completionTokens();
            return request / Math.max(1, usage.samplesInRequest());
        }
    }
}
