package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.jerolba.carpet.CarpetReader;
import com.jerolba.carpet.FieldMatchingStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetSignalsTest {

    @TempDir
    private Path folder;

    private static SignalRow row(int i) {
        return new SignalRow(
                "key-" + i / 3,
                i % 3,
                List.of(151643, i, 7),
                List.of(-0.25f, -3.5f - i, Float.NEGATIVE_INFINITY),
                1e-7 * i);
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        Path file = folder.resolve("out/signals.parquet");
        List<SignalRow> rows =
                IntStream.range(0, 1000).mapToObj(ParquetSignalsTest::row).toList();
        assertThat(ParquetSignals.write(file, rows.iterator())).isEqualTo(1000);
        assertThat(new CarpetReader<>(file.toFile(), SignalRow.class)
                        .withFieldMatchingStrategy(FieldMatchingStrategy.SNAKE_CASE)
                        .toList())
                .isEqualTo(rows);
        Map<?, ?> first = new CarpetReader<>(file.toFile(), Map.class).toList().get(0);
        assertThat(first.keySet().toString()).isEqualTo("[key, position, ids, logprobs, outside_mass]");
    }

    @Test
    void rowsThatBreakOffLeaveNoFile() {
        Iterator<SignalRow> broken = IntStream.range(0, 5)
                .mapToObj(i -> {
                    if (i == 3) {
                        throw new UncheckedIOException(new IOException("the store is gone"));
                    }
                    return row(i);
                })
                .iterator();
        Path file = folder.resolve("signals.parquet");
        assertThatThrownBy(() -> ParquetSignals.write(file, broken)).hasMessageContaining("the store is gone");
        assertThat(file).doesNotExist();
        assertThat(folder).isEmptyDirectory();
    }
}
