package dev.retort.papers.stepbystep;

import dev.retort.data.DataCatalogue;
import dev.retort.papers.stepbystep.ReleasedConfig.Data;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which rows of a data set are trained on, chosen on and tested on. Training rows of a smaller budget lie within those of a
 * larger one of the same seed.
 */
final class ReleasedData {

    private static final int FOLD_SEED = 0;
    private static final int VALIDATION_SEED = 0;

    private final DssDataSet dataSet;
    private final Data use;
    private final DataCatalogue catalogue;
    private final List<DssExample> trainSplit;
    private final List<DssExample> testSplit;
    private final Map<Integer, List<List<DssExample>>> folds = new HashMap<>();
    private final List<DssExample> pool = new ArrayList<>();
    private final List<DssExample> validation = new ArrayList<>();
    private final List<DssExample> test;

    ReleasedData(DssDataSet dataSet, Data use, DataCatalogue catalogue) throws IOException {
        this.dataSet = dataSet;
        this.use = use;
        this.catalogue = catalogue;
        trainSplit = dataSet.load(catalogue, use.trainSplit());
        testSplit = dataSet.load(catalogue, use.testSplit());
        // Validation rows are the same for every seed, and no training row is among them.
        Set<Integer> apart = new HashSet<>();
        for (int index : Subset.of(trainSplit.size(), use.validationSize(), VALIDATION_SEED)) {
            apart.add(index);
        }
        for (int i = 0; i < trainSplit.size(); i++) {
            (apart.contains(i) ? validation : pool).add(trainSplit.get(i));
        }
        test = use.testSize() == null
                ? testSplit
                : Subset.pick(testSplit, Subset.ofTest(testSplit.size(), use.testSize()));
    }

    DssDataSet dataSet() {
        return dataSet;
    }

    /** What training rows are drawn from. */
    List<DssExample> pool() {
        return pool;
    }

    /** The whole split that is trained on, or that is tested on. */
    List<DssExample> all(boolean isTest) {
        return isTest ? testSplit : trainSplit;
    }

    String splitName(boolean isTest) {
        return isTest ? use.testSplit() : use.trainSplit();
    }

    /** Rows for choosing settings. */
    List<DssExample> validation() {
        return validation;
    }

    /** The rows a row of the table is tested on. */
    List<DssExample> test(RowSpec row) {
        return row.fold() == null ? test : folds(row).get(row.fold());
    }

    /** The rows from which a row of the table takes those it is trained on. */
    private List<DssExample> available(RowSpec row) {
        return row.fold() == null ? pool : StoryFolds.trainingRows(folds(row), row.fold());
    }

    /** The rows a row of the table is trained on. */
    List<DssExample> train(RowSpec row, int seed) throws IOException {
        List<DssExample> from = available(row);
        int size = row.labels() != null
                ? row.labels()
                : (int) Math.round(from.size() * (row.fraction() == null ? 1 : row.fraction()));
        if (size > from.size()) {
            throw new IOException(row.name(seed) + " asks for " + size + " training rows; " + dataSet.title() + " has "
                    + from.size());
        }
        List<DssExample> rows = new ArrayList<>(Subset.pick(from, Subset.of(from.size(), size, seed)));
        if (row.method().addsAsdiv()) {
            rows.addAll(asdiv(row));
        }
        return rows;
    }

    private List<DssExample> asdiv(RowSpec row) throws IOException {
        List<DssExample> problems = AsdivProblems.load(catalogue).problems();
        if (row.method() == Method.STANDARD_FINETUNING_ASDIV) {
            return problems;
        }
        SplitOverlap overlap = SplitOverlap.of(test(row), problems, 1, SplitOverlap.THRESHOLD);
        List<DssExample> kept = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            SplitOverlapRow found = overlap.rows().get(i);
            if (!found.exact() && !found.maskedInput() && !found.story() && !found.near()) {
                kept.add(problems.get(i));
            }
        }
        return kept;
    }

    private List<List<DssExample>> folds(RowSpec row) {
        return folds.computeIfAbsent(row.folds(), count -> {
            List<DssExample> all = new ArrayList<>(trainSplit);
            all.addAll(testSplit);
            return StoryFolds.of(all, count, FOLD_SEED);
        });
    }

    /** A number for every test row, equal for rows of one story: premise, or problem text without its numbers. */
    static int[] stories(List<DssExample> rows) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        return rows.stream()
                .mapToInt(row -> {
                    String story = SplitOverlap.maskedStory(row);
                    Integer number = numbers.putIfAbsent(story, numbers.size());
                    return number == null ? numbers.size() - 1 : number;
                })
                .toArray();
    }

    /** The lessons of rows for a student whose end-of-sequence text is this. */
    static List<Lesson> lessons(List<DssExample> rows, String eos) {
        return rows.stream().map(row -> lesson(row, eos)).toList();
    }

    /** A row as the student reads it: premise and hypothesis are joined by its end-of-sequence text, as in the code. */
    static Lesson lesson(DssExample row, String eos) {
        return new Lesson(row.id(), row.inputJoinedBy(eos), row.label(), row.teacherLabel(), row.rationale());
    }

    /**
     * Which of the test rows have a story that occurs among all rows there are to train on, numbers aside, whatever part of
     * them the row takes: the same for every fraction.
     */
    boolean[] seenStories(RowSpec row) {
        Set<String> seen = new HashSet<>();
        for (DssExample example : available(row)) {
            seen.add(SplitOverlap.maskedStory(example));
        }
        List<DssExample> rows = test(row);
        boolean[] found = new boolean[rows.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = seen.contains(SplitOverlap.maskedStory(rows.get(i)));
        }
        return found;
    }

    /** How often the teacher is right on the test rows of a row. */
    double[] teacherScores(RowSpec row) {
        return test(row).stream()
                .mapToDouble(
                        example -> TeacherAccuracy.isCorrect(dataSet, example.teacherLabel(), example.label()) ? 1 : 0)
                .toArray();
    }
}
