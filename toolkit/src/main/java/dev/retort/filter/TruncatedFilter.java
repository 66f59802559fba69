package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;

/** Rejects samples that met the token limit, as {@code truncated}. */
public final class TruncatedFilter implements SampleFilter {

    /** The reason. */
    public static final String TRUNCATED = "truncated";

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return samples.stream()
                .map(sample -> Verdict.keptIf(!isTruncated(sample), TRUNCATED))
                .toList();
    }

    static boolean isTruncated(TeacherSample sample) {
        return TeacherSample.LENGTH.equals(sample.finishReason());
    }
}
