package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TableCommandTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"step-by-step", "system2", "minillm", "negative", "tapir"})
    void everyPaperHasATable(String paper) {
        CliRun run = CliRun.of("table", paper);
        assertThat(run.status()).isZero();
        assertThat(run.out()).startsWith("| method | ").contains("| published |");
        // Where results of ours are committed they stand before the published ones.
        boolean isRun = List.of("step-by-step", "system2", "minillm").contains(paper);
        assertThat(run.out().contains("| ours |")).isEqualTo(isRun);
    }

    @Test
    void publishedCellsKeepTheirSource() throws IOException {
        CliRun run = CliRun.of("table", "system2", "--format", "csv", "--quiet");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).startsWith(String.join(",", ResultTable.COLUMNS) + "\n");
        assertThat(run.out())
                .contains("last letter concatenation")
                .contains(",98,")
                .contains("arXiv 2407.06023");
        Path file = folder.resolve("table.csv");
        Files.writeString(file, run.out());
        assertThat(ResultTable.read(file).rows())
                .filteredOn(row -> row.ours() == null)
                .isNotEmpty()
                .allMatch(row -> row.published() != null && !row.note().isEmpty());
    }

    @Test
    void readsRunFolders() throws IOException {
        ResultRow row = ResultRow.of("step-by-step", "tiny", "made-up", "", "accuracy_pct")
                .withPublished(84.5, 2.0)
                .withOurs(61.25, 200);
        Path one = run("one", row);
        CliRun single = CliRun.of("table", "step-by-step", one, "--format", "csv");
        assertThat(single.err()).isEmpty();
        assertThat(single.out()).isEqualTo(new ResultTable(List.of(row)).toCsv());
        assertThat(CliRun.of("table", "step-by-step", one).out()).isEqualTo(new ResultTable(List.of(row)).toMarkdown());
        assertThat(CliRun.of("table", "step-by-step", one, "--format", "html").out())
                .startsWith("<table>")
                .contains("61.25");
        assertThat(CliRun.of("table", "step-by-step", one, "--format", "LATEX").out())
                .startsWith("\\begin{tabular}");

        CliRun both = CliRun.of("table", "step-by-step", one, run("two", row), "--format", "csv");
        assertThat(both.out())
                .isEqualTo(new ResultTable(List.of(row.withNote("run one"), row.withNote("run two"))).toCsv());
    }

    @Test
    void errorsNameTheFile() throws IOException {
        CliRun none = CliRun.of("table", "step-by-step", folder);
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.err()).startsWith("retort: " + folder + ": no table.csv there");
        assertThat(none.errLines()).hasSize(1);

        Files.writeString(folder.resolve("table.csv"), "a,b\n1,2\n");
        CliRun bad = CliRun.of("table", "step-by-step", folder);
        assertThat(bad.status()).isEqualTo(1);
        assertThat(bad.err()).startsWith("retort: " + folder.resolve("table.csv") + ": columns are a,b");
    }

    @Test
    void wrongUsageIsStatus2() {
        CliRun run = CliRun.of("table", "minilm");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("the nearest is minillm");
        assertThat(CliRun.of("table").status()).isEqualTo(2);
        assertThat(CliRun.of("table", "minillm", "--format", "pdf").status()).isEqualTo(2);
    }

    private Path run(String name, ResultRow row) throws IOException {
        Path run = Files.createDirectory(folder.resolve(name));
        Files.writeString(run.resolve("table.csv"), new ResultTable(List.of(row)).toCsv());
        return run;
    }
}
