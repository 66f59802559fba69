package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;

/**
 * A variant of a question with what the teacher answered to it.
 *
 * @param variant of {@link Perturbation}
 * @param samples in the order of their index; none where every request failed
 */
public record VariantSamples(Question variant, List<TeacherSample> samples) {

    public VariantSamples {
        samples = List.copyOf(samples);
    }
}
