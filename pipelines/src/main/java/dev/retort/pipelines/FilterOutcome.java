package dev.retort.pipelines;

import dev.retort.filter.FilterPrecision;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.beam.sdk.PipelineResult;

/**
 * What filters made of the samples of a job, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param kept rows of kept.jsonl
 * @param reasons rows of rejected.jsonl by reason, sorted
 * @param questions that were judged, variants aside
 * @param questionsKept of these with at least one kept sample
 * @param malformed lines of the files that a {@link FilterJob} read that are no rows
 * @param precision how many samples are right; empty where no question has a reference, or a filter read them
 */
public record FilterOutcome(
        long kept,
        SortedMap<String, Long> reasons,
        long questions,
        long questionsKept,
        long malformed,
        Optional<FilterPrecision> precision) {

    public FilterOutcome {
        reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    }

    static FilterOutcome of(PipelineResult result, long malformed) {
        FilterPrecision precision = new FilterPrecision(
                count(result, FilterSamples.KNOWN_KEPT),
                count(result, FilterSamples.RIGHT_KEPT),
                count(result, FilterSamples.KNOWN),
                count(result, FilterSamples.RIGHT),
                count(result, FilterSamples.UNKNOWN));
        return new FilterOutcome(
                SampleJob.count(result, FilterSamples.class, FilterSamples.KEPT),
                Counts.byName(result, FilterSamples.class, FilterSamples.REJECTED + "-"),
                SampleJob.count(result, FilterSamples.class, FilterSamples.QUESTIONS),
                SampleJob.count(result, FilterSamples.class, FilterSamples.QUESTIONS_KEPT),
                malformed,
                precision.all() == 0 ? Optional.empty() : Optional.of(precision));
    }

    private static int count(PipelineResult result, String name) {
        return Math.toIntExact(SampleJob.count(result, FilterSamples.class, name));
    }

    /** Rows of rejected.jsonl. */
    public long rejected() {
        return reasons.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Lines for a log: what was kept, why the rest was not, and what is right where that is known. */
    public String summary() {
        StringBuilder text = new StringBuilder("kept " + kept + " of " + (kept + rejected()) + " samples, of "
                + questionsKept + " of " + questions + " questions");
        if (malformed > 0) {
            text.append("; malformed lines ").append(malformed);
        }
        if (!reasons.isEmpty()) {
            text.append("\nrejected: ").append(written(reasons));
        }
        precision.ifPresent(found -> text.append('\n').append(found.summary()));
        return text.toString();
    }

    /** Counts between commas, each behind its name. */
    static String written(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }
}
