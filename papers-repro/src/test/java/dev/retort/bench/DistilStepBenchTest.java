package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.DataRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("shared-data")
class DistilStepBenchTest {

    private static final int END = 3;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void needsSharedData() throws IOException {
        assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        model = TinyModel.save(folder.resolve("model"));
    }

    private BenchCase make(Path of) throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("<|im_end|>", "Below", "is"))) {
            return new DistilStepBench(TinyModel.setting(of, tokenizer, folder))
                    .cases()
                    .get(0);
        }
    }

    /** A row in texts, whose tokens are its words. */
    private record Row(String id, int promptTokens, int completionTokens) {

        static Row of(int index, JsonNode row) {
            String input = row.get("input").textValue();
            String prompt = "Below is an instruction that describes a task"
                    + (input.isEmpty() ? ". " : ", paired with an input that provides further context. ")
                    + "Write a response that appropriately completes the request. ### Instruction: "
                    + row.get("instruction").textValue()
                    + (input.isEmpty() ? "" : " ### Input: " + input)
                    + " ### Response: ";
            return new Row(
                    "dolly-" + index, words(prompt), words(row.get("output").textValue()));
        }

        private static int words(String text) {
            return (int) Arrays.stream(text.split("(?U)\\s+"))
                    .filter(word -> !word.isEmpty())
                    .count();
        }

        int tokens() {
            return Math.min(256, promptTokens + completionTokens + 1);
        }
    }

    @Test
    void rowsHaveTheirTrueLengths() throws Exception {
        BenchCase work = make(model);
        JsonNode dolly =
                DataRows.tree("dolly", DataRows.content(DataCatalogue.standard(), "dolly", "dolly_3k.json.gz"));
        List<Row> expected = new ArrayList<>();
        for (int index : SeededRandom.permutation(dolly.size(), SeededRandom.of(0, "distill-step"))) {
            Row row = Row.of(index, dolly.get(index));
            if (row.promptTokens() < 256 && expected.size() < 160) {
                expected.add(row);
            }
        }
        Path file = folder.resolve("distill-step-dolly.json");
        JsonNode json = Rows.mapper().readTree(file.toFile());
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly("model", "threads", "student", "learning_rate", "steps");
        assertThat(json.get("model").textValue()).isEqualTo(model.toString());
        assertThat(json.get("learning_rate").doubleValue()).isEqualTo(1e-5);
        assertThat(json.get("steps")).hasSize(20).allSatisfy(step -> assertThat(step)
                .hasSize(8));
        int labelled = 0;
        for (int i = 0; i < expected.size(); i++) {
            Row row = expected.get(i);
            JsonNode written = json.get("steps").get(i / 8).get(i % 8);
            assertThat(written.get("id").textValue()).isEqualTo(row.id());
            assertThat(written.get("kind").textValue()).isEqualTo("answer");
            int[] input = TrainStepWorker.ids(written.get("input"));
            int[] labels = input.clone();
            Arrays.fill(labels, 0, row.promptTokens(), TokenExample.IGNORED);
            assertThat(input).as(row.id()).hasSize(row.tokens()).startsWith(END + 1, END + 2);
            assertThat(input[input.length - 1] == END)
                    .as(row.id())
                    .isEqualTo(row.promptTokens() + row.completionTokens() < 256);
            assertThat(TrainStepWorker.ids(written.get("labels"))).as(row.id()).isEqualTo(labels);
            labelled += row.tokens() - row.promptTokens();
        }

        assertThat(work.name()).isEqualTo("dolly");
        assertThat(work.unit()).isEqualTo("tokens");
        assertThat(work.units())
                .isEqualTo(expected.stream().mapToInt(Row::tokens).sum());
        assertThat(work.work())
                .hasToString("{\"optimiser_steps\":20,\"rows\":160,\"labelled_tokens\":" + labelled
                        + ",\"longest_row\":256,\"dtype\":\"float32\",\"teacher_layers\":2,\"student_layers\":1}");
        assertThat(work.sides())
                .extracting(Side::name)
                .containsExactly("retort", "trl-gkd", "trl-distillation", "limit");
        String python = folder.resolve("python").toString();
        String script = folder.resolve("benchmarks/peers/distill_step.py").toString();
        assertThat(work.sides().get(0).command())
                .endsWith("dev.retort.bench.DistilStepWorker", file.toString(), "train");
        assertThat(work.sides().get(1).command()).containsExactly(python, script, file.toString(), "--mode", "gkd");
        assertThat(work.sides().get(2).command())
                .containsExactly(python, script, file.toString(), "--mode", "distillation");
        assertThat(work.sides().get(3).command())
                .endsWith("dev.retort.bench.DistilStepWorker", file.toString(), "products");
    }

    @Test
    void theStudentIsEverySecondLayer() throws Exception {
        make(model);
        Path file = folder.resolve("distill-step-dolly.json");
        String first = Files.readString(file);
        make(model);
        assertThat(file).hasContent(first);
        Path folderOfStudent =
                Path.of(Rows.mapper().readTree(first).get("student").textValue());
        try (LoadedModel whole = Models.load(model, Device.cpu());
                LoadedModel student = Models.load(folderOfStudent, Device.cpu())) {
            assertThat(student.model().config().json().get("num_hidden_layers").intValue())
                    .isEqualTo(1);
            student.model().weights().arrays().forEach((name, array) -> assertThat(array.toFloatArray())
                    .as(name)
                    .isEqualTo(whole.model().weights().get(name).toFloatArray()));
            assertThat(student.tokenizer()).isNotNull();
        }
    }

    @Test
    void aModelOfAnotherFamily() {
        Path gpt2 = Path.of(System.getProperty("retort.root"), "toolkit/src/test/resources/models/gpt2");
        assertThatThrownBy(() -> make(gpt2))
                .isInstanceOf(IOException.class)
                .hasMessage(gpt2 + ": layers can be dropped from models of the LLaMA family only; give one (llama,"
                        + " mistral, qwen2, qwen3)");
    }
}
