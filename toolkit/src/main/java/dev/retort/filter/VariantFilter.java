package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.Collections;
import java.util.List;

/** Rejects the samples of variants, which are asked to test another question's answer and are no data, as {@code variant}. */
public final class VariantFilter implements SampleFilter {

    /** The reason. */
    public static final String VARIANT = "variant";

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        return Collections.nCopies(samples.size(), Verdict.keptIf(!Perturbation.isVariant(question), VARIANT));
    }
}
