package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.filter.Perturbation;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Marks the samples of variants with the fields that tell a variant from a question: who has the samples alone still knows
 * which are no data.
 */
final class MarkedTeacher implements Teacher {

    /** The fields that samples of variants have of their questions. */
    static final Set<String> MARKS = Set.of(Perturbation.PERTURBED_FROM, Perturbation.PERTURBATION);

    private final Teacher teacher;

    private MarkedTeacher(Teacher teacher) {
        this.teacher = teacher;
    }

    /**
     * Marks what another teacher answers.
     *
     * @param method makes that teacher, or null where the given one answers
     */
    static TeacherWrapper around(TeacherWrapper method) {
        return teacher -> new MarkedTeacher(method == null ? teacher : method.around(teacher));
    }

    @Override
    public String name() {
        return teacher.name();
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        List<TeacherSample> samples = teacher.sample(question, params, sampleIndices);
        if (!Perturbation.isVariant(question)) {
            return samples;
        }
        return samples.stream().map(sample -> marked(sample, question)).toList();
    }

    private static TeacherSample marked(TeacherSample sample, Question question) {
        Map<String, JsonNode> marks = new LinkedHashMap<>(question.extra());
        marks.keySet().retainAll(MARKS);
        Map<String, JsonNode> extra = new LinkedHashMap<>(sample.extra());
        extra.putAll(marks);
        return sample.withExtra(extra);
    }

    @Override
    public int callsPerSample() {
        return teacher.callsPerSample();
    }

    @Override
    public void close() {
        teacher.close();
    }
}
