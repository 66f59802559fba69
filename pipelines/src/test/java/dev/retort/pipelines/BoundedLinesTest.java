package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.pipelines.RowLines.Line;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoundedLinesTest {

    @TempDir
    Path folder;

    private static List<Line> read(Path file, int limit) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (BoundedLines in = BoundedLines.open(file, limit)) {
            for (Line line = in.next(); line != null; line = in.next()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private List<Line> read(byte[] bytes, int limit) throws IOException {
        return read(Files.write(folder.resolve("f"), bytes), limit);
    }

    private List<Line> read(String text, int limit) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8), limit);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void linesAreCutAtLineFeeds() throws IOException {
        assertThat(read("a\n\nb\u00e9\r\nlast", 100))
                .containsExactly(
                        new Line(1, "a", null),
                        new Line(2, "", null),
                        new Line(3, "b\u00e9", null),
                        new Line(4, "last", null));
        assertThat(read("a\n", 100)).containsExactly(new Line(1, "a", null));
        assertThat(read("", 100)).isEmpty();
    }

    @Test
    void aLineLongerThanTheBoundIsSkipped() throws IOException {
        assertThat(read("12345\n123456\n12345", 5))
                .containsExactly(
                        new Line(1, "12345", null),
                        new Line(2, "12345", "line is longer than 5 bytes"),
                        new Line(3, "12345", null));
    }

    @Test
    void aLineLongerThanTheBufferIsWhole() throws IOException {
        String line = "\u00e9".repeat(100_000);
        assertThat(read(line + "\nb\n", 200_000)).containsExactly(new Line(1, line, null), new Line(2, "b", null));
        assertThat(read(line + "\nb\n", 199_999))
                .containsExactly(
                        new Line(1, "\u00e9".repeat(5_000), "line is longer than 199999 bytes"),
                        new Line(2, "b", null));
    }

    @Test
    void bytesThatAreNotUtf8CostOneLine() throws IOException {
        assertThat(read(new byte[] {'a', (byte) 0xff, '\n', 'b', '\n'}, 100))
                .containsExactly(new Line(1, "a\ufffd", "line is not UTF-8"), new Line(2, "b", null));
    }

    @Test
    void aNameInGzIsReadThroughGzip() throws IOException {
        Path file = Files.write(folder.resolve("f.gz"), gzip("a\nb\n"));
        assertThat(read(file, 100)).containsExactly(new Line(1, "a", null), new Line(2, "b", null));
    }

    @Test
    void brokenFilesAreErrorsThatNameTheFile() throws IOException {
        byte[] whole = gzip("a".repeat(1000));
        Path cut = Files.write(folder.resolve("cut.gz"), Arrays.copyOf(whole, whole.length - 4));
        assertThatThrownBy(() -> read(cut, 10_000))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(cut + ": cannot be read: ");
        Path plain = Files.writeString(folder.resolve("plain.gz"), "a\n");
        assertThatThrownBy(() -> read(plain, 100)).hasMessage(plain + ": not a gzip file: Not in GZIP format");
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> read(missing, 100))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing + ": no such file");
    }
}
