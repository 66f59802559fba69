package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishedCellsTest {

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(
                folder.resolve("table1.csv"),
                """
                method,student,dataset,metric,value,source
                Standard finetuning,T5 220M,SVAMP,test_accuracy_pct,62.63,"paper, Table 1"
                Distilling step-by-step,T5 220M,SVAMP,test_accuracy_pct,65.50,"paper, Table 1"
                """
                        .replace("\n", "\r\n"));
        Files.writeString(
                folder.resolve("claims.csv"),
                "method,dataset,metric,value,source\nboth,SVAMP,settings,5e-5; 64; 1024,section 4\n");
        Files.writeString(folder.resolve("README.md"), "not a table");
    }

    @Test
    void keepsEveryColumnAndTheSource() throws IOException {
        PublishedCells cells = PublishedCells.readFolder(folder);

        assertThat(cells.cells()).hasSize(3);
        PublishedCell cell = cells.one(Map.of("method", "Standard finetuning", "dataset", "SVAMP"));
        assertThat(cell.table()).isEqualTo("table1");
        assertThat(cell.value()).isEqualTo(62.63);
        assertThat(cell.source()).isEqualTo("paper, Table 1");
        assertThat(cell.column("student")).isEqualTo("T5 220M");
        assertThat(cell.column("no such column")).isEmpty();
        assertThat(cells.find(Map.of("table", "claims"))).hasSize(1);
    }

    @Test
    void subtractsTheBaseline() throws IOException {
        PublishedCells cells = PublishedCells.readFolder(folder);

        assertThat(cells.effect(Map.of("table", "table1"), "Distilling step-by-step", "Standard finetuning"))
                .isCloseTo(2.87, within(1e-9));
    }

    @Test
    void aCellThatIsNotOneNumberHasNoValue() throws IOException {
        PublishedCell cell = PublishedCells.readFolder(folder).one(Map.of("metric", "settings"));

        assertThat(cell.value()).isNull();
        assertThat(cell.column("value")).isEqualTo("5e-5; 64; 1024");
    }

    @Test
    void saysWhatDoesNotMatch() throws IOException {
        PublishedCells cells = PublishedCells.readFolder(folder);

        assertThatThrownBy(() -> cells.one(Map.of("dataset", "SVAMP")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("3 published cells match {dataset=SVAMP}: name more columns");
        assertThatThrownBy(() -> cells.one(Map.of("method", "Standard fine-tuning")))
                .hasMessage("0 published cells match {method=Standard fine-tuning};"
                        + " the nearest method is Standard finetuning");
    }

    @Test
    void refusesATableWithoutSources() throws IOException {
        Files.writeString(folder.resolve("z.csv"), "method,metric,value\na,b,1\n");
        assertThatThrownBy(() -> PublishedCells.readFolder(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("z.csv") + ": has no column source");
        Files.writeString(folder.resolve("z.csv"), "method,metric,value,source\na,b,1,\n");
        assertThatThrownBy(() -> PublishedCells.readFolder(folder))
                .hasMessage(folder.resolve("z.csv") + ": record 2 lacks its value or its source");
    }
}
