package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * How many of the samples that filters kept are right, beside how many of all are: what explains a gain by filtering. It reads
 * references, and only after the filters have judged. Samples of variants, and of questions whose answer is not known, do not
 * count.
 *
 * @param kept samples kept
 * @param keptRight of these with the right answer
 * @param all samples kept or rejected
 * @param allRight of these with the right answer; a sample without an answer is not right
 * @param unknown samples of questions whose answer is not known, in none of the other counts
 */
public record FilterPrecision(int kept, int keptRight, int all, int allRight, int unknown) {

    /**
     * Compares with the questions' references.
     *
     * @param questions those of the report, variants included
     * @param equality takes answer and reference
     * @throws IllegalArgumentException where a sample belongs to none of the questions
     */
    public static FilterPrecision of(
            FilterReport report, List<Question> questions, BiPredicate<String, String> equality) {
        return of(report, questions, Question::reference, equality);
    }

    /**
     * Compares with references that are worked out.
     *
     * @param reference gives a question's right answer, or null where it is not known
     */
    public static FilterPrecision of(
            FilterReport report,
            List<Question> questions,
            Function<Question, String> reference,
            BiPredicate<String, String> equality) {
        Map<String, Question> byId = new HashMap<>();
        questions.forEach(question -> byId.put(question.id(), question));
        Count kept = Count.of(report.kept(), byId, reference, equality);
        Count rejected = Count.of(report.rejected(), byId, reference, equality);
        return new FilterPrecision(
                kept.known,
                kept.right,
                kept.known + rejected.known,
                kept.right + rejected.right,
                kept.unknown + rejected.unknown);
    }

    private record Count(int known, int right, int unknown) {

        static Count of(
                List<TeacherSample> samples,
                Map<String, Question> questions,
                Function<Question, String> reference,
                BiPredicate<String, String> equality) {
            int known = 0;
            int right = 0;
            int unknown = 0;
            for (TeacherSample sample : samples) {
                Question question = questions.get(sample.id());
                if (question == null) {
                    throw new IllegalArgumentException("sample " + sample.sampleIndex() + " belongs to question "
                            + sample.id() + ", which is not among the questions");
                }
                if (Perturbation.isVariant(question)) {
                    continue;
                }
                String wanted = reference.apply(question);
                if (wanted == null) {
                    unknown++;
                } else {
                    known++;
                    right += AnswerFormatFilter.hasAnswer(sample) && equality.test(sample.answer(), wanted) ? 1 : 0;
                }
            }
            return new Count(known, right, unknown);
        }
    }

    /** The share of kept samples that are right, in [0, 1]; empty where none was kept. */
    public OptionalDouble ofKept() {
        return share(keptRight, kept);
    }

    /** The share of all samples that are right, in [0, 1]; empty where there is none. */
    public OptionalDouble ofAll() {
        return share(allRight, all);
    }

    private static OptionalDouble share(int right, int of) {
        return of == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) right / of);
    }

    /** One line for a log: counts and shares of kept and of all. */
    public String summary() {
        return "right: " + part(keptRight, kept, ofKept()) + " kept samples, " + part(allRight, all, ofAll())
                + " of all" + (unknown == 0 ? "" : "; " + unknown + " samples of questions without a known answer");
    }

    private static String part(int right, int of, OptionalDouble share) {
        String percent = share.isPresent() ? String.format(Locale.ROOT, " (%.1f %%)", 100 * share.getAsDouble()) : "";
        return right + " of " + of + percent;
    }
}
