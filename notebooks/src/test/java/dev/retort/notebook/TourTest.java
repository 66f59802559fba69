package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.data.Message;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.model.LoadedModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TourTest {

    private static final TeacherSample SAMPLE = new TeacherSample(
            "q1",
            "task",
            List.of(Message.user("where ?")),
            0,
            "there .",
            null,
            "there",
            "stop",
            "teacher",
            SamplingParams.none(),
            new TokenUsage(2, 2, 1),
            Map.of());

    @Test
    void aLessonIsTheQuestionAndAllThatTheTeacherWrote() {
        assertThat(Tour.lessons(List.of(SAMPLE)))
                .containsExactly(new Example("q1", "where ?", " there .", "lesson", List.of("q1")));
    }

    @Test
    void aFreshStudentHasTheWordsOfItsLessonsAndGoesOnWithinItsLength() throws Exception {
        List<Example> lessons = Tour.lessons(List.of(SAMPLE));
        try (LoadedModel student = Tour.student(lessons, 0)) {
            assertThat(student.tokenizer().vocabularySize()).isEqualTo(3 + 4);
            TokenExample item = Tour.encode(student, lessons).get(0).get(0);
            assertThat(item.length()).isEqualTo(5);
            assertThat(item.labelled()).isEqualTo(3);
            String completion = Tour.complete(student, "where ?");
            assertThat(student.tokenizer().encode(completion)).hasSizeLessThanOrEqualTo(62);
            assertThat(Tour.complete(student, "where ?")).isEqualTo(completion);
        }
    }
}
