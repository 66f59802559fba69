package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

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
                        + "<thead><tr><th>&lt;name&gt;</th><th>n</th></tr></thead>\n<tbody>\n"
                        + "<tr><td style=\"text-align:left;white-space:pre-wrap\">x&lt;y</td>"
                        + "<td style=\"text-align:right\">7</td></tr>\n"
                        + "<tr><td style=\"text-align:left;white-space:pre-wrap\"></td>"
                        + "<td style=\"text-align:right\"></td></tr>\n"
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
