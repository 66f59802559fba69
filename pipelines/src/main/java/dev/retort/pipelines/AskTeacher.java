package dev.retort.pipelines;

import dev.retort.data.AtomicFiles;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.Spared;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.TeacherMeter;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.beam.sdk.coders.DoubleCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Asks a teacher for samples of every question. Every pair of a question and a sample index from 0 to the number of samples
 * ends in exactly one place: among the samples, among the failures with the reason, or, where a vote ended the asking early,
 * among the spared.
 *
 * <p>One worker asks, with as many requests under way as {@link AskSettings} allows, in the order of question ids: only so do
 * concurrency, pace and budget hold for the whole job without the workers talking to each other, and waiting for a server
 * needs no second machine. Question ids must be unique, as {@link ReadRows} sees to.
 */
public final class AskTeacher extends PTransform<PCollection<Question>, AskTeacher.Result> {

    /** The metric that counts the pairs that were asked now. */
    public static final String ASKED = "asked";

    /** The metric that counts the pairs that have a sample. */
    public static final String ANSWERED = "answered";

    /** The metric that counts the pairs that were not answered. */
    public static final String FAILED = "failed";

    /** The metric that counts those of them that the budget had nothing left for. */
    public static final String OVER_BUDGET = "over-budget";

    /** The metric that counts the pairs that a vote spared. */
    public static final String SPARED = "spared";

    /** The metric that counts completions that the cache had; a pair of a method of several calls has several. */
    public static final String CACHED = "cached";

    /** The metric that counts requests, repeated ones included. */
    public static final String REQUESTS = "requests";

    /** The metric that counts requests that were made again. */
    public static final String RETRIED = "retried";

    /** The metric that counts tokens paid for now, of prompts and completions together, each request once. */
    public static final String TOKENS = "tokens";

    /** The metric that counts what was paid now, in millionths of the prices' currency. */
    public static final String MONEY = "money-millionths";

    /** The metric of the time of requests, in milliseconds: their sum; divided by {@link #REQUESTS} it is the mean. */
    public static final String LATENCY = "latency-millis";

    /** The metric that counts stretches of the cache that were damaged and set aside. */
    public static final String DAMAGED = "damaged";

    private static final TupleTag<TeacherSample> SAMPLES = new TupleTag<>("samples");
    private static final TupleTag<Failure> FAILURES = new TupleTag<>("failures");
    private static final TupleTag<Spared> SPARED_TAG = new TupleTag<>("spared");

    private final Plan plan;
    /** Samples whose cost the budget holds too; null for none. Only the pipeline's maker has them. */
    private final transient PCollection<TeacherSample> earlier;

    /** All that the worker needs to know; only {@link #copy} changes one, before anyone has it. */
    private static final class Plan implements Serializable {

        private final TeacherFactory teacher;
        private TeacherWrapper wrapper;
        private int samples = 1;
        private SamplingParams params = SamplingParams.none();
        private VoteFactory vote;
        private AnswerReader reader;
        private AskSettings settings = AskSettings.usual();
        private String progress;

        Plan(TeacherFactory teacher) {
            this.teacher = teacher;
        }

        Plan(Plan other) {
            teacher = other.teacher;
            wrapper = other.wrapper;
            samples = other.samples;
            params = other.params;
            vote = other.vote;
            reader = other.reader;
            settings = other.settings;
            progress = other.progress;
        }
    }

    private AskTeacher(Plan plan, PCollection<TeacherSample> earlier) {
        this.plan = plan;
        this.earlier = earlier;
    }

    /**
     * Asks this teacher for one sample a question, with nothing said about how to draw it.
     *
     * @throws IllegalArgumentException where the factory holds something that is not serialisable
     */
    public static AskTeacher with(TeacherFactory teacher) {
        checkTravels(teacher, "the teacher factory");
        return new AskTeacher(new Plan(teacher), null);
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
        return copy(changed -> changed.samples = count);
    }

    public AskTeacher withParams(SamplingParams params) {
        return copy(changed -> changed.params = params);
    }

    /** With these limits, attempts and cache. */
    public AskTeacher withSettings(AskSettings settings) {
        return copy(changed -> changed.settings = settings);
    }

    /** Asks this teacher around the given one; limits and cache lie between the two. */
    public AskTeacher withMethod(TeacherWrapper wrapper) {
        checkTravels(wrapper, "the method");
        return copy(changed -> changed.wrapper = wrapper);
    }

    /**
     * Asks for samples in the order of their index until the verdict of a vote over all of them cannot change; those not asked
     * for are spared. The verdict is the one that all samples would have given.
     */
    public AskTeacher withVote(VoteFactory vote) {
        checkTravels(vote, "the vote");
        return copy(changed -> changed.vote = vote);
    }

    /** Cuts the answers of samples that have none. */
    public AskTeacher withAnswers(AnswerReader reader) {
        checkTravels(reader, "the reader of answers");
        return copy(changed -> changed.reader = reader);
    }

    /** Asks when these samples are there, and counts what they cost as spent: a budget holds for both together. */
    AskTeacher after(PCollection<TeacherSample> earlier) {
        return new AskTeacher(plan, earlier);
    }

    /** Tells a board of this process how far asking has come, where the worker is in this process. */
    AskTeacher withProgress(ProgressBoard board) {
        return copy(changed -> changed.progress = board.key());
    }

    private AskTeacher copy(Consumer<Plan> change) {
        Plan changed = new Plan(plan);
        change.accept(changed);
        return new AskTeacher(changed, earlier);
    }

    private static void checkTravels(Serializable part, String name) {
        try {
            SerializableUtils.ensureSerializable(part);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name + " cannot travel to the workers, it holds something that is not serialisable: "
                            + e.getCause().getMessage(),
                    e);
        }
    }

    @Override
    public Result expand(PCollection<Question> questions) {
        PCollectionView<KV<Double, Double>> spent = earlier == null ? null : spent();
        ParDo.SingleOutput<KV<Integer, Iterable<KeyedLine>>, TeacherSample> ask = ParDo.of(new AskFn(plan, spent));
        // As lines, which pass the grouping and the sorting without being taken apart and put together again.
        PCollectionTuple outputs = questions
                .apply("ToOneAsker", ParDo.of(new LineFn()))
                .setCoder(KvCoder.of(VarIntCoder.of(), new KeyedLine.LineCoder()))
                .apply("Gather", GroupByKey.create())
                .apply(
                        "Ask",
                        (spent == null ? ask : ask.withSideInputs(spent))
                                .withOutputTags(
                                        SAMPLES, TupleTagList.of(FAILURES).and(SPARED_TAG)));
        outputs.get(SAMPLES).setCoder(RowCoder.of(TeacherSample.class));
        outputs.get(FAILURES).setCoder(RowCoder.of(Failure.class));
        outputs.get(SPARED_TAG).setCoder(RowCoder.of(Spared.class));
        return new Result(outputs);
    }

    /** Tokens of prompts and of completions that the earlier samples cost. */
    private PCollectionView<KV<Double, Double>> spent() {
        return earlier.apply("CostOf", ParDo.of(new CostFn()))
                .setCoder(KvCoder.of(DoubleCoder.of(), DoubleCoder.of()))
                .apply("Spent", Combine.globally(AskTeacher::sum).asSingletonView());
    }

    private static KV<Double, Double> sum(Iterable<KV<Double, Double>> costs) {
        double prompt = 0;
        double completion = 0;
        for (KV<Double, Double> cost : costs) {
            prompt += cost.getKey();
            completion += cost.getValue();
        }
        return KV.of(prompt, completion);
    }

    private static final class CostFn extends DoFn<TeacherSample, KV<Double, Double>> {

        @ProcessElement
        public void cost(@Element TeacherSample sample, OutputReceiver<KV<Double, Double>> out) {
            Budget.Cost cost = Budget.Cost.share(sample.usage());
            out.output(KV.of(cost.prompt(), cost.completion()));
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

        /** Pairs that were not asked because the verdict stood; none without {@link #withVote}. */
        public PCollection<Spared> spared() {
            return get(SPARED_TAG);
        }
    }

    private static final class LineFn extends DoFn<Question, KV<Integer, KeyedLine>> {

        @ProcessElement
        public void format(@Element Question question, OutputReceiver<KV<Integer, KeyedLine>> out) {
            out.output(KV.of(0, new KeyedLine(RowKey.of(question), RowCoder.line(question))));
        }
    }

    private static final class AskFn extends DoFn<KV<Integer, Iterable<KeyedLine>>, TeacherSample> {

        private static final long SORT_MEMORY = 64L << 20;

        private final Plan plan;
        private final PCollectionView<KV<Double, Double>> spent;
        private final Counter asked = Metrics.counter(AskTeacher.class, ASKED);
        private final Counter answered = Metrics.counter(AskTeacher.class, ANSWERED);
        private final Counter failed = Metrics.counter(AskTeacher.class, FAILED);
        private final Counter overBudget = Metrics.counter(AskTeacher.class, OVER_BUDGET);
        private final Counter spared = Metrics.counter(AskTeacher.class, SPARED);
        private final Counter cached = Metrics.counter(AskTeacher.class, CACHED);
        private final Counter requests = Metrics.counter(AskTeacher.class, REQUESTS);
        private final Counter retried = Metrics.counter(AskTeacher.class, RETRIED);
        private final Counter tokens = Metrics.counter(AskTeacher.class, TOKENS);
        private final Counter money = Metrics.counter(AskTeacher.class, MONEY);
        private final Counter latency = Metrics.counter(AskTeacher.class, LATENCY);
        private final Counter damaged = Metrics.counter(AskTeacher.class, DAMAGED);

        AskFn(Plan plan, PCollectionView<KV<Double, Double>> spent) {
            this.plan = plan;
            this.spent = spent;
        }

        @ProcessElement
        @SuppressWarnings("try") // While it stays, it can be stopped.
        public void ask(@Element KV<Integer, Iterable<KeyedLine>> all, MultiOutputReceiver out, ProcessContext context)
                throws IOException, InterruptedException {
            Path runs = Files.createTempDirectory("retort-ask");
            Asking.Work work = new Asking.Work(
                    plan.samples, plan.params, plan.vote == null ? null : plan.vote.create(), plan.reader);
            try (ProgressBoard.Stay stay = ProgressBoard.enter(plan.progress);
                    LineSorter sorter = new LineSorter(runs.resolve("questions"), SORT_MEMORY);
                    Asking asking = new Asking(plan.teacher.create(), plan.wrapper, work, plan.settings)) {
                long count = 0;
                for (KeyedLine question : all.getValue()) {
                    sorter.add(question);
                    count++;
                }
                if (spent != null) {
                    KV<Double, Double> before = context.sideInput(spent);
                    asking.spent(new Budget.Cost(before.getKey(), before.getValue()));
                }
                Emitter emitter = new Emitter(out, count);
                try (LineSorter.Lines lines = sorter.sorted()) {
                    asking.run(questions(lines), emitter);
                } finally {
                    damaged.inc(asking.damaged());
                }
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } finally {
                AtomicFiles.deleteTree(runs);
            }
        }

        private static Iterator<Question> questions(LineSorter.Lines lines) {
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return lines.hasNext();
                }

                @Override
                public Question next() {
                    return Rows.parse(lines.next().line(), Question.class);
                }
            };
        }

        /** Gives out what comes, and counts it. */
        private final class Emitter implements Asking.Sink {

            private final MultiOutputReceiver out;
            private final long total;
            private TeacherMeter.Counts before = new TeacherMeter.Counts(0, 0, 0, 0, 0, 0, 0);
            private double owed;
            private long done;

            Emitter(MultiOutputReceiver out, long total) {
                this.out = out;
                this.total = total;
            }

            @Override
            public void sample(TeacherSample sample) {
                out.get(SAMPLES).output(sample);
                answered.inc();
            }

            @Override
            public void failure(Failure failure) {
                out.get(FAILURES).output(failure);
                failed.inc();
                if (failure.error().equals(Asking.OVER_BUDGET)) {
                    overBudget.inc();
                }
            }

            @Override
            public void spared(Question question, int sampleIndex) {
                out.get(SPARED_TAG).output(new Spared(question.id(), sampleIndex, Spared.DECIDED, Map.of()));
                spared.inc();
            }

            @Override
            public void progress(TeacherMeter.Counts now) {
                asked.inc(now.answered() - before.answered());
                cached.inc(now.cached() - before.cached());
                requests.inc(now.requests() - before.requests());
                retried.inc(now.retried() - before.retried());
                long prompt = now.promptTokens() - before.promptTokens();
                long completion = now.completionTokens() - before.completionTokens();
                tokens.inc(prompt + completion);
                owed += plan.settings.budget().money((double) prompt, (double) completion) * 1e6;
                long whole = (long) owed;
                money.inc(whole);
                owed -= whole;
                long millis = now.nanos() / 1_000_000;
                latency.inc(millis - before.nanos() / 1_000_000);
                before = now;
                done++;
                ProgressBoard.tell(plan.progress, done, total, now);
            }
        }
    }
}
