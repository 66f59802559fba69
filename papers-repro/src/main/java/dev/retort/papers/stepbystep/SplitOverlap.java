package dev.retort.papers.stepbystep;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.NearDuplicateFilter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Which rows of a test split a training split gives away, from the strictest sense to the widest.
 *
 * @param testSize rows of the test split
 * @param exact ids of test rows whose whole input occurs in training
 * @param masked the same with every number masked
 * @param story ids of test rows whose story ({@link DssExample#story}), numbers masked, occurs in training
 * @param near ids of test rows near to a training row: Jaccard index of the two inputs' words, as
 *     {@link NearDuplicateFilter} counts them
 */
public record SplitOverlap(
        int testSize, List<String> exact, List<String> masked, List<String> story, List<String> near) {

    private static final Pattern NUMBER = Pattern.compile("[0-9]+(?:[.,][0-9]+)*");

    /**
     * Compares two splits of a data set.
     *
     * @param words of a gram, at least 1; 1 compares sets of words
     * @param threshold of the Jaccard index, in (0, 1]
     */
    public static SplitOverlap of(List<DssExample> train, List<DssExample> test, int words, double threshold) {
        NearDuplicateFilter filter = new NearDuplicateFilter(
                train.stream().map(SplitOverlap::question).toList(), words, threshold);
        return new SplitOverlap(
                test.size(),
                shared(train, test, DssExample::input),
                shared(train, test, example -> maskNumbers(example.input())),
                shared(train, test, SplitOverlap::maskedStory),
                test.stream()
                        .filter(example -> isNear(filter, example))
                        .map(DssExample::id)
                        .toList());
    }

    /** The text with # for every number: a run of digits, with points and commas inside it. */
    static String maskNumbers(String text) {
        return NUMBER.matcher(text).replaceAll("#");
    }

    /** The story with its numbers masked: equal for the variants that SVAMP made of one problem by other numbers. */
    static String maskedStory(DssExample example) {
        return maskNumbers(example.story());
    }

    private static List<String> shared(
            List<DssExample> train, List<DssExample> test, Function<DssExample, String> text) {
        Set<String> seen = new HashSet<>();
        train.forEach(example -> seen.add(text.apply(example)));
        return test.stream()
                .filter(example -> seen.contains(text.apply(example)))
                .map(DssExample::id)
                .toList();
    }

    private static boolean isNear(NearDuplicateFilter filter, DssExample example) {
        // The filter judges a question by its text alone, once for each of its samples.
        TeacherSample sample = new TeacherSample(
                example.id(), "overlap", List.of(), 0, "", null, null, "stop", "none", null, null, Map.of());
        return !filter.judge(question(example), List.of(sample)).get(0).isKept();
    }

    private static Question question(DssExample example) {
        return Question.ofText(example.id(), "overlap", example.input(), null);
    }
}
