package dev.retort.pipelines;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a {@link RationaleJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param asking what became of the pairs that the teacher was asked
 * @param unasked pairs in failures.jsonl whose question does not fit the prompt
 * @param extracted rows of samples.jsonl
 * @param unparsed rows of rejected.jsonl, by reason
 */
public record RationaleOutcome(SampleOutcome asking, long unasked, long extracted, SortedMap<String, Long> unparsed) {

    public RationaleOutcome {
        unparsed = Collections.unmodifiableSortedMap(new TreeMap<>(unparsed));
    }

    /** Rows of failures.jsonl. */
    public long failed() {
        return asking.failed() + unasked;
    }

    /** Rows of rejected.jsonl. */
    public long rejected() {
        return unparsed.values().stream().mapToLong(Long::longValue).sum();
    }

    /** One line for a log. */
    public String summary() {
        String reasons =
                unparsed.entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining(", ", " (", ")"));
        return asking.summary() + ", questions that fit no prompt " + unasked + "; rationales " + extracted
                + ", unparsed " + rejected() + (unparsed.isEmpty() ? "" : reasons);
    }
}
