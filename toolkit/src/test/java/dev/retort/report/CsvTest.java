package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

    @Test
    void readsQuotesCommasAndBothLineBreaks() {
        assertThat(Csv.parse("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",\n,,\"\"\n"))
                .containsExactly(List.of("a", "b", "c"), List.of("1", "x, \"y\"\nz", ""), List.of("", "", ""));
        assertThat(Csv.parse("a,b\n1,2")).containsExactly(List.of("a", "b"), List.of("1", "2"));
        assertThat(Csv.parse("a,b\n1,")).containsExactly(List.of("a", "b"), List.of("1", ""));
        assertThat(Csv.parse("a,b\n1,\"2\"")).containsExactly(List.of("a", "b"), List.of("1", "2"));
        assertThat(Csv.parse("a\n\n1\n")).containsExactly(List.of("a"), List.of("1"));
    }

    @Test
    void writesWhatItReads() {
        List<String> record = List.of("plain", "with, comma", "with \"quote\"", "two\nlines", "", "ümlaut");

        String line = Csv.format(record);

        assertThat(line).isEqualTo("plain,\"with, comma\",\"with \"\"quote\"\"\",\"two\nlines\",,ümlaut\n");
        assertThat(Csv.parse("a,b,c,d,e,f\n" + line).get(1)).isEqualTo(record);
    }

    @Test
    void saysWhatIsWrong(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> Csv.parse("a,b\n1\n")).hasMessage("record 2 has 1 fields where the header has 2");
        assertThatThrownBy(() -> Csv.parse("a\n\"x")).hasMessage("record 2: a quote is never closed");
        assertThatThrownBy(() -> Csv.parse("a\n\"x\"y\n")).hasMessage("record 2: a closing quote is followed by text");
        assertThatThrownBy(() -> Csv.parse("")).hasMessage("empty: a header is expected");
        Path file = folder.resolve("bad.csv");
        Files.write(file, new byte[] {'a', '\n', (byte) 0xff});
        assertThatThrownBy(() -> Csv.read(file)).isInstanceOf(IOException.class).hasMessage(file + ": not UTF-8 text");
        assertThatThrownBy(() -> Csv.read(folder.resolve("none.csv")))
                .hasMessage(folder.resolve("none.csv") + ": no such file");
    }
}
