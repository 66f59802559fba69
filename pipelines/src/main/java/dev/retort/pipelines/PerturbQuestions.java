package dev.retort.pipelines;

import dev.retort.data.Failure;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.Perturbation;
import dev.retort.filter.Perturbed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Puts variants of questions beside them, see {@link Perturbation}. For other words a teacher is asked first, once for each
 * variant wanted. A question that is a variant already, or whose id looks like one's, is an error.
 */
public final class PerturbQuestions extends PTransform<PCollection<Question>, PerturbQuestions.Result> {

    /** The metric that counts the questions given. */
    public static final String QUESTIONS = "questions";

    /** The metric that counts variants. */
    public static final String VARIANTS = "variants";

    /** The metric that counts a teacher's replies to requests for other words. */
    public static final String REPLIES = "replies";

    /** Counters "not-applied-KIND: REASON" count the questions, of rephrase also replies, that a kind made nothing of. */
    public static final String NOT_APPLIED = "not-applied";

    /** The reason for other words that an earlier reply had found. */
    public static final String REPEATED = "reply-repeats-another";

    private static final TupleTag<Question> ALL = new TupleTag<>("questions");
    private static final TupleTag<KV<String, String>> NOT_APPLIED_TAG = new TupleTag<>("not-applied");
    private static final TupleTag<Failure> FAILURES = new TupleTag<>("failures");
    private static final TupleTag<Question> REQUESTS = new TupleTag<>("requests");
    private static final TupleTag<TeacherSample> ANSWERS = new TupleTag<>("answers");
    private static final TupleTag<Question> CARRIERS = new TupleTag<>("carriers");

    private static final KvCoder<String, String> REASON_CODER = KvCoder.of(StringUtf8Coder.of(), StringUtf8Coder.of());

    private final List<PerturbSpec> kinds;
    private final long seed;
    private final AskTeacher ask;

    private PerturbQuestions(List<PerturbSpec> kinds, long seed, AskTeacher ask) {
        this.kinds = kinds;
        this.seed = seed;
        this.ask = ask;
    }

    /**
     * Makes variants of these kinds, with seed 0.
     *
     * @throws IllegalArgumentException where there is no kind, or one twice
     */
    public static PerturbQuestions of(List<PerturbSpec> kinds) {
        PerturbSpec.checkKinds(kinds);
        return new PerturbQuestions(List.copyOf(kinds), 0, null);
    }

    /** With the run's seed: equal seeds give equal variants. */
    public PerturbQuestions withSeed(long newSeed) {
        return new PerturbQuestions(kinds, newSeed, ask);
    }

    /** Asks like this for other words, but for the number of samples. */
    public PerturbQuestions withAsking(AskTeacher newAsk) {
        return new PerturbQuestions(kinds, seed, newAsk);
    }

    @Override
    public Result expand(PCollection<Question> questions) {
        PCollectionTuple made = questions.apply(
                "Perturb",
                ParDo.of(new PerturbFn(kinds, seed))
                        .withOutputTags(
                                ALL,
                                TupleTagList.of(NOT_APPLIED_TAG).and(REQUESTS).and(CARRIERS)));
        made.get(ALL).setCoder(RowCoder.of(Question.class));
        made.get(NOT_APPLIED_TAG).setCoder(REASON_CODER);
        made.get(REQUESTS).setCoder(RowCoder.of(Question.class));
        made.get(CARRIERS).setCoder(RowCoder.of(Question.class));
        for (PerturbSpec spec : kinds) {
            if (spec.kind() == Perturbation.REPHRASE) {
                return withRephrased(made, spec.variants());
            }
        }
        PCollection<Failure> none =
                questions.getPipeline().apply("NoFailures", Create.empty(RowCoder.of(Failure.class)));
        return new Result(PCollectionTuple.of(ALL, made.get(ALL))
                .and(NOT_APPLIED_TAG, made.get(NOT_APPLIED_TAG))
                .and(FAILURES, none)
                .and(
                        ANSWERS,
                        questions.getPipeline().apply("NoReplies", Create.empty(RowCoder.of(TeacherSample.class)))));
    }

    private Result withRephrased(PCollectionTuple made, int variants) {
        if (ask == null) {
            throw new IllegalArgumentException("rephrase needs a teacher to ask: withAsking gives one");
        }
        AskTeacher.Result asked = made.get(REQUESTS).apply("AskForOtherWords", ask.withSamples(variants));
        PCollectionTuple rephrased = made.get(CARRIERS)
                .apply("JoinReplies", new JoinSamples(asked.samples()))
                .apply("Rephrase", ParDo.of(new RephraseFn()).withOutputTags(ALL, TupleTagList.of(NOT_APPLIED_TAG)));
        rephrased.get(ALL).setCoder(RowCoder.of(Question.class));
        rephrased.get(NOT_APPLIED_TAG).setCoder(REASON_CODER);
        return new Result(PCollectionTuple.of(ALL, both("Questions", made, rephrased, ALL))
                .and(NOT_APPLIED_TAG, both("NotApplied", made, rephrased, NOT_APPLIED_TAG))
                .and(FAILURES, asked.failures())
                .and(ANSWERS, asked.samples()));
    }

    private static <T> PCollection<T> both(String name, PCollectionTuple one, PCollectionTuple other, TupleTag<T> tag) {
        return PCollectionList.of(one.get(tag)).and(other.get(tag)).apply(name, Flatten.pCollections());
    }

    /** What became of the questions. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        /** The questions as they were, and their variants. */
        public PCollection<Question> questions() {
            return get(ALL);
        }

        /** Question ids with "KIND: REASON", one for each kind that made nothing of a question or reply. */
        public PCollection<KV<String, String>> notApplied() {
            return get(NOT_APPLIED_TAG);
        }

        /** Requests for other words that were not answered; their ids are those of {@link Perturbation#rephraseRequest}. */
        public PCollection<Failure> failures() {
            return get(FAILURES);
        }

        /** A teacher's replies to requests for other words. */
        public PCollection<TeacherSample> replies() {
            return get(ANSWERS);
        }
    }

    private static void notApplied(String id, Perturbation kind, String reason, DoFn.MultiOutputReceiver out) {
        String why = kind.title() + ": " + reason;
        out.get(NOT_APPLIED_TAG).output(KV.of(id, why));
        Metrics.counter(PerturbQuestions.class, NOT_APPLIED + "-" + why).inc();
    }

    private static final class PerturbFn extends DoFn<Question, Question> {

        /** How variants' ids end, and those of requests for other words. */
        private static final Pattern VARIANT_ID = Pattern.compile(
                ".*~(?:"
                        + Arrays.stream(Perturbation.values())
                                .map(Perturbation::title)
                                .collect(Collectors.joining("|"))
                        + ")-(?:[0-9]+|request)",
                Pattern.DOTALL);

        private final List<PerturbSpec> kinds;
        private final long seed;
        private final Counter questions = Metrics.counter(PerturbQuestions.class, QUESTIONS);
        private final Counter variants = Metrics.counter(PerturbQuestions.class, VARIANTS);

        PerturbFn(List<PerturbSpec> kinds, long seed) {
            this.kinds = kinds;
            this.seed = seed;
        }

        @ProcessElement
        public void perturb(@Element Question question, MultiOutputReceiver out) throws IOException {
            if (Perturbation.isVariant(question)
                    || VARIANT_ID.matcher(question.id()).matches()) {
                throw new IOException("question " + question.id() + " is a variant, or named like one: perturb the"
                        + " questions without their variants");
            }
            questions.inc();
            out.get(ALL).output(question);
            for (PerturbSpec spec : kinds) {
                Perturbed made = spec.kind().perturb(question, spec.variants(), seed);
                if (made instanceof Perturbed.Variants some) {
                    some.questions().forEach(variant -> out.get(ALL).output(variant));
                    variants.inc(some.questions().size());
                } else if (made instanceof Perturbed.Asks asks) {
                    out.get(REQUESTS).output(asks.request());
                    out.get(CARRIERS).output(withId(question, asks.request().id()));
                } else if (made instanceof Perturbed.NotApplied none) {
                    notApplied(question.id(), spec.kind(), none.reason(), out);
                }
            }
        }
    }

    private static Question withId(Question question, String id) {
        return new Question(id, question.task(), question.messages(), question.reference(), question.extra());
    }

    /** Makes variants of replies; the questions come under the ids of their requests, by which they met the replies. */
    private static final class RephraseFn extends DoFn<KV<Question, List<TeacherSample>>, Question> {

        private static final String REQUEST_ID = Perturbation.rephraseRequest(Question.ofText("-", "-", "-", null))
                .id()
                .substring(1);

        private final Counter variants = Metrics.counter(PerturbQuestions.class, VARIANTS);
        private final Counter replies = Metrics.counter(PerturbQuestions.class, REPLIES);

        @ProcessElement
        public void rephrase(@Element KV<Question, List<TeacherSample>> item, MultiOutputReceiver out) {
            String id = item.getKey().id();
            Question question = withId(item.getKey(), id.substring(0, id.length() - REQUEST_ID.length()));
            List<TeacherSample> inOrder = new ArrayList<>(item.getValue());
            inOrder.sort(Comparator.comparingInt(TeacherSample::sampleIndex));
            Set<List<Message>> seen = new HashSet<>();
            for (TeacherSample reply : inOrder) {
                replies.inc();
                Perturbed made = Perturbation.rephrased(question, reply);
                if (made instanceof Perturbed.Variants some) {
                    for (Question variant : some.questions()) {
                        if (seen.add(variant.messages())) {
                            out.get(ALL).output(variant);
                            variants.inc();
                        } else {
                            notApplied(question.id(), Perturbation.REPHRASE, REPEATED, out);
                        }
                    }
                } else if (made instanceof Perturbed.NotApplied none) {
                    notApplied(question.id(), Perturbation.REPHRASE, none.reason(), out);
                }
            }
        }
    }
}
