package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

class ResultTableTest {

    private static final ResultTable TABLE = new ResultTable(List.of(
            new ResultRow(
                    "step-by-step",
                    "SmolLM2-135M",
                    "e-SNLI",
                    "0.1 %",
                    "accuracy (%)",
                    73.6,
                    10.6,
                    71.23456789,
                    1.4,
                    3000,
                    3,
                    -2.7,
                    -5.1500001,
                    -0.25,
                    Verdict.OPPOSITE,
                    List.of("step-by-step.549.0", "standard.549.0"),
                    "read off a figure, \"about\""),
            ResultRow.of("a|b_<i>&", "", "", "", "").withOurs(0.00001234567, 5),
            ResultRow.of("empty", "", "", "", "")));

    @Test
    void writesTheContractsColumns() {
        assertThat(TABLE.toCsv())
                .isEqualTo("method,student,dataset,condition,metric,published,published_effect,ours,ours_se,n,seeds,"
                        + "effect,effect_low,effect_high,verdict,rows,note\n"
                        + "step-by-step,SmolLM2-135M,e-SNLI,0.1 %,accuracy (%),73.6,10.6,71.2346,1.4,3000,3,"
                        + "-2.7,-5.15,-0.25,opposite,step-by-step.549.0 standard.549.0,"
                        + "\"read off a figure, \"\"about\"\"\"\n"
                        + "a|b_<i>&,,,,,,,0.0000123457,,5,,,,,,,\n"
                        + "empty,,,,,,,,,,,,,,,,\n");
    }

    @Test
    void readsWhatItWrites(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("table.csv");
        Files.writeString(file, TABLE.toCsv());

        ResultTable read = ResultTable.read(file);

        assertThat(read.toCsv()).isEqualTo(TABLE.toCsv());
        assertThat(read.rows().get(2)).isEqualTo(TABLE.rows().get(2));
        assertThat(read.rows().get(0).verdict()).isEqualTo(Verdict.OPPOSITE);
    }

    @Test
    void saysWhereATableIsWrong(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("table.csv");
        Files.writeString(file, "method,value\nx,1\n");
        assertThatThrownBy(() -> ResultTable.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": columns are method,value where method,student,");
        Files.writeString(file, String.join(",", ResultTable.COLUMNS) + "\nx,,,,,,,many,,,,,,,,,\n");
        assertThatThrownBy(() -> ResultTable.read(file)).hasMessage(file + ": record 2: ours is no number: many");
        Files.writeString(file, String.join(",", ResultTable.COLUMNS) + "\nx,,,,,,,,,1.5,,,,,,,\n");
        assertThatThrownBy(() -> ResultTable.read(file)).hasMessage(file + ": record 2: n is no integer: 1.5");
        Files.writeString(file, String.join(",", ResultTable.COLUMNS) + "\nx,,,,,,,NaN,,,,,,,,,\n");
        assertThatThrownBy(() -> ResultTable.read(file)).hasMessageStartingWith(file + ": record 2: row x, : NaN");
    }

    @Test
    void showsPeopleOneCellForEffectAndInterval() {
        assertThat(TABLE.toMarkdown())
                .isEqualTo(
                        "| method | student | data set | condition | metric | published | published effect | ours | n"
                                + " | seeds | our effect [95 %] | verdict | note |\n"
                                + "| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |\n"
                                + "| step-by-step | SmolLM2-135M | e-SNLI | 0.1 % | accuracy (%) | 73.6 | +10.6 | 71.23 ±"
                                + " 1.4 | 3000 | 3 | -2.7 [-5.15, -0.25] | opposite | read off a figure, \"about\" |\n"
                                + "| a\\|b\\_&lt;i>&amp; |  |  |  |  |  |  | 0.00001235 | 5 |  |  |  |  |\n"
                                + "| empty |  |  |  |  |  |  |  |  |  |  |  |  |\n");
    }

    @Test
    void leavesOutColumnsThatNoRowFills() {
        ResultTable table =
                new ResultTable(List.of(ResultRow.of("m", "", "d", "", "").withOurs(1, 2)));

        assertThat(table.toMarkdown())
                .isEqualTo("| method | data set | ours | n |\n| --- | --- | ---: | ---: |\n| m | d | 1 | 2 |\n");
    }

    @Test
    void escapesHtmlAndLatex() {
        ResultTable table = new ResultTable(
                List.of(ResultRow.of("<b>&\"'", "50 %_$#{}~^\\", "", "", "").withOurs(2, 1)));

        assertThat(table.toHtml())
                .isEqualTo("<table>\n<thead><tr><th>method</th><th>student</th><th>ours</th><th>n</th></tr></thead>\n"
                        + "<tbody>\n<tr><td>&lt;b&gt;&amp;&quot;&#39;</td><td>50 %_$#{}~^\\</td>"
                        + "<td style=\"text-align:right\">2</td><td style=\"text-align:right\">1</td></tr>\n"
                        + "</tbody>\n</table>\n");
        assertThat(table.toLatex())
                .isEqualTo("\\begin{tabular}{llrr}\n\\hline\nmethod & student & ours & n \\\\\n\\hline\n"
                        + "\\textless{}b\\textgreater{}\\&\"' & 50 \\%\\_\\$\\#\\{\\}"
                        + "\\textasciitilde{}\\textasciicircum{}\\textbackslash{} & 2 & 1 \\\\\n"
                        + "\\hline\n\\end{tabular}\n");
    }

    @Test
    void becomesATablesawTableWithMissingCells() {
        Table table = TABLE.toTable();

        assertThat(table.columnNames()).isEqualTo(ResultTable.COLUMNS);
        assertThat(table.rowCount()).isEqualTo(3);
        assertThat(table.doubleColumn("effect").get(0)).isEqualTo(-2.7);
        assertThat(table.doubleColumn("effect").isMissing(1)).isTrue();
        assertThat(table.intColumn("n").get(1)).isEqualTo(5);
        assertThat(table.intColumn("seeds").isMissing(1)).isTrue();
        assertThat(table.stringColumn("verdict").get(0)).isEqualTo("opposite");
    }

    @Test
    void roundsToSignificantDigits() {
        assertThat(ResultTable.number(null, 6)).isEmpty();
        assertThat(ResultTable.number(0.0, 6)).isEqualTo("0");
        assertThat(ResultTable.number(-0.0, 6)).isEqualTo("0");
        assertThat(ResultTable.number(123456789.0, 6)).isEqualTo("123457000");
        assertThat(ResultTable.number(1.0 / 3, 6)).isEqualTo("0.333333");
        assertThat(ResultTable.number(62.5, 6)).isEqualTo("62.5");
    }
}
