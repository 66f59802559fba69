package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.AnswerForm;
import dev.retort.filter.FilterPrecision;
import dev.retort.filter.FilterReport;
import dev.retort.filter.FilterSpec;
import dev.retort.filter.Perturbation;
import dev.retort.filter.PerturbationGroups;
import dev.retort.filter.SampleFilter;
import dev.retort.filter.VariantFilter;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Lets filters judge the samples of each question, as {@link FilterReport} does: every sample is kept, or rejected with the
 * reason among its further fields. A sample without its question is an error. A 64th of questions and samples is in memory at
 * a time.
 */
public final class FilterSamples extends PTransform<PCollection<TeacherSample>, FilterSamples.Result> {

    /** The metric that counts kept samples. */
    public static final String KEPT = "kept";

    /** The metric that counts rejected samples; those of one reason are counted under "rejected-REASON". */
    public static final String REJECTED = "rejected";

    /** The metric that counts questions, variants aside. */
    public static final String QUESTIONS = "questions";

    /** The metric that counts questions of which at least one sample was kept. */
    public static final String QUESTIONS_KEPT = "questions-kept";

    /** The metrics of {@link FilterPrecision}'s counts, with {@link #withPrecision}. */
    public static final String KNOWN_KEPT = "known-kept";

    public static final String RIGHT_KEPT = "right-kept";
    public static final String KNOWN = "known";
    public static final String RIGHT = "right";
    public static final String UNKNOWN = "unknown";

    private static final TupleTag<TeacherSample> KEPT_TAG = new TupleTag<>("kept");
    private static final TupleTag<TeacherSample> REJECTED_TAG = new TupleTag<>("rejected");

    private final PCollection<Question> questions;
    private final Plan plan;

    /**
     * A filter: one of the two.
     *
     * @param alone judges the samples of a question by themselves, or null
     * @param overVariants judges them beside those of the question's variants, or null
     */
    private record Step(FilterFactory alone, FilterSpec.PerturbationConsistency overVariants) implements Serializable {}

    /**
     * All that a worker needs to know.
     *
     * @param precisionBy which answers are right, or null where that is not counted
     */
    private record Plan(List<Step> steps, AnswerForm precisionBy) implements Serializable {

        boolean isOverVariants() {
            return steps.stream().anyMatch(step -> step.overVariants() != null);
        }
    }

    private FilterSamples(PCollection<Question> questions, Plan plan) {
        this.questions = questions;
        this.plan = plan;
    }

    /** Judges samples of these questions; without a filter all are kept. */
    public static FilterSamples of(PCollection<Question> questions) {
        return new FilterSamples(questions, new Plan(List.of(), null));
    }

    /** With one more filter, after the others: the first that rejects gives the reason. */
    public FilterSamples withFilter(FilterFactory filter) {
        return with(new Step(filter, null));
    }

    /**
     * With one more filter, after the others, that judges a question's samples beside those of its variants. The questions
     * hold the variants too, whose own samples are rejected as {@code variant} before any filter; a variant without its
     * question is an error.
     */
    public FilterSamples withPerturbationFilter(FilterSpec.PerturbationConsistency filter) {
        return with(new Step(null, filter));
    }

    private FilterSamples with(Step step) {
        List<Step> more = new ArrayList<>(plan.steps());
        more.add(step);
        return new FilterSamples(questions, new Plan(List.copyOf(more), plan.precisionBy()));
    }

    /** With these filters and no others. */
    public FilterSamples withFilters(List<FilterFactory> newFilters) {
        List<Step> steps =
                newFilters.stream().map(filter -> new Step(filter, null)).toList();
        return new FilterSamples(questions, new Plan(List.copyOf(steps), plan.precisionBy()));
    }

    /** With the filters of a plan and no others; samples of variants are rejected as {@code variant} before all of them. */
    public FilterSamples withPlan(FilterPlan filters) {
        FilterSamples filtered = withFilters(List.of(VariantFilter::new));
        for (FilterSpec spec : filters.specs()) {
            if (spec instanceof FilterSpec.PerturbationConsistency overVariants) {
                filtered = filtered.withPerturbationFilter(overVariants);
            } else if (spec instanceof FilterSpec.AgainstQuestions against) {
                filtered = filtered.withFilter(new AgainstFiles(against, filters.evaluation()));
            } else {
                filtered = filtered.withFilter(((FilterSpec.Alone) spec)::create);
            }
        }
        return filtered;
    }

    /** Counts how many samples are right, of those with a reference: of all and of the kept ones, after they were judged. */
    public FilterSamples withPrecision(AnswerForm answers) {
        return new FilterSamples(questions, new Plan(plan.steps(), answers));
    }

    @Override
    public Result expand(PCollection<TeacherSample> samples) {
        PCollection<KV<Question, List<TeacherSample>>> joined = questions.apply("Join", new JoinSamples(samples));
        TupleTagList others = TupleTagList.of(REJECTED_TAG);
        PCollectionTuple outputs = plan.isOverVariants()
                ? joined.apply("ToOriginal", ParDo.of(new OriginalFn()))
                        .setCoder(KvCoder.of(VarIntCoder.of(), JoinSamples.coder()))
                        .apply("GroupVariants", GroupByKey.create())
                        .apply("Judge", ParDo.of(new JudgeTogetherFn(plan)).withOutputTags(KEPT_TAG, others))
                : joined.apply("Judge", ParDo.of(new JudgeFn(plan)).withOutputTags(KEPT_TAG, others));
        outputs.get(KEPT_TAG).setCoder(RowCoder.of(TeacherSample.class));
        outputs.get(REJECTED_TAG).setCoder(RowCoder.of(TeacherSample.class));
        return new Result(outputs);
    }

    /** What became of the samples. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        public PCollection<TeacherSample> kept() {
            return get(KEPT_TAG);
        }

        /** Each with why in the further field {@link FilterReport#REASON}. */
        public PCollection<TeacherSample> rejected() {
            return get(REJECTED_TAG);
        }
    }

    /** Brings a question and its variants into one group, whatever their ids look like. */
    private static final class OriginalFn
            extends DoFn<KV<Question, List<TeacherSample>>, KV<Integer, KV<Question, List<TeacherSample>>>> {

        @ProcessElement
        public void key(
                @Element KV<Question, List<TeacherSample>> item,
                OutputReceiver<KV<Integer, KV<Question, List<TeacherSample>>>> out)
                throws IOException {
            Question question = item.getKey();
            try {
                String original = Perturbation.isVariant(question) ? Perturbation.originalId(question) : question.id();
                out.output(KV.of(JoinSamples.shard(original), item));
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    /** Judges on a worker, and counts. */
    abstract static class JudgingFn<T> extends DoFn<T, TeacherSample> {

        private final Plan plan;
        private final Counter kept = Metrics.counter(FilterSamples.class, KEPT);
        private final Counter rejected = Metrics.counter(FilterSamples.class, REJECTED);
        private final Counter questions = Metrics.counter(FilterSamples.class, QUESTIONS);
        private final Counter questionsKept = Metrics.counter(FilterSamples.class, QUESTIONS_KEPT);

        private transient List<SampleFilter> alone;

        JudgingFn(Plan plan) {
            this.plan = plan;
        }

        @Setup
        public void setup() {
            alone = new ArrayList<>();
            for (Step step : plan.steps()) {
                alone.add(step.alone() == null ? null : step.alone().create());
            }
        }

        final void judge(List<Question> asked, List<TeacherSample> samples, MultiOutputReceiver out)
                throws IOException {
            FilterReport report =
                    plan.isOverVariants() ? overVariants(asked, samples) : FilterReport.of(asked, samples, alone);
            report.kept().forEach(sample -> out.get(KEPT_TAG).output(sample));
            report.rejected().forEach(sample -> out.get(REJECTED_TAG).output(sample));
            kept.inc(report.kept().size());
            rejected.inc(report.rejected().size());
            questions.inc(asked.stream()
                    .filter(question -> !Perturbation.isVariant(question))
                    .count());
            questionsKept.inc(report.questionsKept());
            report.reasons().forEach((reason, count) -> count(REJECTED + "-" + reason, count));
            if (plan.precisionBy() != null) {
                countRight(FilterPrecision.of(report, asked, plan.precisionBy().equality()));
            }
        }

        private FilterReport overVariants(List<Question> asked, List<TeacherSample> samples) throws IOException {
            PerturbationGroups groups;
            try {
                groups = PerturbationGroups.of(asked, samples);
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
            List<SampleFilter> filters = new ArrayList<>();
            for (int i = 0; i < alone.size(); i++) {
                SampleFilter filter = alone.get(i);
                filters.add(
                        filter != null
                                ? filter
                                : groups.filter(
                                        plan.steps().get(i).overVariants().create()));
            }
            return groups.report(filters);
        }

        private static void countRight(FilterPrecision precision) {
            count(KNOWN_KEPT, precision.kept());
            count(RIGHT_KEPT, precision.keptRight());
            count(KNOWN, precision.all());
            count(RIGHT, precision.allRight());
            count(UNKNOWN, precision.unknown());
        }

        private static void count(String name, int count) {
            Metrics.counter(FilterSamples.class, name).inc(count);
        }
    }

    private static final class JudgeFn extends JudgingFn<KV<Question, List<TeacherSample>>> {

        JudgeFn(Plan plan) {
            super(plan);
        }

        @ProcessElement
        public void judge(@Element KV<Question, List<TeacherSample>> item, MultiOutputReceiver out) throws IOException {
            judge(List.of(item.getKey()), item.getValue(), out);
        }
    }

    private static final class JudgeTogetherFn
            extends JudgingFn<KV<Integer, Iterable<KV<Question, List<TeacherSample>>>>> {

        JudgeTogetherFn(Plan plan) {
            super(plan);
        }

        @ProcessElement
        public void judge(
                @Element KV<Integer, Iterable<KV<Question, List<TeacherSample>>>> shard, MultiOutputReceiver out)
                throws IOException {
            List<Question> asked = new ArrayList<>();
            List<TeacherSample> samples = new ArrayList<>();
            for (KV<Question, List<TeacherSample>> item : shard.getValue()) {
                asked.add(item.getKey());
                samples.addAll(item.getValue());
            }
            judge(asked, samples, out);
        }
    }
}
