package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.DataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DssDataSetTest {

    private static final String SVAMP_ROW =
            "{\"input\":\"2 \\u00e9clairs\\nHow many?\",\"label\":\"( 4.0 \\/ 2.0 )\"}\n";
    private static final String NLI_ROW = "{\"uid\":\"u\",\"premise\":\"P.\",\"hypothesis\":\"H.\",\"label\":2}\n";

    @TempDir
    Path folder;

    private final List<DataFile> files = new ArrayList<>();

    @Test
    void joinsOutputsInNumberOrderByPosition() throws IOException {
        write("svamp/svamp_train.json", SVAMP_ROW.repeat(11) + "\n");
        write("svamp/llm/train_CoT_10.json", "[\"R10 The answer is (10).\"]");
        for (int i = 0; i < 10; i++) {
            write("svamp/llm/train_CoT_" + i + ".json", "[\"R" + i + " The answer is (" + i + ").\"]");
        }
        List<DssExample> rows = DssDataSet.SVAMP.load(catalogue(), "train");
        assertThat(rows).hasSize(11);
        assertThat(rows.get(10))
                .isEqualTo(new DssExample(
                        "svamp-train-10",
                        "2 \u00e9clairs\nHow many?",
                        "( 4.0 / 2.0 )",
                        null,
                        null,
                        "R10 The answer is (10).",
                        "R10",
                        "(10)"));
        assertThat(rows.get(10).story()).isEqualTo("2 \u00e9clairs");
        assertThat(rows.get(10).inputJoinedBy(" ")).isEqualTo(rows.get(10).input());
    }

    @Test
    void writesChoicesUnderTheQuestion() throws IOException {
        write(
                "cqa/cqa_test.json",
                "{\"id\":\"x\",\"question\":\"Where?\",\"choices\":[\"a"
                        + " b\",\"c\",\"d\",\"e\",\"f\"],\"answer\":\"c\"}");
        write("cqa/llm/test_CoT_0.json", "[\"There. So the answer is (b) c.\"]");
        DssExample row = DssDataSet.CQA.load(catalogue(), "test").get(0);
        assertThat(row.input()).isEqualTo("Where?\nAnswer Choices:\n(a) a b\n(b) c\n(c) d\n(d) e\n(e) f");
        assertThat(row.label()).isEqualTo("c");
        assertThat(row.teacherLabel()).isEqualTo("c");
    }

    @Test
    void keepsPremiseAndHypothesisApart() throws IOException {
        write("anli1/anli1_valid.json", NLI_ROW);
        DssExample row = DssDataSet.ANLI1.load(catalogue(), "valid").get(0);
        assertThat(row)
                .as("no output is listed")
                .isEqualTo(new DssExample("anli1-valid-0", "P.</s>H.", "contradiction", "P.", "H.", null, null, null));
        assertThat(row.inputJoinedBy(" | ")).isEqualTo("P. | H.");
        assertThat(row.story()).isEqualTo("P.");
    }

    @Test
    void refusesACountOfOutputsThatIsNotThatOfRows() throws IOException {
        write("svamp/svamp_test.json", SVAMP_ROW.repeat(2));
        write("svamp/llm/test_CoT_0.json", "[\"one\"]");
        assertFails(
                DssDataSet.SVAMP,
                "distilling_step_by_step/svamp/svamp_test.json: 2 rows, but the teacher's files hold 1 outputs;"
                        + " they belong together by position, so fetch both again");
    }

    @Test
    void refusesAGapInTheNumbers() throws IOException {
        write("svamp/svamp_test.json", SVAMP_ROW);
        write("svamp/llm/test_CoT_1.json", "[\"one\"]");
        assertFails(
                DssDataSet.SVAMP,
                "the catalogue lists 1 files distilling_step_by_step/svamp/llm/test_CoT_*, but not"
                        + " distilling_step_by_step/svamp/llm/test_CoT_0.json: their numbers must run from 0 without a"
                        + " gap");
    }

    @Test
    void namesTheRowThatIsNotAsDescribed() throws IOException {
        write("esnli/esnli_test.json", NLI_ROW + NLI_ROW.replace(":2", ":3"));
        assertFails(
                DssDataSet.ESNLI,
                "distilling_step_by_step/esnli/esnli_test.json: row 2: label is not 0 (entailment), 1 (neutral) or 2"
                        + " (contradiction) but '3'");
        write("cqa/cqa_test.json", "{\"question\":\"Q\",\"choices\":[\"a\"],\"answer\":\"a\"}");
        assertFails(
                DssDataSet.CQA, "distilling_step_by_step/cqa/cqa_test.json: row 1: choices is not a list of 5 texts");
        write("svamp/svamp_test.json", "{\"input\":7}");
        assertFails(
                DssDataSet.SVAMP,
                "distilling_step_by_step/svamp/svamp_test.json: row 1: input is missing or not a text");
    }

    @Test
    void refusesOutputsThatAreNotTexts() throws IOException {
        write("svamp/svamp_test.json", SVAMP_ROW);
        write("svamp/llm/test_CoT_0.json", "[7]");
        assertFails(
                DssDataSet.SVAMP,
                "distilling_step_by_step/svamp/llm/test_CoT_0.json: output 0 of the split is not a text");
    }

    @Test
    void refusesAFileThatIsLongerThanTheCatalogueSays() throws IOException {
        write("svamp/svamp_test.json", SVAMP_ROW);
        Path path = folder.resolve("distilling_step_by_step/svamp/svamp_test.json");
        Files.writeString(path, SVAMP_ROW.repeat(2));
        assertFails(
                DssDataSet.SVAMP,
                path + ": longer than the " + SVAMP_ROW.length()
                        + " bytes of the catalogue; remove it and run `retort data fetch distilling_step_by_step`");
    }

    @Test
    void refusesASplitThatWasNotReleased() {
        assertThatThrownBy(() -> DssDataSet.ESNLI.load(DataCatalogue.standard(), "train"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("esnli has no split 'train'; splits: valid, test");
    }

    @Test
    void saysWhatToDownload() throws IOException {
        write("svamp/svamp_test.json", SVAMP_ROW);
        Files.delete(folder.resolve("distilling_step_by_step/svamp/svamp_test.json"));
        assertThatThrownBy(() -> DssDataSet.SVAMP.load(catalogue(), "test"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("data file distilling_step_by_step/svamp/svamp_test.json is neither in");
    }

    private void assertFails(DssDataSet dataSet, String message) {
        assertThatThrownBy(() -> dataSet.load(catalogue(), "test"))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }

    private void write(String name, String text) throws IOException {
        Path path = folder.resolve("distilling_step_by_step").resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        String hash = "0".repeat(64);
        files.add(new DataFile(
                "distilling_step_by_step/" + name, List.of(), hash, hash, Files.size(path), "none", true, null));
    }

    private DataCatalogue catalogue() {
        DataSet set = new DataSet("distilling_step_by_step", List.of(), "none", true, null, "here", null, files);
        return new DataCatalogue(List.of(set), folder, folder.resolve("cache"), Duration.ofSeconds(1));
    }
}
