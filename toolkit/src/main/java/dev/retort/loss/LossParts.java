package dev.retort.loss;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Named loss terms, each a sum and a count, never a mean: parts of micro-batches add up to the part of the whole step.
 *
 * @param terms by name
 */
public record LossParts(Map<String, Term> terms) {

    /**
     * One term.
     *
     * @param sum over labelled tokens, in nats unless the term says otherwise, with the examples' weights
     * @param count of labelled tokens
     */
    public record Term(double sum, long count) {

        /** The sum over the count; 0 where nothing was counted. */
        public double mean() {
            return count == 0 ? 0 : sum / count;
        }
    }

    public LossParts {
        terms = Collections.unmodifiableMap(new TreeMap<>(terms));
    }

    /** No terms. */
    public static LossParts none() {
        return new LossParts(Map.of());
    }

    /** Sums and counts added by name. */
    public LossParts plus(LossParts other) {
        Map<String, Term> added = new TreeMap<>(terms);
        other.terms.forEach(
                (name, term) -> added.merge(name, term, (a, b) -> new Term(a.sum() + b.sum(), a.count() + b.count())));
        return new LossParts(added);
    }

    /** The sum over terms of weight times mean; a term without a weight is an error. */
    public double weighted(Map<String, Double> weights) {
        double value = 0;
        for (Map.Entry<String, Term> entry : terms.entrySet()) {
            Double weight = weights.get(entry.getKey());
            if (weight == null) {
                throw new IllegalArgumentException(
                        "the loss term '" + entry.getKey() + "' has no weight; weights: " + weights.keySet());
            }
            value += weight * entry.getValue().mean();
        }
        return value;
    }
}
