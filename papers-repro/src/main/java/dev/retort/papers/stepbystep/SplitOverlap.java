package dev.retort.papers.stepbystep;

import dev.retort.filter.Decontamination;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which rows of a test split a training split gives away, in four senses: the same input; the same input with every
 * number masked; the same story ({@link SplitOverlapItem#story}) with every number masked; a near duplicate. Two rows are
 * near duplicates when the sets of the words of their inputs have a Jaccard index (intersection over union) of at least
 * the threshold; words are runs of letters or of digits, in lower case.
 *
 * @param rows one for each test row, in the order of the split
 */
public record SplitOverlap(List<SplitOverlapRow> rows) {

    /** The Jaccard index from which two rows are near duplicates, where no other is asked for. */
    public static final double THRESHOLD = 0.8;

    public SplitOverlap {
        rows = List.copyOf(rows);
    }

    /**
     * Compares two splits of a data set.
     *
     * @param words of a gram, at least 1; 1 compares sets of words
     * @param threshold of the Jaccard index, in (0, 1]
     */
    public static SplitOverlap of(List<DssExample> train, List<DssExample> test, int words, double threshold) {
        return ofItems(
                train.stream().map(SplitOverlapItem::of).toList(),
                test.stream().map(SplitOverlapItem::of).toList(),
                words,
                threshold);
    }

    /** Compares two lists of rows; arguments as in {@link #of}. */
    public static SplitOverlap ofItems(
            List<SplitOverlapItem> train, List<SplitOverlapItem> test, int words, double threshold) {
        if (!(threshold > 0 && threshold <= 1)) {
            throw new IllegalArgumentException("the threshold must be in (0, 1], not " + threshold);
        }
        Map<String, Integer> firstByInput = new HashMap<>();
        Set<String> maskedInputs = new HashSet<>();
        Set<String> stories = new HashSet<>();
        for (int i = 0; i < train.size(); i++) {
            SplitOverlapItem item = train.get(i);
            firstByInput.putIfAbsent(item.input(), i);
            maskedInputs.add(Decontamination.maskNumbers(item.input()));
            stories.add(Decontamination.maskNumbers(item.story()));
        }
        SplitOverlapIndex index = new SplitOverlapIndex(
                train.stream().map(SplitOverlapItem::input).toList(), words);
        List<SplitOverlapRow> rows = new ArrayList<>();
        for (SplitOverlapItem item : test) {
            Integer same = firstByInput.get(item.input());
            SplitOverlapIndex.Match near = index.nearest(item.input());
            rows.add(new SplitOverlapRow(
                    item.id(),
                    same != null,
                    maskedInputs.contains(Decontamination.maskNumbers(item.input())),
                    stories.contains(Decontamination.maskNumbers(item.story())),
                    near != null && near.common() >= threshold * near.union(),
                    near == null
                            ? null
                            : train.get(same == null ? near.text() : same).id(),
                    near == null ? 0 : (double) near.common() / near.union()));
        }
        return new SplitOverlap(rows);
    }

    /** Rows of the test split. */
    public int testSize() {
        return rows.size();
    }

    /** Ids of test rows whose whole input occurs in training. */
    public List<String> exact() {
        return ids(SplitOverlapRow::exact);
    }

    /** Ids of test rows whose whole input, numbers masked, occurs in training. */
    public List<String> maskedInput() {
        return ids(SplitOverlapRow::maskedInput);
    }

    /** Ids of test rows whose story, numbers masked, occurs in training. */
    public List<String> story() {
        return ids(SplitOverlapRow::story);
    }

    /** Ids of test rows that are near duplicates of a training row. */
    public List<String> near() {
        return ids(SplitOverlapRow::near);
    }

    private List<String> ids(Predicate<SplitOverlapRow> sense) {
        return rows.stream().filter(sense).map(SplitOverlapRow::id).toList();
    }

    /** The story with its numbers masked: equal for the variants that SVAMP made of one problem by other numbers. */
    static String maskedStory(DssExample example) {
        return Decontamination.maskNumbers(example.story());
    }
}
