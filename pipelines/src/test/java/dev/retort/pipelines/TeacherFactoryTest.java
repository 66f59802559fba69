package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherSpec;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherFactoryTest {

    @TempDir
    Path folder;

    private static Teacher make(String spec, double errorRate) throws Exception {
        return SerializableUtils.clone(TeacherFactory.of(TeacherSpec.parse(spec), errorRate))
                .create();
    }

    @Test
    void aScriptedTeacherTravels() throws Exception {
        try (Teacher teacher = make("scripted:coin-flip", 0.25)) {
            assertThat(teacher.name()).isEqualTo("scripted:coin-flip@1+error-rate=0.25");
        }
    }

    @Test
    void aRecordedTeacherTravelsAsItsFile() throws Exception {
        Question question = Fixtures.question("q-1");
        TeacherSample sample = Fixtures.sample(question, 0, "a");
        Path file = folder.resolve("recorded.jsonl");
        JsonLines.write(file, List.of(sample));
        try (Teacher teacher = make("recorded:" + file, 0)) {
            assertThat(teacher.sample(question, SamplingParams.none(), List.of(0)))
                    .containsExactly(sample);
        }
    }

    @Test
    void otherSpecificationsAreErrors() {
        assertThatThrownBy(() -> make("local:model", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("local:model cannot be asked by name from a pipeline;"
                        + " scripted:PROGRAM and recorded:FILE can");
        assertThatThrownBy(() -> make("scripted:coin-flip", 1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the error rate must be 0 to 1, not 1.5");
        assertThatThrownBy(() -> make("recorded:f.jsonl", 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an error rate belongs to a scripted teacher, not to recorded:f.jsonl");
    }
}
