package dev.retort.answer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The outcome of a vote over samples.
 *
 * @param winner the winning answer as it was first given, or empty when the rule names none
 * @param votes the votes of the most frequent answer, 0 when there was no answer
 * @param total the samples that voted, those without an answer included
 * @param counts votes by normalised answer, in the order of first appearance
 */
public record Vote(Optional<String> winner, int votes, int total, Map<String, Integer> counts) {

    /** Copies the counts. */
    public Vote {
        counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
    }

    /** The share of all samples that gave the most frequent answer, in [0, 1]; 0 for no samples. */
    public double agreement() {
        return total == 0 ? 0 : (double) votes / total;
    }
}
