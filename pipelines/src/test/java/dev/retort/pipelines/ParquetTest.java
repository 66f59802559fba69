package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterSpec;
import dev.retort.teacher.ScriptedTeacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetTest {

    /** Written by pyarrow; see src/test/python/parquet_questions.py. */
    private static final Path QUESTIONS = Path.of("src/test/resources/parquet/questions.parquet");

    @TempDir
    private Path folder;

    private SampleRequest request(Path questions) {
        return SampleRequest.of(questions, folder.resolve("out"), () -> ScriptedTeacher.of("last-letter", 0.2))
                .withSamples(2);
    }

    @Test
    void aJobReadsWhatPyarrowWroteAndKeepsBadRowsApart() throws Exception {
        SampleOutcome outcome = SampleJob.run(request(QUESTIONS));
        assertThat(outcome.answered()).isEqualTo(2);
        assertThat(outcome.failed()).isEqualTo(2);
        assertThat(JsonLines.read(folder.resolve("out/samples.jsonl"), TeacherSample.class))
                .extracting(TeacherSample::id)
                .containsExactly("q-1", "q-1");
        assertThat(JsonLines.read(folder.resolve("out/malformed.jsonl"), Malformed.class))
                .extracting(bad -> bad.line() + " " + bad.error())
                .containsExactly(
                        "3 id is missing or blank",
                        "4 a second row with the id q-1",
                        "5 the column extra is not a JSON object");
    }

    @Test
    void columnsAreFields() throws IOException {
        try (RowLines lines = RowLines.open(QUESTIONS, Rows.LINE_LIMIT)) {
            Question first = Rows.parse(lines.next().text(), Question.class);
            assertThat(first.reference()).isEqualTo("nb");
            assertThat(first.choices()).isEqualTo(List.of("nb", "an"));
            assertThat(first.extra().get("difficulty").asInt()).isEqualTo(3);
            assertThat(first.extra().get("weight").asDouble()).isEqualTo(0.5);
            assertThat(first.extra().get("split").asText()).isEqualTo("train");
            assertThat(first.extra()).hasSize(4);
            Question second = Rows.parse(lines.next().text(), Question.class);
            assertThat(second.messages()).isEqualTo(List.of(Message.user("C\u00e9line \ud83d\ude42?")));
            assertThat(second.reference()).isNull();
            assertThat(second.extra()).isEmpty();
        }
        try (RowLines lines = RowLines.open(QUESTIONS, 100)) {
            RowLines.Line line = lines.next();
            assertThat(line.error()).isEqualTo("line is longer than 100 bytes");
            assertThat(line.text()).hasSize(25);
        }
    }

    @Test
    void samplesAreWrittenAndReadAgainAsTheyAre() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 90);
        SampleJob.run(request(questions), "--parquet");
        Path parquet = folder.resolve("out/samples.parquet");
        List<TeacherSample> samples = JsonLines.read(folder.resolve("out/samples.jsonl"), TeacherSample.class);
        assertThat(StrictRows.read(parquet, TeacherSample.class))
                .isEqualTo(samples)
                .hasSize(176);
        byte[] bytes = Files.readAllBytes(parquet);
        SampleJob.run(request(questions), "--parquet", "--runner=FlinkRunner", "--parallelism=2");
        assertThat(parquet).hasBinaryContent(bytes);
        // A filter reads it like the other form.
        FilterPlan filters = FilterPlan.of(FilterSpec.parse("output-consistency"), List.of());
        FilterOutcome outcome =
                FilterJob.run(new FilterRequest(parquet, null, filters, folder.resolve("filtered")), "--parquet");
        assertThat(StrictRows.read(folder.resolve("filtered/kept.parquet"), TeacherSample.class))
                .hasSize((int) outcome.kept())
                .isEqualTo(JsonLines.read(folder.resolve("filtered/kept.jsonl"), TeacherSample.class));
        // Without the flag there is no file that might be another run's.
        SampleJob.run(request(questions));
        assertThat(parquet).doesNotExist();
    }

    @Test
    void fieldsThatNobodyKnowsSurvive() throws Exception {
        TeacherSample sample = Rows.parse(
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[],\"sample_index\":1,\"text\":\"x\",\"answer\":null,"
                        + "\"params\":{\"stop\":[\"\\n\"],\"seed\":7},\"calls\":[{\"stage\":\"s\"}],\"score\":0.25}",
                TeacherSample.class);
        Path file = folder.resolve("one.parquet");
        Pipeline pipeline = Fixtures.pipeline();
        pipeline.apply(Create.of(sample).withCoder(RowCoder.of(TeacherSample.class)))
                .apply(WriteRows.toParquet(file));
        pipeline.run().waitUntilFinish();
        assertThat(StrictRows.read(file, TeacherSample.class)).containsExactly(sample);
    }

    @Test
    void brokenFilesAreErrorsThatNameTheFile() throws IOException {
        Path missing = folder.resolve("missing.parquet");
        assertThatThrownBy(() -> RowLines.open(missing, 100))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing + ": no such file");
        byte[] whole = Files.readAllBytes(QUESTIONS);
        for (int length : new int[] {0, 3, 4, 100, whole.length - 9, whole.length - 1}) {
            Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> StrictRows.read(cut, Question.class))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(cut + ": cannot be read as Parquet: ");
        }
        for (int at = 4; at < whole.length - 8; at += 7) {
            byte[] broken = whole.clone();
            broken[at] ^= 0x55;
            Path file = Files.write(folder.resolve("broken.parquet"), broken);
            try {
                StrictRows.read(file, Question.class);
            } catch (IOException e) {
                assertThat(e).hasMessageStartingWith(file.toString());
            }
        }
    }
}
