package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rejects all samples of a question whose text nearly is one of the given texts, as {@code near-duplicate}: against test
 * sets, so that nothing of them is trained on, or against seeds. Two texts are near when the sets of their n-grams of words
 * have a Jaccard index (intersection over union) of at least the threshold; see {@link WordGrams}.
 */
public final class NearDuplicateFilter implements SampleFilter {

    /** The reason. */
    public static final String NEAR_DUPLICATE = "near-duplicate";

    private final Index index;

    /**
     * A filter against these questions' texts, whatever their ids.
     *
     * @param against for instance the test questions
     * @param n words of a gram, at least 1
     * @param threshold of the Jaccard index, in (0, 1]
     */
    public NearDuplicateFilter(Collection<Question> against, int n, double threshold) {
        this.index = new Index(n, threshold);
        against.forEach(question -> index.add(question.text()));
    }

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        Verdict verdict = Verdict.keptIf(!index.hasNear(question.text()), NEAR_DUPLICATE);
        return Collections.nCopies(samples.size(), verdict);
    }

    /**
     * The questions in their order without those that nearly are one kept before them.
     *
     * @param n words of a gram, at least 1
     * @param threshold of the Jaccard index, in (0, 1]
     */
    public static List<Question> distinct(List<Question> questions, int n, double threshold) {
        Index seen = new Index(n, threshold);
        List<Question> kept = new ArrayList<>();
        for (Question question : questions) {
            if (!seen.hasNear(question.text())) {
                seen.add(question.text());
                kept.add(question);
            }
        }
        return kept;
    }

    static void check(int n, double threshold) {
        if (n < 1 || !(threshold > 0 && threshold <= 1)) {
            throw new IllegalArgumentException(
                    "near duplicates need n >= 1 and a threshold in (0, 1], not " + n + " and " + threshold);
        }
    }

    /** Texts by their grams: only texts that share a gram are compared. */
    static final class Index {

        private final int n;
        private final double threshold;
        private final List<Integer> sizes = new ArrayList<>();
        private final Map<String, List<Integer>> textsByGram = new HashMap<>();

        Index(int n, double threshold) {
            check(n, threshold);
            this.n = n;
            this.threshold = threshold;
        }

        void add(String text) {
            Set<String> grams = WordGrams.of(text, n);
            for (String gram : grams) {
                textsByGram.computeIfAbsent(gram, key -> new ArrayList<>()).add(sizes.size());
            }
            sizes.add(grams.size());
        }

        /** Whether one of the texts has a Jaccard index of at least the threshold. */
        boolean hasNear(String text) {
            Set<String> grams = WordGrams.of(text, n);
            return shared(grams).entrySet().stream().anyMatch(other -> {
                int common = other.getValue();
                int union = grams.size() + sizes.get(other.getKey()) - common;
                return common >= threshold * union;
            });
        }

        /** Whether at least the threshold's share of the grams of one of the texts occurs in this one (containment). */
        boolean hasContained(String text) {
            return shared(WordGrams.of(text, n)).entrySet().stream()
                    .anyMatch(other -> other.getValue() >= threshold * sizes.get(other.getKey()));
        }

        /** How many of these grams each text has that has any. */
        private Map<Integer, Integer> shared(Set<String> grams) {
            Map<Integer, Integer> shared = new HashMap<>();
            for (String gram : grams) {
                for (int other : textsByGram.getOrDefault(gram, List.of())) {
                    shared.merge(other, 1, Integer::sum);
                }
            }
            return shared;
        }
    }
}
