package dev.retort.pipelines;

import dev.retort.data.Malformed;
import dev.retort.data.Row;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Reads a JSON Lines file, or a Parquet file where the name ends in .parquet. Lines that are no such row, that are too long or not UTF-8, and rows whose id (of samples and
 * failures: id and sample index) was there before, go to an output of their own.
 *
 * <p>One worker reads the file from its beginning, because only so has a line a number and a second row a first one; it
 * holds every id in memory, about 150 bytes each.
 */
public final class ReadRows<T extends Row> extends PTransform<PBegin, ReadRows.Result<T>> {

    /** The metric that counts malformed lines. */
    public static final String MALFORMED = "malformed";

    private static final TupleTag<Malformed> BAD = new TupleTag<>("malformed");

    private final Class<T> type;
    private final String file;
    private final int lineLimit;
    private final boolean strict;

    private ReadRows(Class<T> type, String file, int lineLimit, boolean strict) {
        this.type = type;
        this.file = file;
        this.lineLimit = lineLimit;
        this.strict = strict;
    }

    /**
     * Reads rows of a type from a file that the workers can see; a name that ends in .gz is read through gzip. Columns of a
     * Parquet file are the fields of the JSON Lines; its rows are counted as lines are.
     */
    public static <T extends Row> ReadRows<T> of(Class<T> type, Path file) {
        return new ReadRows<>(type, file.toAbsolutePath().toString(), Rows.LINE_LIMIT, false);
    }

    /** With another bound of a line than {@link Rows#LINE_LIMIT}, in bytes. */
    public ReadRows<T> withLineLimit(int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("a line limit is at least 1 byte, not " + bytes);
        }
        return new ReadRows<>(type, file, bytes, strict);
    }

    /** The first malformed line fails the pipeline with an error that names file and line. */
    public ReadRows<T> withMalformedAsError() {
        return new ReadRows<>(type, file, lineLimit, true);
    }

    @Override
    public Result<T> expand(PBegin begin) {
        TupleTag<T> rows = new TupleTag<>("rows");
        PCollectionTuple outputs = begin.apply("File", Create.of(file).withCoder(StringUtf8Coder.of()))
                .apply(
                        "Parse",
                        ParDo.of(new ParseFn<>(type, lineLimit, strict, rows))
                                .withOutputTags(rows, TupleTagList.of(BAD)));
        outputs.get(rows).setCoder(RowCoder.of(type));
        outputs.get(BAD).setCoder(RowCoder.of(Malformed.class));
        return new Result<>(rows, outputs);
    }

    /** What was read. */
    public static final class Result<T extends Row> extends NamedOutputs {

        private final TupleTag<T> tag;

        private Result(TupleTag<T> tag, PCollectionTuple outputs) {
            super(outputs);
            this.tag = tag;
        }

        /** The good rows, each id once. */
        public PCollection<T> rows() {
            return get(tag);
        }

        /** The other lines; blank ones are nowhere. */
        public PCollection<Malformed> malformed() {
            return get(BAD);
        }
    }

    private static final class ParseFn<T extends Row> extends DoFn<String, T> {

        private final Class<T> type;
        private final int lineLimit;
        private final boolean strict;
        private final TupleTag<T> rows;
        private final Counter malformed = Metrics.counter(ReadRows.class, MALFORMED);

        ParseFn(Class<T> type, int lineLimit, boolean strict, TupleTag<T> rows) {
            this.type = type;
            this.lineLimit = lineLimit;
            this.strict = strict;
            this.rows = rows;
        }

        @ProcessElement
        public void parse(@Element String path, MultiOutputReceiver out) throws IOException {
            Path file = Path.of(path);
            Set<RowKey> seen = new HashSet<>();
            try (RowLines lines = RowLines.open(file, lineLimit)) {
                for (RowLines.Line line = lines.next(); line != null; line = lines.next()) {
                    if (line.error() == null && line.text().isBlank()) {
                        continue;
                    }
                    T row;
                    try {
                        row = row(line, seen);
                    } catch (IllegalArgumentException e) {
                        if (strict) {
                            throw new IOException(file + ":" + line.number() + ": " + e.getMessage(), e);
                        }
                        malformed.inc();
                        String name = file.getFileName().toString();
                        out.get(BAD).output(new Malformed(name, line.number(), e.getMessage(), line.text()));
                        continue;
                    }
                    out.get(rows).output(row);
                }
            }
        }

        private T row(RowLines.Line line, Set<RowKey> seen) {
            require(line.error() == null, line.error());
            T row = Rows.parse(line.text(), type);
            RowKey key = RowKey.of(row);
            require(key.id() != null, "id is missing");
            // Ids are keys: two of them must not become one on the way through UTF-8.
            require(StandardCharsets.UTF_8.newEncoder().canEncode(key.id()), "the id is not Unicode text");
            require(seen.add(key), "a second row with " + key);
            return row;
        }

        private static void require(boolean holds, String message) {
            if (!holds) {
                throw new IllegalArgumentException(message);
            }
        }
    }
}
