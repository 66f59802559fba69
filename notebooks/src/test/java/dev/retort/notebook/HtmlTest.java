package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.util.List;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class HtmlTest {

    @Test
    void escapesWhatHtmlReads() {
        assertThat(Html.escape("<a href=\"x\" id='y'>&amp;</a> é"))
                .isEqualTo("&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt; é");
    }

    @Test
    void alignsNumbersAndLeavesMissingValuesEmpty() {
        IntColumn count = IntColumn.create("n");
        count.append(7);
        count.appendMissing();
        Table table = Table.create("a & b", StringColumn.create("<name>", "x<y", ""), count);

        assertThat(Html.table(table))
                .isEqualTo("<table>\n<caption>a &amp; b</caption>\n"
                        + "<thead><tr><th style=\"text-align:left\">&lt;name&gt;</th>"
                        + "<th style=\"text-align:right\">n</th></tr></thead>\n<tbody>\n"
                        + "<tr><td style=\"text-align:left;white-space:pre-wrap\">x&lt;y</td>"
                        + "<td style=\"text-align:right\">7</td></tr>\n"
                        + "<tr><td style=\"text-align:left;white-space:pre-wrap\"></td>"
                        + "<td style=\"text-align:right\"></td></tr>\n"
                        + "</tbody>\n</table>\n");
    }

    @Test
    void dataSetAndStudentStandAboveTheRowsThatShareThem() {
        ResultRow row = ResultRow.of("a<td>", "<s>", "data", "", "").withOurs(0.5, 7);
        ResultRow teacher = ResultRow.of("b", "", "data", "", "");
        ResultRow nowhere = ResultRow.of("c", "", "", "", "");
        ResultTable table = new ResultTable(List.of(row.withNote("two\nlines"), row, teacher, nowhere));

        String left = " style=\"text-align:left\">";
        String right = " style=\"text-align:right\">";
        String note = " style=\"text-align:left;white-space:normal;min-width:16em\">";
        String group = "<tr><th colspan=\"4\"" + left;
        String numbers = "<tr><td" + left + "a&lt;td&gt;</td><td" + right + "0.5</td><td" + right + "7</td><td" + note;
        String none = "</td><td" + right + "</td><td" + right + "</td><td" + note + "</td></tr>\n";
        assertThat(Html.table(table))
                .isEqualTo("<table>\n<thead><tr><th" + left + "method</th><th" + right + "ours</th><th" + right
                        + "n</th><th" + note + "note</th></tr></thead>\n<tbody>\n"
                        + group + "data: &lt;s&gt;</th></tr>\n"
                        + numbers + "two\nlines</td></tr>\n" + numbers + "</td></tr>\n"
                        + group + "data</th></tr>\n<tr><td" + left + "b" + none
                        + group + "</th></tr>\n<tr><td" + left + "c" + none
                        + "</tbody>\n</table>\n");
        assertThat(Html.table(new ResultTable(List.of())))
                .isEqualTo("<table>\n<thead><tr><th" + left + "method</th></tr></thead>\n<tbody>\n"
                        + "</tbody>\n</table>\n");
    }

    @Test
    void cutsLongTablesAndSaysSo() {
        IntColumn numbers = IntColumn.create("n");
        for (int i = 0; i < 101; i++) {
            numbers.append(i);
        }

        String html = Html.table(Table.create("", numbers));

        assertThat(html)
                .contains("<caption>(the first 100 of 101 rows)</caption>")
                .contains(">99<");
        assertThat(html).doesNotContain(">100<");
    }
}
