package dev.retort.notebook;

import java.util.List;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.columns.Column;
import tech.tablesaw.table.Relation;

/** HTML for cells' outputs; every text that comes from data is escaped. */
final class Html {

    /** More rows than a person reads; the rest is counted in the caption. */
    static final int MOST_ROWS = 100;

    private static final String NUMBER_CELL = "<td style=\"text-align:right\">";
    private static final String TEXT_CELL = "<td style=\"text-align:left;white-space:pre-wrap\">";

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

    /** A table element: numbers to the right, missing values empty, the table's name as caption. */
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
            out.append("<th>").append(escape(column.name())).append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        for (int row = 0; row < rows; row++) {
            out.append("<tr>");
            for (Column<?> column : columns) {
                out.append(column instanceof NumericColumn ? NUMBER_CELL : TEXT_CELL);
                out.append(column.isMissing(row) ? "" : escape(column.getString(row)))
                        .append("</td>");
            }
            out.append("</tr>\n");
        }
        return out.append("</tbody>\n</table>\n").toString();
    }

    private static String caption(Relation table) {
        String name = table.name() == null ? "" : table.name();
        return table.rowCount() > MOST_ROWS
                ? (name + " (the first " + MOST_ROWS + " of " + table.rowCount() + " rows)").strip()
                : name;
    }
}
