package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.answer.RationaleAndLabel;
import dev.retort.answer.RationaleParser;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterReport;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Step 1 of Distilling step-by-step (Hsieh et al. 2023, arXiv 2305.02301, section 3.1): asks a teacher with worked questions
 * before each question, and tells rationale and label of its completions apart. Nothing is filtered by correctness. Every pair
 * of a question and a sample index ends in exactly one place: among the samples, among the unparsed with the reason, or among
 * the failures.
 *
 * <p>The rows' messages are what was sent, demonstrations included; what is asked of a student is in the questions. Question
 * ids must be unique, as {@link ReadRows} sees to.
 */
public final class ExtractRationales extends PTransform<PCollection<Question>, ExtractRationales.Result> {

    /** The metric that counts samples with a rationale and a label. */
    public static final String EXTRACTED = "extracted";

    /** The metric that counts samples without; those of one reason are counted under "unparsed-REASON". */
    public static final String UNPARSED = "unparsed";

    /** The metric that counts pairs that failed unasked, because their question does not fit the prompt. */
    public static final String UNASKED = "unasked";

    private static final TupleTag<TeacherSample> SAMPLES = new TupleTag<>("samples");
    private static final TupleTag<TeacherSample> UNPARSED_TAG = new TupleTag<>("unparsed");
    private static final TupleTag<Failure> FAILURES = new TupleTag<>("failures");
    private static final TupleTag<Question> PROMPTED = new TupleTag<>("prompted");

    private final FewShotPrompt prompt;
    private final AskTeacher ask;
    private final int samples;
    private final SamplingParams params;
    private final boolean choiceLetters;
    private final boolean sendsStop;

    private ExtractRationales(
            FewShotPrompt prompt,
            AskTeacher ask,
            int samples,
            SamplingParams params,
            boolean choiceLetters,
            boolean sendsStop) {
        this.prompt = prompt;
        this.ask = ask;
        this.samples = samples;
        this.params = params;
        this.choiceLetters = choiceLetters;
        this.sendsStop = sendsStop;
    }

    /**
     * Asks this teacher for one completion a question, up to the next question's header, with nothing else said about how to
     * draw it.
     *
     * @throws IllegalArgumentException where the factory holds something that is not serialisable
     */
    public static ExtractRationales with(TeacherFactory teacher, FewShotPrompt prompt) {
        return new ExtractRationales(prompt, AskTeacher.with(teacher), 1, SamplingParams.none(), false, true);
    }

    /** With so many samples a question, at least 1; the paper takes one. */
    public ExtractRationales withSamples(int count) {
        return new ExtractRationales(prompt, ask.withSamples(count), count, params, choiceLetters, sendsStop);
    }

    /** With these parameters; the next question's header is one more stop text of theirs. */
    public ExtractRationales withParams(SamplingParams newParams) {
        return new ExtractRationales(prompt, ask, samples, newParams, choiceLetters, sendsStop);
    }

    /** With the next question's header left out of the stop texts, for a server that takes none: completions run on. */
    public ExtractRationales withoutStop() {
        return new ExtractRationales(prompt, ask, samples, params, choiceLetters, false);
    }

    /** With labels that are lettered options: of "(a) populated areas" the label is "populated areas". */
    public ExtractRationales withChoiceLetters() {
        return new ExtractRationales(prompt, ask, samples, params, true, sendsStop);
    }

    /** Asked like this, but for what this transform says itself: samples and parameters. */
    public ExtractRationales withAsking(AskTeacher newAsk) {
        return new ExtractRationales(prompt, newAsk.withSamples(samples), samples, params, choiceLetters, sendsStop);
    }

    @Override
    public Result expand(PCollection<Question> questions) {
        FewShotLayout layout = prompt.layout();
        RationaleParser parser = new RationaleParser(
                layout.questionHeader(),
                layout.answerHeader(),
                layout.connectingPhrase(),
                layout.fullStop(),
                choiceLetters);
        PCollectionTuple prompted = questions.apply(
                "Prompt", ParDo.of(new PromptFn(prompt, samples)).withOutputTags(PROMPTED, TupleTagList.of(FAILURES)));
        prompted.get(PROMPTED).setCoder(RowCoder.of(Question.class));
        prompted.get(FAILURES).setCoder(RowCoder.of(Failure.class));
        AskTeacher.Result asked = prompted.get(PROMPTED)
                .apply("Ask", ask.withParams(sendsStop ? withStop(params, layout.stop()) : params));
        PCollectionTuple parsed = asked.samples()
                .apply("Parse", ParDo.of(new ParseFn(parser)).withOutputTags(SAMPLES, TupleTagList.of(UNPARSED_TAG)));
        parsed.get(SAMPLES).setCoder(RowCoder.of(TeacherSample.class));
        parsed.get(UNPARSED_TAG).setCoder(RowCoder.of(TeacherSample.class));
        PCollection<Failure> failures = PCollectionList.of(prompted.get(FAILURES))
                .and(asked.failures())
                .apply("Failures", Flatten.pCollections());
        return new Result(parsed.and(FAILURES, failures));
    }

    private static SamplingParams withStop(SamplingParams params, String stop) {
        if (params.stop().contains(stop)) {
            return params;
        }
        List<String> stops = new ArrayList<>(params.stop());
        stops.add(stop);
        return params.withStop(stops);
    }

    /** What became of the pairs. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        /** Those with a rationale and an answer. */
        public PCollection<TeacherSample> samples() {
            return get(SAMPLES);
        }

        /**
         * Completions without the form that was shown: no rationale, no answer, and why in the further field {@link
         * FilterReport#REASON}, one of {@link RationaleParser}'s.
         */
        public PCollection<TeacherSample> unparsed() {
            return get(UNPARSED_TAG);
        }

        /** Pairs without a completion; with no attempt where the question does not fit the prompt. */
        public PCollection<Failure> failures() {
            return get(FAILURES);
        }
    }

    private static final class PromptFn extends DoFn<Question, Question> {

        private final FewShotPrompt prompt;
        private final int samples;
        private final Counter unasked = Metrics.counter(ExtractRationales.class, UNASKED);

        PromptFn(FewShotPrompt prompt, int samples) {
            this.prompt = prompt;
            this.samples = samples;
        }

        @ProcessElement
        public void prompt(@Element Question question, MultiOutputReceiver out) {
            Question prompted;
            try {
                prompted = prompt.apply(question);
            } catch (IllegalArgumentException e) {
                for (int index = 0; index < samples; index++) {
                    out.get(FAILURES).output(new Failure(question.id(), index, e.getMessage(), 0, question, Map.of()));
                }
                unasked.inc(samples);
                return;
            }
            out.get(PROMPTED).output(prompted);
        }
    }

    private static final class ParseFn extends DoFn<TeacherSample, TeacherSample> {

        private final RationaleParser parser;
        private final Counter extracted = Metrics.counter(ExtractRationales.class, EXTRACTED);
        private final Counter unparsed = Metrics.counter(ExtractRationales.class, UNPARSED);

        ParseFn(RationaleParser parser) {
            this.parser = parser;
        }

        @ProcessElement
        public void parse(@Element TeacherSample sample, MultiOutputReceiver out) {
            RationaleAndLabel found = parser.parse(sample.text(), TeacherSample.LENGTH.equals(sample.finishReason()));
            if (found instanceof RationaleAndLabel.Parsed parts) {
                out.get(SAMPLES).output(withoutReason(sample).withAnswer(parts.rationale(), parts.label()));
                extracted.inc();
                return;
            }
            String reason = ((RationaleAndLabel.Unparsed) found).reason();
            out.get(UNPARSED_TAG).output(FilterReport.withReason(sample.withAnswer(null, null), reason));
            unparsed.inc();
            Metrics.counter(ExtractRationales.class, UNPARSED + "-" + reason).inc();
        }

        /** An earlier run may have read the completion in another way. */
        private static TeacherSample withoutReason(TeacherSample sample) {
            if (!sample.extra().containsKey(FilterReport.REASON)) {
                return sample;
            }
            Map<String, JsonNode> extra = new LinkedHashMap<>(sample.extra());
            extra.remove(FilterReport.REASON);
            return sample.withExtra(extra);
        }
    }
}
