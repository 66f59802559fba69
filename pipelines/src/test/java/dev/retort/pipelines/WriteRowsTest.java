package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteRowsTest {

    private final Pipeline pipeline = Fixtures.pipeline();

    @TempDir
    Path folder;

    private PCollection<TeacherSample> rows(List<TeacherSample> samples) {
        return pipeline.apply(Create.of(samples).withCoder(RowCoder.of(TeacherSample.class)));
    }

    @Test
    void rowsAreSortedByIdAndSampleIndex() throws IOException {
        List<TeacherSample> samples = new ArrayList<>();
        for (String id : List.of("b", "a-2", "a-10", "c")) {
            for (int index : new int[] {10, 0, 9}) {
                samples.add(Fixtures.sample(Fixtures.question(id), index, "text \u00e9\n"));
            }
        }
        Path file = folder.resolve("samples.jsonl");
        Files.writeString(file, "an older file");
        // One line is more than the memory: each goes through the disk.
        PAssert.that(rows(samples).apply(WriteRows.<TeacherSample>to(file).withMemory(1)))
                .containsInAnyOrder(12L);
        Fixtures.run(pipeline);
        assertThat(JsonLines.read(file, TeacherSample.class)).containsExactlyInAnyOrderElementsOf(samples);
        assertThat(JsonLines.read(file, TeacherSample.class))
                .extracting(sample -> sample.id() + "/" + sample.sampleIndex())
                .containsExactly(
                        "a-10/0", "a-10/9", "a-10/10", "a-2/0", "a-2/9", "a-2/10", "b/0", "b/9", "b/10", "c/0", "c/9",
                        "c/10");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void noRowsGiveAnEmptyFile() throws IOException {
        Path file = folder.resolve("made/questions.jsonl");
        PAssert.that(pipeline.apply(Create.empty(RowCoder.of(Question.class))).apply(WriteRows.to(file)))
                .containsInAnyOrder(0L);
        Fixtures.run(pipeline);
        assertThat(file).isEmptyFile();
    }

    @Test
    void twoRowsOfOnePairLeaveTheOldFile() throws IOException {
        TeacherSample sample = Fixtures.sample(Fixtures.question("q-1"), 0, "a");
        Path file = Files.writeString(folder.resolve("samples.jsonl"), "an older file");
        rows(List.of(sample, sample)).apply(WriteRows.to(file));
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasMessageContaining(
                        file + ": cannot be written: two rows with the id q-1 and the number 0 for one file");
        assertThat(file).hasContent("an older file");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void theMemoryIsPositive() {
        WriteRows<Question> write = WriteRows.to(folder.resolve("f"));
        assertThatThrownBy(() -> write.withMemory(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the memory of lines is at least 1 byte, not 0");
    }
}
