package dev.retort.pipelines;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a {@link PerturbJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param asking what became of the pairs that the teacher was asked, requests for other words among them
 * @param questions given
 * @param variants made of them
 * @param replies to requests for other words, which are no rows of samples.jsonl
 * @param notApplied what was made nothing of, by "KIND: REASON", sorted
 * @param filtering what the filters made of the samples; empty without filters
 */
public record PerturbOutcome(
        SampleOutcome asking,
        long questions,
        long variants,
        long replies,
        SortedMap<String, Long> notApplied,
        Optional<FilterOutcome> filtering) {

    public PerturbOutcome {
        notApplied = Collections.unmodifiableSortedMap(new TreeMap<>(notApplied));
    }

    /** Lines for a log. */
    public String summary() {
        StringBuilder text = new StringBuilder(variants + " variants of " + questions + " questions");
        if (!notApplied.isEmpty()) {
            text.append("; not applied: ").append(FilterOutcome.written(notApplied));
        }
        text.append('\n').append(asking.summary());
        if (replies > 0) {
            text.append("; of the answers, other words ").append(replies);
        }
        filtering.ifPresent(filtered -> text.append('\n').append(filtered.summary()));
        return text.toString();
    }
}
