package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Hand-made samples for the tests of this package. */
final class Samples {

    static final Question QUESTION = Question.ofText("q1", "t", "What is 1 + 1?", "2");

    private Samples() {}

    static TeacherSample sample(String id, int index, String text, String answer, String finishReason) {
        return new TeacherSample(
                id,
                "t",
                List.of(),
                index,
                text,
                null,
                answer,
                finishReason,
                "fake",
                SamplingParams.none(),
                new TokenUsage(1, 1, 1),
                Map.of());
    }

    /** Samples of the question with these answers. */
    static List<TeacherSample> answers(String... answers) {
        List<TeacherSample> samples = new ArrayList<>();
        for (int i = 0; i < answers.length; i++) {
            samples.add(sample("q1", i, "The answer is " + answers[i] + ".", answers[i], "stop"));
        }
        return samples;
    }

    /** The verdicts as words: "kept" or the reason. */
    static List<String> words(List<Verdict> verdicts) {
        return verdicts.stream()
                .map(verdict -> verdict instanceof Verdict.Rejected rejected ? rejected.reason() : "kept")
                .toList();
    }
}
