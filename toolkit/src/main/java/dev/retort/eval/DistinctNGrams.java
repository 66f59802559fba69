package dev.retort.eval;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Dist-n: how many of a model's n-grams are distinct, counted over all its answers together.
 *
 * <p>Li et al. (2016, arXiv 1510.03055) divide the distinct n-grams by the generated tokens; here they are divided by the
 * n-grams, as in MiniLLM (arXiv 2306.08543, Table 3 and the raw counts of Table 5, n = 4). The files of its released code
 * that were seen hold no such count, so whether it counts words or token ids is not known.
 *
 * @param distinct different n-grams
 * @param total all n-grams; an answer shorter than n has none
 */
public record DistinctNGrams(long distinct, long total) {

    /** Counts over token ids. */
    public static DistinctNGrams ofIds(List<int[]> answers, int n) {
        return count(answers.stream().map(ids -> Arrays.stream(ids).boxed().toList()), n);
    }

    /** Counts over words as white space parts them, case and punctuation kept. */
    public static DistinctNGrams ofWords(List<String> answers, int n) {
        return count(
                answers.stream().map(text -> Arrays.stream(text.split("(?U)\\s+"))
                        .filter(word -> !word.isEmpty())
                        .toList()),
                n);
    }

    private static DistinctNGrams count(Stream<? extends List<?>> answers, int n) {
        if (n < 1) {
            throw new IllegalArgumentException("an n-gram has at least 1 part, not " + n);
        }
        Set<List<?>> seen = new HashSet<>();
        long total = 0;
        for (List<?> answer : answers.toList()) {
            for (int i = 0; i + n <= answer.size(); i++) {
                seen.add(answer.subList(i, i + n));
                total++;
            }
        }
        return new DistinctNGrams(seen.size(), total);
    }

    /** Distinct over all, 0 to 1; NaN where every answer is shorter than n. */
    public double value() {
        return (double) distinct / total;
    }
}
