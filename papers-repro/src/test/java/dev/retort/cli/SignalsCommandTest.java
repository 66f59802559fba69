package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.jerolba.carpet.CarpetReader;
import com.jerolba.carpet.FieldMatchingStrategy;
import dev.retort.pipelines.SignalRow;
import dev.retort.signal.SignalKey;
import dev.retort.signal.SignalStore;
import dev.retort.signal.TopKLogProbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignalsCommandTest {

    @TempDir
    private Path folder;

    private static final SignalKey FIRST = SignalKey.of("m", "t", new int[] {1, 2, 3}, 1, 2, 1);
    private static final SignalKey SECOND = SignalKey.of("m", "t", new int[] {1, 2}, 1, 2, 1);

    private void write() throws IOException {
        try (SignalStore store = SignalStore.open(folder.resolve("signals"))) {
            store.put(FIRST, new TopKLogProbs(2, 2, new int[] {5, 6, 7, 8}, new float[] {-1, -2, -0.5f, -3}));
            store.put(SECOND, new TopKLogProbs(1, 2, new int[] {9, 4}, new float[] {0, Float.NEGATIVE_INFINITY}));
        }
    }

    @Test
    void everyPositionIsARow() throws IOException {
        write();
        Path file = folder.resolve("out.parquet");
        CliRun run = CliRun.of("signals", "export", folder.resolve("signals"), file);
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEqualTo(file + ": 3 rows of 2 signals" + System.lineSeparator());
        assertThat(new CarpetReader<>(file.toFile(), SignalRow.class)
                        .withFieldMatchingStrategy(FieldMatchingStrategy.SNAKE_CASE)
                        .toList())
                .containsExactly(
                        new SignalRow(FIRST.hex(), 0, List.of(5, 6), List.of(-1f, -2f), -Math.expm1(-1) - Math.exp(-2)),
                        new SignalRow(
                                FIRST.hex(), 1, List.of(7, 8), List.of(-0.5f, -3f), -Math.expm1(-0.5) - Math.exp(-3)),
                        new SignalRow(SECOND.hex(), 0, List.of(9, 4), List.of(0f, Float.NEGATIVE_INFINITY), 0));
    }

    @Test
    void whatIsDamagedIsSaid() throws IOException {
        write();
        Path signals = folder.resolve("signals");
        Files.writeString(signals.resolve("index.jsonl"), "{\"key\":\"ab", StandardOpenOption.APPEND);
        CliRun run = CliRun.of("signals", "export", signals, folder.resolve("out.parquet"));
        assertThat(run.status()).isZero();
        assertThat(run.errLines())
                .contains(signals + ": 1 lines of the index are torn, or their shard is damaged; their signals are"
                        + " not in the file");
    }

    @Test
    void aFolderOfSomethingElseIsAnError() {
        CliRun run = CliRun.of("signals", "export", folder, folder.resolve("out.parquet"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines())
                .containsExactly("retort: " + folder + ": no index.jsonl there; give a folder of teacher signals");
        assertThat(folder.resolve("out.parquet")).doesNotExist();
        assertThat(CliRun.of("signals").status()).isEqualTo(2);
    }
}
