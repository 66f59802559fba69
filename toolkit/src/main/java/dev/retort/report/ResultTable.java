package dev.retort.report;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Published results beside ours, in the order the rows were given.
 *
 * @param rows the table's lines
 */
public record ResultTable(List<ResultRow> rows) {

    /** The columns of table.csv. */
    public static final List<String> COLUMNS = List.of(
            "method",
            "student",
            "dataset",
            "condition",
            "metric",
            "published",
            "published_effect",
            "ours",
            "ours_se",
            "n",
            "seeds",
            "effect",
            "effect_low",
            "effect_high",
            "verdict",
            "rows",
            "note");

    private static final int DIGITS = 6;
    private static final int SHOWN_DIGITS = 4;

    public ResultTable {
        rows = List.copyOf(rows);
    }

    /** table.csv: numbers to six significant digits, line feeds, RFC 4180 quotes; equal tables give equal bytes. */
    public String toCsv() {
        StringBuilder csv = new StringBuilder(Csv.format(COLUMNS));
        for (ResultRow row : rows) {
            csv.append(Csv.format(List.of(
                    row.method(),
                    row.student(),
                    row.dataset(),
                    row.condition(),
                    row.metric(),
                    number(row.published(), DIGITS),
                    number(row.publishedEffect(), DIGITS),
                    number(row.ours(), DIGITS),
                    number(row.oursSe(), DIGITS),
                    integer(row.n()),
                    integer(row.seeds()),
                    number(row.effect(), DIGITS),
                    number(row.effectLow(), DIGITS),
                    number(row.effectHigh(), DIGITS),
                    row.verdict() == null ? "" : row.verdict().word(),
                    String.join(" ", row.rows()),
                    row.note())));
        }
        return csv.toString();
    }

    /**
     * Reads table.csv.
     *
     * @throws IOException where it has other columns or a cell that is no number where one belongs, naming file and
     *     record
     */
    public static ResultTable read(Path csv) throws IOException {
        List<List<String>> records = Csv.read(csv);
        if (!records.get(0).equals(COLUMNS)) {
            throw new IOException(csv + ": columns are " + String.join(",", records.get(0)) + " where "
                    + String.join(",", COLUMNS) + " are expected");
        }
        List<ResultRow> rows = new ArrayList<>();
        for (List<String> record : records.subList(1, records.size())) {
            try {
                rows.add(parse(record));
            } catch (IllegalArgumentException e) {
                throw new IOException(csv + ": record " + (rows.size() + 2) + ": " + e.getMessage(), e);
            }
        }
        return new ResultTable(rows);
    }

    private static ResultRow parse(List<String> record) {
        return new ResultRow(
                record.get(0),
                record.get(1),
                record.get(2),
                record.get(3),
                record.get(4),
                parseDouble(record, 5),
                parseDouble(record, 6),
                parseDouble(record, 7),
                parseDouble(record, 8),
                parseInteger(record, 9),
                parseInteger(record, 10),
                parseDouble(record, 11),
                parseDouble(record, 12),
                parseDouble(record, 13),
                record.get(14).isEmpty() ? null : Verdict.ofWord(record.get(14)),
                record.get(15).isEmpty()
                        ? List.of()
                        : Arrays.asList(record.get(15).split(" ")),
                record.get(16));
    }

    private static Double parseDouble(List<String> record, int column) {
        String text = record.get(column);
        try {
            return text.isEmpty() ? null : Double.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(COLUMNS.get(column) + " is no number: " + text, e);
        }
    }

    private static Integer parseInteger(List<String> record, int column) {
        String text = record.get(column);
        try {
            return text.isEmpty() ? null : Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(COLUMNS.get(column) + " is no integer: " + text, e);
        }
    }

    /** A GitHub Markdown table. */
    public String toMarkdown() {
        List<Shown> columns = shown();
        StringBuilder out = new StringBuilder();
        out.append(line(columns, column -> column.title, ResultTable::escapeMarkdown));
        out.append(line(columns, column -> column.numeric ? "---:" : "---", cell -> cell));
        for (ResultRow row : rows) {
            out.append(line(columns, column -> column.cell.apply(row), ResultTable::escapeMarkdown));
        }
        return out.toString();
    }

    private static String line(List<Shown> columns, Function<Shown, String> cell, UnaryOperator<String> escape) {
        return columns.stream()
                .map(column -> escape.apply(cell.apply(column)))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** An HTML table element. */
    public String toHtml() {
        List<Shown> columns = shown();
        StringBuilder out = new StringBuilder("<table>\n<thead><tr>");
        for (Shown column : columns) {
            out.append("<th>").append(escapeHtml(column.title)).append("</th>");
        }
        out.append("</tr></thead>\n<tbody>\n");
        for (ResultRow row : rows) {
            out.append("<tr>");
            for (Shown column : columns) {
                out.append(column.numeric ? "<td style=\"text-align:right\">" : "<td>")
                        .append(escapeHtml(column.cell.apply(row)))
                        .append("</td>");
            }
            out.append("</tr>\n");
        }
        return out.append("</tbody>\n</table>\n").toString();
    }

    /** A LaTeX tabular environment. */
    public String toLatex() {
        List<Shown> columns = shown();
        StringBuilder out = new StringBuilder("\\begin{tabular}{");
        columns.forEach(column -> out.append(column.numeric ? 'r' : 'l'));
        out.append("}\n\\hline\n");
        out.append(latexLine(columns, column -> column.title)).append("\\hline\n");
        for (ResultRow row : rows) {
            out.append(latexLine(columns, column -> column.cell.apply(row)));
        }
        return out.append("\\hline\n\\end{tabular}\n").toString();
    }

    private static String latexLine(List<Shown> columns, Function<Shown, String> cell) {
        return columns.stream()
                .map(column -> escapeLatex(cell.apply(column)))
                .collect(Collectors.joining(" & ", "", " \\\\\n"));
    }

    /** A Tablesaw table with the columns of table.csv; cells that are empty there are missing here. */
    public Table toTable() {
        return Table.create("results")
                .addColumns(
                        text("method", ResultRow::method),
                        text("student", ResultRow::student),
                        text("dataset", ResultRow::dataset),
                        text("condition", ResultRow::condition),
                        text("metric", ResultRow::metric),
                        numbers("published", ResultRow::published),
                        numbers("published_effect", ResultRow::publishedEffect),
                        numbers("ours", ResultRow::ours),
                        numbers("ours_se", ResultRow::oursSe),
                        integers("n", ResultRow::n),
                        integers("seeds", ResultRow::seeds),
                        numbers("effect", ResultRow::effect),
                        numbers("effect_low", ResultRow::effectLow),
                        numbers("effect_high", ResultRow::effectHigh),
                        text(
                                "verdict",
                                row -> row.verdict() == null
                                        ? ""
                                        : row.verdict().word()),
                        text("rows", row -> String.join(" ", row.rows())),
                        text("note", ResultRow::note));
    }

    private StringColumn text(String name, Function<ResultRow, String> value) {
        return StringColumn.create(name, rows.stream().map(value));
    }

    private DoubleColumn numbers(String name, Function<ResultRow, Double> value) {
        return DoubleColumn.create(name, rows.stream().map(value).toArray(Double[]::new));
    }

    private IntColumn integers(String name, Function<ResultRow, Integer> value) {
        return IntColumn.create(name, rows.stream().map(value).toArray(Integer[]::new));
    }

    /**
     * A column as people read it.
     *
     * @param numeric whether its cells are numbers
     * @param cells one a row, empty where there is nothing
     */
    public record Column(String title, boolean numeric, List<String> cells) {}

    /** The columns for people: those in which any row has something. */
    public List<Column> columns() {
        return shown().stream()
                .map(column -> new Column(
                        column.title,
                        column.numeric,
                        rows.stream().map(column.cell).toList()))
                .toList();
    }

    /** A column of the tables for people. */
    private record Shown(String title, boolean numeric, Function<ResultRow, String> cell) {}

    /** The columns for people: those in which any row has something. */
    private List<Shown> shown() {
        List<Shown> all = List.of(
                new Shown("method", false, ResultRow::method),
                new Shown("student", false, ResultRow::student),
                new Shown("data set", false, ResultRow::dataset),
                new Shown("condition", false, ResultRow::condition),
                new Shown("metric", false, ResultRow::metric),
                new Shown("published", true, row -> number(row.published(), DIGITS)),
                new Shown("published effect", true, row -> signed(row.publishedEffect())),
                new Shown("ours", true, ResultTable::ours),
                new Shown("n", true, row -> integer(row.n())),
                new Shown("seeds", true, row -> integer(row.seeds())),
                new Shown("our effect [95 %]", true, ResultTable::effect),
                new Shown(
                        "verdict",
                        false,
                        row -> row.verdict() == null ? "" : row.verdict().word()),
                new Shown("note", false, ResultRow::note));
        return all.stream()
                .filter(column -> column.title.equals("method")
                        || rows.stream().anyMatch(row -> !column.cell.apply(row).isEmpty()))
                .toList();
    }

    private static String ours(ResultRow row) {
        return number(row.ours(), SHOWN_DIGITS) + (row.oursSe() == null ? "" : " ± " + number(row.oursSe(), 2));
    }

    private static String effect(ResultRow row) {
        return signed(row.effect())
                + (row.effectLow() == null || row.effectHigh() == null
                        ? ""
                        : " [" + signed(row.effectLow()) + ", " + signed(row.effectHigh()) + "]");
    }

    private static String signed(Double value) {
        String text = number(value, SHOWN_DIGITS);
        return value != null && value > 0 ? "+" + text : text;
    }

    /** A number with so many significant digits and no exponent; empty for null. */
    static String number(Double value, int digits) {
        if (value == null) {
            return "";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    private static String integer(Integer value) {
        return value == null ? "" : value.toString();
    }

    private static String escapeMarkdown(String cell) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < cell.length(); i++) {
            char c = cell.charAt(i);
            switch (c) {
                case '\r' -> {}
                case '\n' -> out.append(' ');
                case '<' -> out.append("&lt;");
                case '&' -> out.append("&amp;");
                case '\\', '|', '*', '_', '`', '~' -> out.append('\\').append(c);
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    private static String escapeHtml(String cell) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < cell.length(); i++) {
            char c = cell.charAt(i);
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

    private static String escapeLatex(String cell) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < cell.length(); i++) {
            char c = cell.charAt(i);
            switch (c) {
                case '\r' -> {}
                case '\n' -> out.append(' ');
                case '&', '%', '$', '#', '_', '{', '}' -> out.append('\\').append(c);
                case '~' -> out.append("\\textasciitilde{}");
                case '^' -> out.append("\\textasciicircum{}");
                case '\\' -> out.append("\\textbackslash{}");
                case '<' -> out.append("\\textless{}");
                case '>' -> out.append("\\textgreater{}");
                case '|' -> out.append("\\textbar{}");
                case '±' -> out.append("$\\pm$");
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
