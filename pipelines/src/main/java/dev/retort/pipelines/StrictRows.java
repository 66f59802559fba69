package dev.retort.pipelines;

import dev.retort.data.Row;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whole files of rows in memory, for those that are small and must have no bad line. */
final class StrictRows {

    private StrictRows() {}

    /**
     * Reads every row.
     *
     * @throws IOException at the first line that is not such a row, naming file and line
     */
    static <T extends Row> List<T> read(Path file, Class<T> type) throws IOException {
        List<T> rows = new ArrayList<>();
        try (RowLines lines = RowLines.open(file, Rows.LINE_LIMIT)) {
            for (RowLines.Line line = lines.next(); line != null; line = lines.next()) {
                String where = file + ":" + line.number() + ": ";
                if (line.error() != null) {
                    throw new IOException(where + line.error());
                }
                if (line.text().isBlank()) {
                    continue;
                }
                try {
                    rows.add(Rows.parse(line.text(), type));
                } catch (IllegalArgumentException e) {
                    throw new IOException(where + e.getMessage(), e);
                }
            }
        }
        return rows;
    }
}
