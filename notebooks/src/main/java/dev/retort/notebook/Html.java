package dev.retort.notebook;

import dev.retort.report.ResultTable;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
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
    private static final String NOTE = " style=\"text-align:left;white-space:normal;min-width:24em\">";

    /** The start of a row or of a cell. */
    private static final Pattern ROW_OR_CELL = Pattern.compile("<tr>|<(t[hd])( [^>]*)?>");

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

    /** The table's own element, its columns aligned as in Markdown and room given to the note, which is the last. */
    static String table(ResultTable table) {
        List<String> markdown = table.toMarkdown().lines().limit(2).toList();
        String[] marks = markdown.get(1).substring(2).split(" \\| ?");
        boolean hasNote = markdown.get(0).endsWith(" note |");
        StringBuilder out = new StringBuilder();
        String html = table.toHtml();
        int column = 0;
        int done = 0;
        for (MatchResult start : ROW_OR_CELL.matcher(html).results().toList()) {
            if (start.group(1) == null) {
                column = 0;
                continue;
            }
            boolean isNote = hasNote && column == marks.length - 1;
            String style = marks[column].endsWith(":") ? NUMBER : isNote ? NOTE : TEXT;
            out.append(html, done, start.start())
                    .append('<')
                    .append(start.group(1))
                    .append(style);
            done = start.end();
            column++;
        }
        return out.append(html, done, html.length()).toString();
    }

    private static String caption(Relation table) {
        String name = table.name() == null ? "" : table.name();
        return table.rowCount() > MOST_ROWS
                ? (name + " (the first " + MOST_ROWS + " of " + table.rowCount() + " rows)").strip()
                : name;
    }
}
