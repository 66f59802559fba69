package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;

/** Rejects samples from which no answer could be cut, as {@code no-answer}. */
public final class AnswerFormatFilter implements SampleFilter {

    /** The reason. */
    public static final String NO_ANSWER = "no-answer";

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return samples.stream()
                .map(sample -> Verdict.keptIf(hasAnswer(sample), NO_ANSWER))
                .toList();
    }

    static boolean hasAnswer(TeacherSample sample) {
        return sample.answer() != null && !sample.answer().isBlank();
    }
}
