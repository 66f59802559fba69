package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.retort.data.JsonLines;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedTeacherTest {

    private static final Question QUESTION = Question.ofText(
            "q1", "letters", "Take the last letters of the words in \"Ada Alan\" and concatenate them.", null);

    @TempDir
    private Path folder;

    private Path record(List<Integer> indices) throws IOException, TeacherException {
        Path file = folder.resolve("samples.jsonl");
        List<TeacherSample> samples = new ArrayList<>(
                ScriptedTeacher.of("last-letter", 0.5).sample(QUESTION, SamplingParams.none(), indices));
        JsonLines.write(file, samples);
        return file;
    }

    @Test
    void replaysWhatWasRecorded() throws IOException, TeacherException {
        try (RecordedTeacher teacher = new RecordedTeacher(record(List.of(0, 1, 3)))) {
            List<TeacherSample> replayed = teacher.sample(QUESTION, SamplingParams.none(), List.of(3, 0));
            assertThat(replayed)
                    .usingRecursiveComparison()
                    .ignoringFields("usage")
                    .isEqualTo(ScriptedTeacher.of("last-letter", 0.5)
                            .sample(QUESTION, SamplingParams.none(), List.of(3, 0)));
            assertThat(replayed)
                    .extracting(TeacherSample::teacher)
                    .containsOnly("scripted:last-letter@2+error-rate=0.5");
        }
    }

    @Test
    void returnsTheFirstOnesAndThenSaysWhichIsMissing() throws IOException, TeacherException {
        Path file = record(List.of(0, 1, 3));
        try (RecordedTeacher teacher = new RecordedTeacher(file)) {
            assertThat(teacher.sample(QUESTION, SamplingParams.none(), List.of(0, 1, 2, 3)))
                    .extracting(TeacherSample::sampleIndex)
                    .containsExactly(0, 1);
            TeacherException error = catchThrowableOfType(
                    TeacherException.class, () -> teacher.sample(QUESTION, SamplingParams.none(), List.of(2, 3)));
            assertThat(error).hasMessage(file + ": no sample 2 of question q1 was recorded");
            assertThat(error.retryable()).isFalse();
            Question other = Question.ofText("q2", "letters", "x", null);
            assertThatThrownBy(() -> teacher.sample(other, SamplingParams.none(), List.of(0)))
                    .hasMessage(file + ": no sample 0 of question q2 was recorded");
        }
    }

    @Test
    void refusesSamplesOfOtherMessages() throws IOException, TeacherException {
        Path file = record(List.of(0));
        Question changed = new Question(
                "q1",
                "letters",
                List.of(Message.system("s"), QUESTION.messages().get(0)),
                null);
        try (RecordedTeacher teacher = new RecordedTeacher(file)) {
            assertThatThrownBy(() -> teacher.sample(changed, SamplingParams.none(), List.of(0)))
                    .isInstanceOf(TeacherException.class)
                    .hasMessage(
                            file + ": the sample 0 of question q1 was recorded for other messages than the question's;"
                                    + " record it anew");
        }
    }

    @Test
    void rowsWithoutMessagesFitAnyQuestionOfTheId() throws IOException, TeacherException {
        Path file = folder.resolve("bare.jsonl");
        Files.writeString(file, "{\"id\":\"q1\",\"sample_index\":0,\"text\":\"hello\"}\n");
        try (RecordedTeacher teacher = new RecordedTeacher(file)) {
            assertThat(teacher.sample(QUESTION, SamplingParams.none(), List.of(0)))
                    .extracting(TeacherSample::text)
                    .containsExactly("hello");
        }
    }

    @Test
    void theNameChangesWithTheFile() throws IOException {
        Path file = folder.resolve("bare.jsonl");
        Files.writeString(file, "{\"id\":\"q1\",\"sample_index\":0,\"text\":\"hello\"}\n");
        try (RecordedTeacher teacher = new RecordedTeacher(file)) {
            assertThat(teacher.name()).isEqualTo("recorded:bare.jsonl@b1de3a49977f");
        }
    }

    @Test
    void badFilesAreErrors() throws IOException {
        Path absent = folder.resolve("absent.jsonl");
        assertThatThrownBy(() -> new RecordedTeacher(absent))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(absent + ": no such file");
        Path twice = folder.resolve("twice.jsonl");
        String row = "{\"id\":\"q1\",\"sample_index\":0,\"text\":\"hello\"}\n";
        Files.writeString(twice, row + row);
        assertThatThrownBy(() -> new RecordedTeacher(twice))
                .isInstanceOf(IOException.class)
                .hasMessage(twice + ":2: a second row with the id q1 and sample_index 0");
    }
}
