package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineSorterTest {

    @TempDir
    Path folder;

    private static KeyedLine line(String id, long number) {
        return new KeyedLine(new RowKey(id, number), id + "/" + number + "\u00e9");
    }

    @Test
    void sortsMoreThanItsMemory() throws IOException {
        List<KeyedLine> lines = new ArrayList<>();
        for (int i : SeededRandom.permutation(1000, SeededRandom.of(1, "line-sorter-test"))) {
            lines.add(line("q-" + i / 3, i % 3));
        }
        Path runs = folder.resolve("runs");
        StringWriter out = new StringWriter();
        try (LineSorter sorter = new LineSorter(runs, 10_000)) {
            for (KeyedLine line : lines) {
                sorter.add(line);
            }
            try (Stream<Path> files = Files.list(runs)) {
                assertThat(files.count()).isEqualTo(17);
            }
            assertThat(sorter.writeTo(out)).isEqualTo(1000);
        }
        assertThat(out.toString().lines())
                .containsExactlyElementsOf(lines.stream()
                        .sorted((a, b) -> a.key().compareTo(b.key()))
                        .map(KeyedLine::line)
                        .toList());
        assertThat(runs).doesNotExist();
    }

    @Test
    void whatFitsInMemoryNeedsNoDisk() throws IOException {
        Path runs = folder.resolve("runs");
        StringWriter out = new StringWriter();
        try (LineSorter sorter = new LineSorter(runs, 10_000)) {
            sorter.add(line("b", 0));
            sorter.add(line("a", 10));
            sorter.add(line("a", 9));
            assertThat(runs).doesNotExist();
            sorter.writeTo(out);
        }
        assertThat(out.toString()).isEqualTo("a/9\u00e9\na/10\u00e9\nb/0\u00e9\n");
    }

    @Test
    void runsOfAKilledProcessAreNotRead() throws IOException {
        Path runs = Files.createDirectory(folder.resolve("runs"));
        Files.writeString(runs.resolve("run-0"), "old");
        StringWriter out = new StringWriter();
        try (LineSorter sorter = new LineSorter(runs, 10_000)) {
            assertThat(sorter.writeTo(out)).isZero();
        }
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void twoRowsWithOneKeyAreAnError() throws IOException {
        for (long memory : new long[] {1, 10_000}) {
            try (LineSorter sorter = new LineSorter(folder.resolve("runs"), memory)) {
                sorter.add(line("a", 1));
                sorter.add(line("b", 1));
                sorter.add(line("a", 1));
                assertThatThrownBy(() -> sorter.writeTo(new StringWriter()))
                        .isInstanceOf(IOException.class)
                        .hasMessage("two rows with the id a and the number 1 for one file");
            }
        }
    }
}
