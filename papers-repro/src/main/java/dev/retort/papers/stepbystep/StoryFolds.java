package dev.retort.papers.stepbystep;

import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Folds for cross-validation that keep rows of one story together, numbers aside. SVAMP varies its stories, and the
 * authors' random split puts variants of one story on both sides.
 */
public final class StoryFolds {

    private StoryFolds() {}

    /**
     * Deals whole stories, the largest first and equal ones in a random order, each to the smallest fold so far.
     *
     * @param count folds, at least 2 and at most as many as there are stories
     * @return the folds; within a fold the rows keep their order
     */
    public static List<List<DssExample>> of(List<DssExample> examples, int count, long seed) {
        Map<String, List<Integer>> rowsByStory = new LinkedHashMap<>();
        for (int i = 0; i < examples.size(); i++) {
            rowsByStory
                    .computeIfAbsent(SplitOverlap.maskedStory(examples.get(i)), story -> new ArrayList<>())
                    .add(i);
        }
        if (count < 2 || count > rowsByStory.size()) {
            throw new IllegalArgumentException(
                    "folds must be 2 to " + rowsByStory.size() + ", the number of stories, not " + count);
        }
        List<List<Integer>> stories = new ArrayList<>(rowsByStory.values());
        List<List<Integer>> shuffled = new ArrayList<>();
        for (int at : SeededRandom.permutation(stories.size(), SeededRandom.of(seed, "step-by-step/story-folds"))) {
            shuffled.add(stories.get(at));
        }
        shuffled.sort(
                Comparator.comparingInt((List<Integer> rows) -> rows.size()).reversed());

        List<List<Integer>> folds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            folds.add(new ArrayList<>());
        }
        for (List<Integer> rows : shuffled) {
            folds.stream()
                    .min(Comparator.comparingInt(List::size))
                    .orElseThrow()
                    .addAll(rows);
        }
        return folds.stream()
                .map(rows -> rows.stream().sorted().map(examples::get).toList())
                .toList();
    }

    /** All rows but those of one fold, fold by fold: what is trained on where that fold is tested. */
    public static List<DssExample> trainingRows(List<List<DssExample>> folds, int testFold) {
        List<DssExample> rows = new ArrayList<>();
        for (int i = 0; i < folds.size(); i++) {
            if (i != testFold) {
                rows.addAll(folds.get(i));
            }
        }
        return rows;
    }
}
