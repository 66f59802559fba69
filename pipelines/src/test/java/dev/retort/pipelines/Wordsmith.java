package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.util.List;
import java.util.Map;

/**
 * Answers with its own question's words turned about: sample 1 repeats sample 0, sample 2 says nothing, sample 3 is cut off.
 * It does not know what "hard" is.
 */
final class Wordsmith implements Teacher {

    @Override
    public String name() {
        return "wordsmith@1";
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException {
        if (question.text().contains("hard")) {
            throw new TeacherException("too hard");
        }
        return indices.stream().map(index -> reply(question, params, index)).toList();
    }

    private TeacherSample reply(Question question, SamplingParams params, int index) {
        String words = question.text().contains("old") ? "\"Is it new?\"" : "other";
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                index == 2 ? " " : words,
                null,
                null,
                index == 3 ? TeacherSample.LENGTH : "stop",
                name(),
                params,
                new TokenUsage(1, 1, 1),
                Map.of());
    }
}
