package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Rows;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
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
class TrainStepBenchTest {

    private static final int END = 3;

    @TempDir
    private Path folder;

    @BeforeEach
    void needsSharedData() {
        assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
    }

    private List<BenchCase> cases(String... words) throws Exception {
        return cases(Tokenizer.ofWords(List.of(words)));
    }

    private List<BenchCase> cases(Tokenizer tokenizer) throws Exception {
        try (tokenizer) {
            return new TrainStepBench(TinyModel.setting(folder, tokenizer, folder)).cases();
        }
    }

    @Test
    void svampTrainsLabels() throws Exception {
        BenchCase svamp = cases("<|im_end|>", "How", "many").get(0);
        assertThat(svamp.name()).isEqualTo("svamp");
        List<DssExample> rows = DssDataSet.SVAMP.load(DataCatalogue.standard(), "train");
        List<Row> expected = new ArrayList<>();
        for (DssExample row : rows.subList(0, 64)) {
            expected.add(new Row(row.id() + "#answer", "answer", row.input(), row.label()));
        }
        check(svamp, expected, 16, "{\"answer\":1.0}");
    }

    @Test
    void esnliTrainsLabelsAndRationales() throws Exception {
        BenchCase esnli = cases("<|im_end|>", "predict:", "explain:").get(1);
        assertThat(esnli.name()).isEqualTo("esnli");
        List<DssExample> rows = DssDataSet.ESNLI.load(DataCatalogue.standard(), "valid");
        List<Row> expected = new ArrayList<>();
        for (int step = 0; step < 4; step++) {
            for (DssExample row : rows.subList(16 * step, 16 * step + 16)) {
                String prompt = "predict: " + row.premise() + "<|im_end|>" + row.hypothesis();
                expected.add(new Row(row.id() + "#answer", "answer", prompt, row.label()));
            }
            for (DssExample row : rows.subList(16 * step, 16 * step + 16)) {
                String prompt = "explain: " + row.premise() + "<|im_end|>" + row.hypothesis();
                expected.add(new Row(row.id() + "#rationale", "rationale", prompt, row.rationale()));
            }
        }
        check(esnli, expected, 32, "{\"answer\":0.5,\"rationale\":0.5}");
        JsonNode steps = Rows.mapper()
                .readTree(folder.resolve("train-step-esnli.json").toFile())
                .get("steps");
        assertThat(steps.get(0).get(0).get("input").get(0).intValue()).isEqualTo(END + 1);
        assertThat(steps.get(0).get(16).get("input").get(0).intValue()).isEqualTo(END + 2);
    }

    /** A row in texts, whose tokens are its words. */
    private record Row(String id, String kind, String prompt, String completion) {

        int promptTokens() {
            return prompt.strip().split("\\s+").length;
        }

        int labelled() {
            return completion.strip().split("\\s+").length + 1;
        }
    }

    private void check(BenchCase work, List<Row> expected, int rowsOfAStep, String weights) throws IOException {
        Path file = folder.resolve("train-step-" + work.name() + ".json");
        JsonNode json = Rows.mapper().readTree(file.toFile());
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly("model", "threads", "learning_rate", "lora", "weights", "steps");
        assertThat(json.get("model").textValue()).isEqualTo(folder.toString());
        assertThat(json.get("threads").intValue()).isEqualTo(2);
        assertThat(json.get("learning_rate").doubleValue()).isEqualTo(1e-4);
        assertThat(json.get("lora").get("r").intValue()).isEqualTo(16);
        assertThat(json.get("lora").get("lora_alpha").doubleValue()).isEqualTo(32);
        assertThat(json.get("lora").get("lora_dropout").doubleValue()).isZero();
        assertThat(json.get("weights")).hasToString(weights);
        assertThat(json.get("steps")).hasSize(4).allSatisfy(step -> assertThat(step)
                .hasSize(rowsOfAStep));

        for (int i = 0; i < expected.size(); i++) {
            Row row = expected.get(i);
            JsonNode written = json.get("steps").get(i / rowsOfAStep).get(i % rowsOfAStep);
            assertThat(written.get("id").textValue()).isEqualTo(row.id());
            assertThat(written.get("kind").textValue()).isEqualTo(row.kind());
            int[] input = TrainStepWorker.ids(written.get("input"));
            int[] labels = input.clone();
            Arrays.fill(labels, 0, row.promptTokens(), TokenExample.IGNORED);
            assertThat(input)
                    .as(row.id())
                    .hasSize(row.promptTokens() + row.labelled())
                    .endsWith(END);
            assertThat(TrainStepWorker.ids(written.get("labels"))).as(row.id()).isEqualTo(labels);
        }

        int tokens = expected.stream()
                .mapToInt(row -> row.promptTokens() + row.labelled())
                .sum();
        assertThat(work.units()).isEqualTo(tokens);
        assertThat(work.unit()).isEqualTo("tokens");
        assertThat(work.work())
                .hasToString("{\"optimiser_steps\":4,\"rows\":" + expected.size() + ",\"labelled_tokens\":"
                        + expected.stream().mapToInt(Row::labelled).sum() + ",\"longest_row\":"
                        + expected.stream()
                                .mapToInt(row -> row.promptTokens() + row.labelled())
                                .max()
                                .orElseThrow()
                        + ",\"dtype\":\"float32\",\"lora_r\":16}");

        String script = folder.resolve("benchmarks/peers/train_step.py").toString();
        assertThat(work.sides())
                .extracting(Side::name)
                .containsExactly(
                        "retort",
                        "transformers-peft-plain",
                        "transformers-peft-sorted",
                        "transformers-peft-compiled",
                        "limit");
        assertThat(work.sides().get(0).command())
                .endsWith("dev.retort.bench.TrainStepWorker", file.toString(), "train");
        String python = folder.resolve("python").toString();
        List<String> modes = List.of("plain", "sorted", "compiled");
        for (int i = 0; i < modes.size(); i++) {
            assertThat(work.sides().get(1 + i).command())
                    .containsExactly(python, script, file.toString(), "--mode", modes.get(i));
        }
        assertThat(work.sides().get(4).command())
                .endsWith("dev.retort.bench.TrainStepWorker", file.toString(), "products");
    }

    @Test
    void equalRunsWriteEqualBytes() throws Exception {
        cases("<|im_end|>");
        String first = Files.readString(folder.resolve("train-step-esnli.json"));
        cases("<|im_end|>");
        assertThat(folder.resolve("train-step-esnli.json")).hasContent(first);
    }

    @Test
    void aTokenizerWithoutTheEnd() throws Exception {
        Path pieces = Path.of(System.getProperty("retort.root"), "toolkit/src/test/resources/models/tokenizer-llama");
        Tokenizer tokenizer = Tokenizer.load(pieces);
        assertThatThrownBy(() -> cases(tokenizer))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        folder + ": its tokenizer has no token <|im_end|>, which ends completions here; give a model"
                                + " that has it");
    }
}
