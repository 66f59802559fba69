package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {

    private static final String TWO =
            """
            {"prediction": "so it is 42.", "references": ["41", "42.0"], "id": "kept out"}

            {"prediction": "none", "references": ["7"]}
            """;

    @TempDir
    private Path folder;

    @Test
    void scoresEveryLine() throws IOException {
        CliRun run = CliRun.of("score", "--metric", "numeric", "--input", file(TWO));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEqualTo("{\"metric\":\"numeric\",\"count\":2,\"value\":0.5,\"lines\":[1.0,0.0]}\n");
    }

    @Test
    void knowsEveryMetric() throws IOException {
        Path file = file("{\"prediction\": \"a  b\", \"references\": [\"a b\"]}\r\n");
        assertThat(CliRun.of("score", "--metric", "exact-match", "--input", file)
                        .out())
                .contains("\"value\":1.0");
        assertThat(CliRun.of("score", "--metric", "rouge-l", "--input", file).out())
                .contains("\"value\":1.0");
        Path math = file("{\"prediction\": \"\\\\boxed{\\\\frac{1}{2}}\", \"references\": [\"\\\\frac12\"]}");
        assertThat(CliRun.of("score", "--metric", "math-equivalence", "--input", math)
                        .out())
                .contains("\"value\":1.0");
    }

    @Test
    void readsGzip() throws IOException {
        Path file = folder.resolve("answers.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(TWO.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(CliRun.of("score", "--metric", "numeric", "--input", file).out())
                .contains("\"count\":2");
        Path fake = folder.resolve("fake.gz");
        Files.writeString(fake, TWO);
        CliRun run = CliRun.of("score", "--metric", "numeric", "--input", fake);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("retort: " + fake + ": not a gzip file\n");
    }

    @Test
    void anEmptyFileCountsNothing() throws IOException {
        CliRun run = CliRun.of("score", "--metric", "numeric", "--input", file(""));
        assertThat(run.out()).isEqualTo("{\"metric\":\"numeric\",\"count\":0,\"value\":0.0,\"lines\":[]}\n");
    }

    @Test
    void malformedLinesAreNamed() throws IOException {
        String good = "{\"prediction\": \"1\", \"references\": [\"1\"]}\n";
        bad(good + "{\"prediction\": \"1\"", 2, "not JSON");
        bad(good + "\n[1]", 3, "not a JSON object");
        bad("{\"references\": [\"1\"]}", 1, "prediction must be text");
        bad("{\"prediction\": 1, \"references\": [\"1\"]}", 1, "prediction must be text");
        bad("{\"prediction\": \"1\", \"references\": []}", 1, "references must be a list");
        bad("{\"prediction\": \"1\", \"references\": \"1\"}", 1, "references must be a list");
        bad("{\"prediction\": \"1\", \"references\": [\"1\", null]}", 1, "references must be a list");
        bad("{\"prediction\": \"1\", \"references\": {\"a\": \"1\"}}", 1, "references must be a list");
        bad("{\"prediction\": \"1\", \"prediction\": \"2\", \"references\": [\"1\"]}", 1, "not JSON");
        bad("[".repeat(100_000), 1, "not JSON");
    }

    @Test
    void bytesThatAreNotUtf8AreNamed() throws IOException {
        Path file = folder.resolve("latin.jsonl");
        Files.write(file, "{}\n\u00ff".getBytes(StandardCharsets.ISO_8859_1));
        CliRun run = CliRun.of("score", "--metric", "numeric", "--input", file);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("retort: " + file + ":1: prediction");
        Files.write(file, "\n\u00ff".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(CliRun.of("score", "--metric", "numeric", "--input", file).err())
                .isEqualTo("retort: " + file + ":2: not UTF-8 text\n");
    }

    @Test
    void wrongUsageIsStatus2() throws IOException {
        CliRun run = CliRun.of("score", "--metric", "rouge", "--input", file(TWO));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean rouge-l?").contains("numeric");
        assertThat(CliRun.of("score", "--metric", "numeric").status()).isEqualTo(2);
        CliRun absent = CliRun.of("score", "--metric", "numeric", "--input", folder.resolve("absent"));
        assertThat(absent.status()).isEqualTo(1);
        assertThat(absent.err()).isEqualTo("retort: " + folder.resolve("absent") + ": no such file or folder\n");
    }

    private void bad(String text, int line, String says) throws IOException {
        Path file = file(text);
        CliRun run = CliRun.of("score", "--metric", "numeric", "--input", file);
        assertThat(run.status()).as(run.toString()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).startsWith("retort: " + file + ":" + line + ": ").contains(says);
    }

    private Path file(String text) throws IOException {
        Path file = Files.createTempFile(folder, "answers", ".jsonl");
        Files.writeString(file, text);
        return file;
    }
}
