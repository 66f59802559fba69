package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {

    @TempDir
    Path folder;

    private static final Question ONE = Question.ofText("1", "t", "eins – 😀 \u2028", "a");
    private static final Question TWO = Question.ofText("2", "t", "zwei\nlines", null);

    @Test
    void writesOneObjectALine() throws IOException {
        Path file = folder.resolve("sub/questions.jsonl");

        JsonLines.write(file, List.of(ONE, TWO));

        assertThat(Files.readString(file)).isEqualTo(Rows.format(ONE) + "\n" + Rows.format(TWO) + "\n");
        assertThat(JsonLines.read(file, Question.class)).containsExactly(ONE, TWO);
        assertThat(folder.resolve("sub")).isDirectoryNotContaining("glob:**.partial");
    }

    @Test
    void readsThroughGzip() throws IOException {
        Path file = folder.resolve("questions.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write((Rows.format(ONE) + "\n\n" + Rows.format(TWO)).getBytes(StandardCharsets.UTF_8));
        }

        assertThat(JsonLines.read(file, Question.class)).containsExactly(ONE, TWO);
    }

    @Test
    void badLinesAndSecondIdsAreHandedOver() throws IOException {
        Path file = folder.resolve("questions.jsonl");
        Files.writeString(
                file,
                Rows.format(ONE) + "\n" + "{\"id\":\n" + Rows.format(ONE) + "\n   \n"
                        + "{\"id\":\"3\",\"task\":\"t\"}\n" + Rows.format(TWO) + "\n");
        List<Question> good = new ArrayList<>();
        List<Malformed> bad = new ArrayList<>();

        JsonLines.forEach(file, Question.class, good::add, bad::add);

        assertThat(good).containsExactly(ONE, TWO);
        assertThat(bad).extracting(Malformed::line).containsExactly(2L, 3L, 5L);
        assertThat(bad).extracting(Malformed::file).containsOnly("questions.jsonl");
        assertThat(bad.get(0).text()).isEqualTo("{\"id\":");
        assertThat(bad.get(1).error()).isEqualTo("a second row with the id 1");
        assertThat(bad.get(2).error()).isEqualTo("messages is missing or empty");
        assertThatThrownBy(() -> JsonLines.read(file, Question.class))
                .isInstanceOf(IOException.class)
                .message()
                .startsWith(file + ":2: ");
    }

    @Test
    void samplesOfOneQuestionDifferByTheirIndex() throws IOException {
        Path file = folder.resolve("samples.jsonl");
        List<TeacherSample> samples = new ArrayList<>();
        for (int index : new int[] {0, 1, 1}) {
            samples.add(new TeacherSample("q", "t", null, index, "x", null, "x", "stop", "me", null, null, Map.of()));
        }
        JsonLines.write(file, samples);
        List<TeacherSample> good = new ArrayList<>();
        List<Malformed> bad = new ArrayList<>();

        JsonLines.forEach(file, TeacherSample.class, good::add, bad::add);

        assertThat(good).extracting(TeacherSample::sampleIndex).containsExactly(0, 1);
        assertThat(bad).extracting(Malformed::error).containsExactly("a second row with the id q and sample_index 1");
    }

    @Test
    void aLongBadLineIsKeptInPart() throws IOException {
        Path file = folder.resolve("questions.jsonl");
        Files.writeString(file, "x".repeat(50_000) + "\n");
        List<Malformed> bad = new ArrayList<>();

        JsonLines.forEach(file, Question.class, question -> {}, bad::add);

        assertThat(bad.get(0).text()).hasSize(Malformed.TEXT_LIMIT);
    }

    @Test
    void filesThatAreNotTextOrNotThereAreErrors() throws IOException {
        Path file = folder.resolve("latin1.jsonl");
        Files.write(file, new byte[] {'{', (byte) 0xe4, '}', '\n'});
        assertThatThrownBy(() -> JsonLines.read(file, Question.class)).isInstanceOf(IOException.class);
        Path none = folder.resolve("none.jsonl");
        assertThatThrownBy(() -> JsonLines.read(none, Question.class))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(none + ": no such file");
    }

    @Test
    void aWriteThatFailsLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("questions.jsonl");
        JsonLines.write(file, List.of(ONE));
        Iterable<Question> failing = () -> {
            throw new IllegalStateException("the source broke");
        };

        assertThatThrownBy(() -> JsonLines.write(file, failing)).hasMessage("the source broke");

        assertThat(JsonLines.read(file, Question.class)).containsExactly(ONE);
        assertThat(folder).isDirectoryNotContaining("glob:**.partial");
    }
}
