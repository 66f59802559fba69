package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.jerolba.carpet.CarpetWriter;
import com.jerolba.carpet.ColumnNamingStrategy;
import dev.retort.data.Message;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Writes samples as Parquet: a column for each field of a line of samples.jsonl, in snake_case; further fields in {@code extra}. */
final class ParquetSamples {

    private ParquetSamples() {}

    /** What Parquet needs of a sample: types that it has. */
    private record Columns(
            String id,
            String task,
            List<Message> messages,
            int sampleIndex,
            String text,
            String rationale,
            String answer,
            String finishReason,
            String teacher,
            SamplingParams params,
            TokenUsage usage,
            String extra) {

        static Columns of(TeacherSample sample) {
            return new Columns(
                    sample.id(),
                    sample.task(),
                    sample.messages(),
                    sample.sampleIndex(),
                    sample.text(),
                    sample.rationale(),
                    sample.answer(),
                    sample.finishReason(),
                    sample.teacher(),
                    sample.params(),
                    sample.usage(),
                    json(sample.extra()));
        }

        private static String json(Map<String, JsonNode> extra) {
            ObjectNode object = Rows.mapper().createObjectNode();
            object.setAll(extra);
            return extra.isEmpty() ? null : object.toString();
        }
    }

    /** The writer closes what it writes to, and then it could not be synced. */
    static final class Unclosed extends FilterOutputStream {

        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /**
     * Writes lines of samples in their order.
     *
     * @return how many
     */
    static long write(Iterator<KeyedLine> lines, OutputStream out) throws IOException {
        long count = 0;
        try (CarpetWriter<Columns> writer = new CarpetWriter.Builder<>(new Unclosed(out), Columns.class)
                .withColumnNamingStrategy(ColumnNamingStrategy.SNAKE_CASE)
                .withCompressionCodec(CompressionCodecName.GZIP)
                .build()) {
            for (; lines.hasNext(); count++) {
                writer.write(Columns.of(Rows.parse(lines.next().line(), TeacherSample.class)));
            }
        }
        return count;
    }
}
