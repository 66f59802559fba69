package dev.retort.filter;

import dev.retort.answer.AnswerText;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Rejects all samples of a question that an evaluation prompt overlaps, so that nothing of a test is trained on: as
 * {@code in-test} where their texts are equal but for case, blanks, quotes around them and marks at their end; as
 * {@code in-test-masked} where they are once every number is masked; as {@code near-duplicate} where the question holds at
 * least the threshold's share of a prompt's n-grams of words (containment, see {@link WordGrams}; a prompt of fewer than n
 * words is one gram). Ids do not matter. Generated tasks whose questions differ in numbers only want the masked sense off.
 */
public final class Decontamination implements SampleFilter {

    /** The reason for an evaluation prompt itself. */
    public static final String IN_TEST = "in-test";

    /** The reason for an evaluation prompt with other numbers. */
    public static final String IN_TEST_MASKED = "in-test-masked";

    // Possessive, so that a long list of numbers needs no recursion.
    private static final Pattern NUMBER = Pattern.compile("[0-9]++(?:[.,][0-9]++)*+");

    private final Set<String> texts = new HashSet<>();
    private final Set<String> masked = new HashSet<>();
    private final NearDuplicateFilter.Index index;

    /**
     * A filter against these prompts.
     *
     * @param evaluation the test questions
     * @param byMaskedNumbers whether texts that differ in numbers only are rejected
     * @param n words of a gram, at least 1; 0 looks for no near duplicates
     * @param threshold of the containment, in (0, 1]
     */
    public Decontamination(Collection<Question> evaluation, boolean byMaskedNumbers, int n, double threshold) {
        this.index = n == 0 ? null : new NearDuplicateFilter.Index(n, threshold);
        for (Question question : evaluation) {
            String text = AnswerText.relaxed(question.text());
            texts.add(text);
            if (byMaskedNumbers) {
                masked.add(maskNumbers(text));
            }
            if (index != null) {
                index.add(question.text());
            }
        }
    }

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return Collections.nCopies(samples.size(), verdict(question.text()));
    }

    private Verdict verdict(String text) {
        String relaxed = AnswerText.relaxed(text);
        if (texts.contains(relaxed)) {
            return Verdict.rejected(IN_TEST);
        }
        if (masked.contains(maskNumbers(relaxed))) {
            return Verdict.rejected(IN_TEST_MASKED);
        }
        boolean isNear = index != null && index.hasContained(text);
        return Verdict.keptIf(!isNear, NearDuplicateFilter.NEAR_DUPLICATE);
    }

    /** The text with # for every number: a run of digits, with points and commas inside it. */
    public static String maskNumbers(String text) {
        return NUMBER.matcher(text).replaceAll("#");
    }
}
