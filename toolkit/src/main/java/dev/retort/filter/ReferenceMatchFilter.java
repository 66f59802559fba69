package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Keeps samples whose answer is the question's reference answer: the one filter here that sees the reference. Rejects the
 * others as {@code wrong-answer}, those without an answer as {@code no-answer}, and all samples of a question without a
 * reference as {@code no-reference}.
 */
public final class ReferenceMatchFilter implements SampleFilter {

    /** The reason for an answer that is not the reference. */
    public static final String WRONG_ANSWER = "wrong-answer";

    /** The reason for a question without a reference. */
    public static final String NO_REFERENCE = "no-reference";

    private final BiPredicate<String, String> equivalence;

    /**
     * A filter by one notion of equality.
     *
     * @param equivalence takes answer and reference, for instance {@link dev.retort.answer.MathEquivalence#equal}
     */
    public ReferenceMatchFilter(BiPredicate<String, String> equivalence) {
        this.equivalence = equivalence;
    }

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return samples.stream().map(sample -> judge(question, sample)).toList();
    }

    private Verdict judge(Question question, TeacherSample sample) {
        if (question.reference() == null) {
            return Verdict.rejected(NO_REFERENCE);
        }
        if (!AnswerFormatFilter.hasAnswer(sample)) {
            return Verdict.rejected(AnswerFormatFilter.NO_ANSWER);
        }
        return Verdict.keptIf(equivalence.test(sample.answer(), question.reference()), WRONG_ANSWER);
    }
}
