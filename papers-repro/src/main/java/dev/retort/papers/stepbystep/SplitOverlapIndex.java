package dev.retort.papers.stepbystep;

import dev.retort.filter.WordGrams;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds the text with the highest Jaccard index (intersection over union) of sets of n-grams of words, exactly;
 * see {@link WordGrams}.
 */
final class SplitOverlapIndex {

    private static final int[] NONE = {};

    private final int n;
    private final int[] sizes;
    private final Map<String, int[]> textsByGram = new HashMap<>();

    /** The nearest text and what it shares. */
    record Match(int text, int common, int union) {

        private boolean isBelow(int otherCommon, int otherUnion) {
            return (long) common * otherUnion < (long) otherCommon * union;
        }
    }

    SplitOverlapIndex(List<String> texts, int n) {
        if (n < 1) {
            throw new IllegalArgumentException("a gram must have at least 1 word, not " + n);
        }
        this.n = n;
        this.sizes = new int[texts.size()];
        Map<String, IntStream.Builder> lists = new HashMap<>();
        for (int text = 0; text < sizes.length; text++) {
            Set<String> grams = WordGrams.of(texts.get(text), n);
            sizes[text] = grams.size();
            for (String gram : grams) {
                lists.computeIfAbsent(gram, key -> IntStream.builder()).add(text);
            }
        }
        lists.forEach((gram, list) -> textsByGram.put(gram, list.build().toArray()));
    }

    /** The first of the nearest texts, or null where none shares a gram. */
    Match nearest(String text) {
        Set<String> grams = WordGrams.of(text, n);
        int[] common = new int[sizes.length];
        for (String gram : grams) {
            for (int other : textsByGram.getOrDefault(gram, NONE)) {
                common[other]++;
            }
        }
        Match best = null;
        for (int other = 0; other < sizes.length; other++) {
            int union = grams.size() + sizes[other] - common[other];
            if (common[other] > 0 && (best == null || best.isBelow(common[other], union))) {
                best = new Match(other, common[other], union);
            }
        }
        return best;
    }
}
