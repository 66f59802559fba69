package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.testing.PAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadRowsTest {

    private final Pipeline pipeline = Fixtures.pipeline();

    @TempDir
    Path folder;

    private Path file(String... lines) throws IOException {
        return Files.writeString(folder.resolve("rows.jsonl"), String.join("\n", lines) + "\n");
    }

    @Test
    void goodRowsAndOthersGoApart() throws IOException {
        Question first = Fixtures.question("q-1");
        Question second = Fixtures.question("q-2");
        String other = "{\"id\":\"q-3\",\"task\":\"t\"}";
        String again = Rows.format(Fixtures.unreadable("q-1"));
        String notText = Rows.format(Fixtures.question("q-X")).replace("q-X", "q-\\ud83d");
        String tooLong = Rows.format(Fixtures.question("x".repeat(400)));
        Path file = file(Rows.format(first), "{", "", Rows.format(second), other, again, notText, tooLong);
        ReadRows.Result<Question> read =
                pipeline.apply(ReadRows.of(Question.class, file).withLineLimit(500));
        PAssert.that(read.rows()).containsInAnyOrder(first, second);
        PAssert.that(read.malformed())
                .containsInAnyOrder(
                        new Malformed(
                                "rows.jsonl",
                                2,
                                "Unexpected end-of-input: expected close marker for Object (start marker at [Source:"
                                        + " (String)\"{\"; line: 1, column: 1])",
                                "{"),
                        new Malformed("rows.jsonl", 5, "messages is missing or empty", other),
                        new Malformed("rows.jsonl", 6, "a second row with the id q-1", again),
                        new Malformed("rows.jsonl", 7, "the id is not Unicode text", notText),
                        new Malformed("rows.jsonl", 8, "line is longer than 500 bytes", tooLong.substring(0, 500)));
        PipelineResult result = Fixtures.run(pipeline);
        assertThat(Fixtures.counter(result, ReadRows.class, ReadRows.MALFORMED)).isEqualTo(5);
    }

    @Test
    void samplesAreToldApartByTheirIndexToo() throws IOException {
        TeacherSample first = Fixtures.sample(Fixtures.question("q-1"), 0, "a");
        TeacherSample second = Fixtures.sample(Fixtures.question("q-1"), 1, "b");
        Path file = file(Rows.format(first), Rows.format(second), Rows.format(first));
        ReadRows.Result<TeacherSample> read = pipeline.apply(ReadRows.of(TeacherSample.class, file));
        PAssert.that(read.rows()).containsInAnyOrder(first, second);
        PAssert.that(read.malformed())
                .containsInAnyOrder(new Malformed(
                        "rows.jsonl", 3, "a second row with the id q-1 and the number 0", Rows.format(first)));
        Fixtures.run(pipeline);
    }

    @Test
    void anEmptyFileHasNoRows() throws IOException {
        ReadRows.Result<Question> read =
                pipeline.apply(ReadRows.of(Question.class, Files.createFile(folder.resolve("rows.jsonl"))));
        PAssert.that(read.rows()).empty();
        PAssert.that(read.malformed()).empty();
        Fixtures.run(pipeline);
    }

    @Test
    void malformedLinesCanBeAnError() throws IOException {
        Path file = file(Rows.format(Fixtures.question("q-1")), "[]");
        pipeline.apply(ReadRows.of(Question.class, file).withMalformedAsError());
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasRootCauseMessage("not a JSON object")
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessage(file + ":2: not a JSON object");
    }

    @Test
    void aLineLimitIsPositive() {
        ReadRows<Question> read = ReadRows.of(Question.class, Path.of("rows.jsonl"));
        assertThat(List.of(0, -1)).allSatisfy(limit -> assertThatThrownBy(() -> read.withLineLimit(limit))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a line limit is at least 1 byte, not " + limit));
    }
}
