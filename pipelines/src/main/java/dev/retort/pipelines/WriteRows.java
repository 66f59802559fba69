package dev.retort.pipelines;

import dev.retort.data.AtomicFiles;
import dev.retort.data.Row;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * Writes rows into one file, whole or not at all, sorted by id and sample index: as JSON Lines equal rows give equal bytes,
 * whatever the runner and its parallelism. No rows give an empty file. Two rows of one id and index are an error.
 *
 * <p>The input is bounded and in the global window. One worker writes, sorting outside memory: it holds the given memory of
 * lines, then 64 KiB and one line for each run of that size; beside the file it needs the file's size of disk twice. With 64
 * MiB and the usual 1,024 open files of a process that is enough for about 60 GB.
 */
public final class WriteRows<T extends Row> extends PTransform<PCollection<T>, PCollection<Long>> {

    /** The memory of lines that is held by default, in bytes. */
    public static final long MEMORY = 64L << 20;

    private final String file;
    private final long memory;
    private final boolean parquet;

    private WriteRows(String file, long memory, boolean parquet) {
        this.file = file;
        this.memory = memory;
        this.parquet = parquet;
    }

    /** Writes to a file that the workers can see. */
    public static <T extends Row> WriteRows<T> to(Path file) {
        return new WriteRows<>(file.toAbsolutePath().toString(), MEMORY, false);
    }

    /**
     * Writes samples to a Parquet file that the workers can see: columns are the fields of the JSON Lines, nested ones
     * structs; fields that samples do not have by themselves are a JSON object in the text column {@code extra}. Equal rows
     * give equal columns; the footer may differ between processes.
     */
    public static WriteRows<TeacherSample> toParquet(Path file) {
        return new WriteRows<>(file.toAbsolutePath().toString(), MEMORY, true);
    }

    /** With another bound of the lines held in memory, in bytes. */
    public WriteRows<T> withMemory(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("the memory of lines is at least 1 byte, not " + bytes);
        }
        return new WriteRows<>(file, bytes, parquet);
    }

    /** The number of rows, once the file is there. */
    @Override
    public PCollection<Long> expand(PCollection<T> rows) {
        KvCoder<Integer, KeyedLine> coder = KvCoder.of(VarIntCoder.of(), new KeyedLine.LineCoder());
        PCollection<KV<Integer, KeyedLine>> lines =
                rows.apply("Format", ParDo.of(new FormatFn<T>())).setCoder(coder);
        // Without an element there is no group and so no file.
        PCollection<KV<Integer, KeyedLine>> nothing = rows.getPipeline()
                .apply("Nothing", Create.of(KV.of(0, FormatFn.NOTHING)).withCoder(coder));
        return PCollectionList.of(lines)
                .and(nothing)
                .apply("WithNothing", Flatten.pCollections())
                .apply("ToOneWriter", GroupByKey.create())
                .apply("Write", ParDo.of(new WriteFn(file, memory, parquet)))
                .setCoder(VarLongCoder.of());
    }

    private static final class FormatFn<T extends Row> extends DoFn<T, KV<Integer, KeyedLine>> {

        static final KeyedLine NOTHING = new KeyedLine(new RowKey("", -1), "");

        @ProcessElement
        public void format(@Element T row, OutputReceiver<KV<Integer, KeyedLine>> out) {
            out.output(KV.of(0, new KeyedLine(RowKey.of(row), RowCoder.line(row))));
        }
    }

    private static final class WriteFn extends DoFn<KV<Integer, Iterable<KeyedLine>>, Long> {

        private final String file;
        private final long memory;
        private final boolean parquet;

        WriteFn(String file, long memory, boolean parquet) {
            this.file = file;
            this.memory = memory;
            this.parquet = parquet;
        }

        @ProcessElement
        public void write(@Element KV<Integer, Iterable<KeyedLine>> lines, OutputReceiver<Long> out)
                throws IOException {
            Path target = Path.of(file);
            Path runs = target.resolveSibling(target.getFileName() + ".runs" + AtomicFiles.PARTIAL);
            long[] count = new long[1];
            try (LineSorter sorter = new LineSorter(runs, memory)) {
                for (KeyedLine line : lines.getValue()) {
                    if (!line.line().isEmpty()) {
                        sorter.add(line);
                    }
                }
                if (parquet) {
                    try (LineSorter.Lines sorted = sorter.sorted()) {
                        AtomicFiles.write(target, stream -> count[0] = ParquetSamples.write(sorted, stream));
                    }
                } else {
                    AtomicFiles.writeText(target, writer -> count[0] = sorter.writeTo(writer));
                }
            } catch (IOException e) {
                throw new IOException(file + ": cannot be written: " + e.getMessage(), e);
            }
            out.output(count[0]);
        }
    }
}
