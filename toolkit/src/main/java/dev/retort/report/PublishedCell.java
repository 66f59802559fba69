package dev.retort.report;

import java.util.Map;

/**
 * One published number and where it was read.
 *
 * @param table the file's name without .csv, for example table1
 * @param columns every column of the line by name, source and value included
 */
public record PublishedCell(String table, Map<String, String> columns) {

    /** The text of a column; empty where the table has no such column. */
    public String column(String name) {
        return columns.getOrDefault(name, "");
    }

    /** The number, or null where the cell holds something else than one number. */
    public Double value() {
        try {
            double number = Double.parseDouble(column("value"));
            return Double.isFinite(number) ? number : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Where it was read: never empty. */
    public String source() {
        return column("source");
    }
}
