package dev.retort.pipelines;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.jerolba.carpet.CarpetReader;
import com.jerolba.carpet.CloseableIterator;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;

/**
 * The rows of a Parquet file as lines of JSON. Columns are fields of the same name, in the types that the JSON has: text,
 * numbers, structs and lists of them. A missing value is a missing field. The text column {@code extra} holds further fields
 * as a JSON object, as {@link ParquetSamples} writes them.
 */
final class ParquetLines implements RowLines {

    /** How the name of such a file ends. */
    static final String SUFFIX = ".parquet";

    private static final String EXTRA = "extra";

    private final Path file;
    private final int limit;
    private final CloseableIterator<?> rows;
    private long number;

    /**
     * Opens a file.
     *
     * @param limit of a line, in bytes
     * @throws IOException with one line that names the file
     */
    ParquetLines(Path file, int limit) throws IOException {
        this.file = file;
        this.limit = limit;
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file + ": no such file");
        }
        try {
            rows = new CarpetReader<>(file.toFile(), Map.class).iterator();
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
    }

    @Override
    public Line next() throws IOException {
        ObjectNode row;
        try {
            if (!rows.hasNext()) {
                return null;
            }
            row = Rows.mapper().valueToTree(rows.next());
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
        number++;
        dropMissing(row);
        JsonNode extra = row.remove(EXTRA);
        String error = null;
        if (extra != null) {
            try {
                row.setAll((ObjectNode) Rows.mapper().readTree(extra.asText()));
            } catch (JsonProcessingException | ClassCastException e) {
                error = "the column extra is not a JSON object";
            }
        }
        String text = row.toString();
        if (text.getBytes(StandardCharsets.UTF_8).length > limit) {
            return new Line(
                    number,
                    text.substring(0, Math.min(text.length(), limit / 4)),
                    "line is longer than " + limit + " bytes");
        }
        return new Line(number, text, error);
    }

    private static void dropMissing(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.elements().forEachRemaining(ParquetLines::dropMissing);
            Iterator<JsonNode> values = object.elements();
            while (values.hasNext()) {
                if (values.next().isNull()) {
                    values.remove();
                }
            }
        } else {
            node.elements().forEachRemaining(ParquetLines::dropMissing);
        }
    }

    /** Parquet's readers throw what they like at a file that is broken. */
    private IOException unreadable(RuntimeException e) {
        return new IOException(file + ": cannot be read as Parquet: " + e.getMessage(), e);
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
