package dev.retort.pipelines;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The rows of a file as lines of JSON: those of a JSON Lines file, or those that a Parquet file's rows would be. */
interface RowLines extends Closeable {

    /**
     * One line.
     *
     * @param number from 1
     * @param text without the line break; of a line with an error only the beginning
     * @param error why it cannot be read, or null
     */
    record Line(long number, String text, String error) {}

    /** The next line, or null after the last. */
    Line next() throws IOException;

    /**
     * Opens a file: Parquet where its name ends in .parquet, else JSON Lines.
     *
     * @param limit of a line, in bytes
     * @throws IOException with one line that names the file
     */
    static RowLines open(Path file, int limit) throws IOException {
        return file.toString().endsWith(ParquetLines.SUFFIX)
                ? new ParquetLines(file, limit)
                : BoundedLines.open(file, limit);
    }
}
