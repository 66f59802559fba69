package dev.retort.notebook;

import dev.retort.report.ResultTable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.columns.Column;
import tech.tablesaw.table.Relation;

/** HTML for cells' outputs; every text that comes from data is escaped. */
final class Html {

    /** More rows than a person reads; the rest is counted in the caption. */
    static final int MOST_ROWS = 100;

    // Notebooks' own style aligns every cell to the right.
    private static final String NUMBER = " style=\"text-align:right\">";
    private static final String TEXT = " style=\"text-align:left\">";
    private static final String LONG_TEXT = " style=\"text-align:left;white-space:pre-wrap\">";
    private static final String NOTE = " style=\"text-align:left;white-space:normal;min-width:16em\">";

    private Html() {}

    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** A table element: numbers and their titles to the right, missing values empty, the table's name as caption. */
    static String table(Relation table) {
        List<Column<?>> columns = table.columns();
        int rows = Math.min(table.rowCount(), MOST_ROWS);
        StringBuilder out = new StringBuilder("<table>\n");
        String caption = caption(table);
        if (!caption.isEmpty()) {
            out.append("<caption>").append(escape(caption)).append("</caption>\n");
        }
        out.append("<thead><tr>");
        for (Column<?> column : columns) {
            out.append("<th").append(column instanceof NumericColumn ? NUMBER : TEXT);
            out.append(escape(column.name())).append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        for (int row = 0; row < rows; row++) {
            out.append("<tr>");
            for (Column<?> column : columns) {
                out.append("<td").append(column instanceof NumericColumn ? NUMBER : LONG_TEXT);
                out.append(column.isMissing(row) ? "" : escape(column.getString(row)))
                        .append("</td>");
            }
            out.append("</tr>\n");
        }
        return out.append("</tbody>\n</table>\n").toString();
    }

    /**
     * A table element that a page has room for: data set and student stand above the rows that share them, and the note, which is
     * the last column, is broken into lines.
     */
    static String table(ResultTable table) {
        List<ResultTable.Column> columns = new ArrayList<>(table.columns());
        List<ResultTable.Column> shared = new ArrayList<>();
        for (String title : List.of("data set", "student")) {
            columns.stream().filter(column -> column.title().equals(title)).forEach(shared::add);
        }
        columns.removeAll(shared);
        StringBuilder out = new StringBuilder("<table>\n<thead><tr>");
        for (ResultTable.Column column : columns) {
            out.append("<th")
                    .append(style(column))
                    .append(escape(column.title()))
                    .append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        String above = "";
        for (int row = 0; row < table.rows().size(); row++) {
            int index = row;
            String group = shared.stream()
                    .map(column -> column.cells().get(index))
                    .filter(cell -> !cell.isEmpty())
                    .collect(Collectors.joining(": "));
            if (!group.equals(above)) {
                out.append("<tr><th colspan=\"")
                        .append(columns.size())
                        .append('"')
                        .append(TEXT);
                out.append(escape(group)).append("</th></tr>\n");
                above = group;
            }
            out.append("<tr>");
            for (ResultTable.Column column : columns) {
                out.append("<td")
                        .append(style(column))
                        .append(escape(column.cells().get(row)))
                        .append("</td>");
            }
            out.append("</tr>\n");
        }
        return out.append("</tbody>\n</table>\n").toString();
    }

    private static String style(ResultTable.Column column) {
        if (column.numeric()) {
            return NUMBER;
        }
        return column.title().equals("note") ? NOTE : TEXT;
    }

    private static String caption(Relation table) {
        String name = table.name() == null ? "" : table.name();
        return table.rowCount() > MOST_ROWS
                ? (name + " (the first " + MOST_ROWS + " of " + table.rowCount() + " rows)").strip()
                : name;
    }
}
