package dev.retort.pipelines;

import com.jerolba.carpet.CarpetWriter;
import com.jerolba.carpet.ColumnNamingStrategy;
import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Writes teacher signals as Parquet: columns key, position, ids, logprobs and outside_mass. */
public final class ParquetSignals {

    private ParquetSignals() {}

    /**
     * Writes rows in their order, one in memory at a time; the file is whole or absent.
     *
     * @return how many
     */
    public static long write(Path file, Iterator<SignalRow> rows) throws IOException {
        long[] count = {0};
        AtomicFiles.write(file, out -> {
            try (CarpetWriter<SignalRow> writer = new CarpetWriter.Builder<>(
                            new ParquetSamples.Unclosed(out), SignalRow.class)
                    .withColumnNamingStrategy(ColumnNamingStrategy.SNAKE_CASE)
                    .withCompressionCodec(CompressionCodecName.GZIP)
                    .build()) {
                for (; rows.hasNext(); count[0]++) {
                    writer.write(rows.next());
                }
            }
        });
        return count[0];
    }
}
