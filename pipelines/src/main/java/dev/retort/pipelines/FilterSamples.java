package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterReport;
import dev.retort.filter.SampleFilter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
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

    private static final TupleTag<TeacherSample> KEPT_TAG = new TupleTag<>("kept");
    private static final TupleTag<TeacherSample> REJECTED_TAG = new TupleTag<>("rejected");

    private final PCollection<Question> questions;
    private final List<FilterFactory> filters;

    private FilterSamples(PCollection<Question> questions, List<FilterFactory> filters) {
        this.questions = questions;
        this.filters = List.copyOf(filters);
    }

    /** Judges samples of these questions; without a filter all are kept. */
    public static FilterSamples of(PCollection<Question> questions) {
        return new FilterSamples(questions, List.of());
    }

    /** With one more filter, after the others: the first that rejects gives the reason. */
    public FilterSamples withFilter(FilterFactory filter) {
        List<FilterFactory> more = new ArrayList<>(filters);
        more.add(filter);
        return new FilterSamples(questions, more);
    }

    /** With these filters and no others. */
    public FilterSamples withFilters(List<FilterFactory> newFilters) {
        return new FilterSamples(questions, newFilters);
    }

    @Override
    public Result expand(PCollection<TeacherSample> samples) {
        PCollectionTuple outputs = questions
                .apply("Join", new JoinSamples(samples))
                .apply("Judge", ParDo.of(new JudgeFn(filters)).withOutputTags(KEPT_TAG, TupleTagList.of(REJECTED_TAG)));
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

    static final class JudgeFn extends DoFn<KV<Question, List<TeacherSample>>, TeacherSample> {

        private final List<FilterFactory> factories;
        private final Counter kept = Metrics.counter(FilterSamples.class, KEPT);
        private final Counter rejected = Metrics.counter(FilterSamples.class, REJECTED);

        private transient List<SampleFilter> filters;

        JudgeFn(List<FilterFactory> factories) {
            this.factories = factories;
        }

        @Setup
        public void setup() {
            filters = factories.stream().map(FilterFactory::create).toList();
        }

        @ProcessElement
        public void judge(@Element KV<Question, List<TeacherSample>> item, MultiOutputReceiver out) {
            List<TeacherSample> samples = new ArrayList<>(item.getValue());
            samples.sort(Comparator.comparingInt(TeacherSample::sampleIndex));
            FilterReport report = FilterReport.of(List.of(item.getKey()), samples, filters);
            report.kept().forEach(sample -> out.get(KEPT_TAG).output(sample));
            report.rejected().forEach(sample -> out.get(REJECTED_TAG).output(sample));
            kept.inc(report.kept().size());
            rejected.inc(report.rejected().size());
            report.reasons().forEach((reason, count) -> Metrics.counter(FilterSamples.class, REJECTED + "-" + reason)
                    .inc(count));
        }
    }
}
