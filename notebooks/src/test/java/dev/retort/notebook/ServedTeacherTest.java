package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.OpenAiTeacher;
import dev.retort.teacher.ScriptedTeacher;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServedTeacherTest {

    private static final Question QUESTION = Question.ofText("q-1", "arithmetic", "What is 2 + 3 * 4?", null);

    @Test
    void answersAsTheTeacherBehindItDoesAndCountsWhatItWasAskedFor() throws Exception {
        ScriptedTeacher program = ScriptedTeacher.of("arithmetic", 0);
        TeacherSample own =
                program.sample(QUESTION, SamplingParams.none(), List.of(0)).get(0);
        try (ServedTeacher server = new ServedTeacher(program, Duration.ZERO);
                OpenAiTeacher asked =
                        new OpenAiTeacher(OpenAiSettings.of("served").withBaseUrl(server.baseUrl()))) {
            List<TeacherSample> samples = asked.sample(QUESTION, SamplingParams.none(), List.of(0, 1, 2));
            assertThat(samples).hasSize(3).allSatisfy(sample -> assertThat(sample.text())
                    .isEqualTo(own.text()));
            assertThat(samples.get(0).usage())
                    .isEqualTo(new TokenUsage(
                            own.usage().promptTokens(), 3 * own.usage().completionTokens(), 3));
            assertThat(server.completions()).isEqualTo(3);
        }
    }
}
