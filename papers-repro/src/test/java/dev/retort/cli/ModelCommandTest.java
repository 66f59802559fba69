package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.SafetensorsFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCommandTest {

    @TempDir
    private Path folder;

    @Test
    void importsGguf() throws IOException {
        Path target = folder.resolve("models/tiny");
        Path source = CliRun.fixture("gguf/llama-gqa.gguf");
        CliRun run = CliRun.of("model", "import", source, target);

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .startsWith(target + ": ")
                .contains("float32, with tokenizer")
                .endsWith("compared exactly\n");
        assertThat(list(target))
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        assertThat(list(folder.resolve("models"))).containsExactly("tiny");
        CliRun before = CliRun.of("logits", "--model", source, "--ids", "1,2,3");
        assertThat(CliRun.of("logits", "--model", target, "--ids", "1,2,3")).isEqualTo(before);
        CliRun ids = CliRun.with("Hello  wörld 12", "tokenize", "--model", source);
        assertThat(CliRun.with("Hello  wörld 12", "tokenize", "--model", target))
                .isEqualTo(ids);
        JsonNode config = Rows.mapper().readTree(Files.readString(target.resolve("config.json")));
        assertThat(config.get("dtype").textValue()).isEqualTo("float32");
    }

    @Test
    void importsAFolderIntoAnEmptyOne() throws IOException {
        Path target = Files.createDirectory(folder.resolve("empty"));
        Path source = CliRun.fixture("llama-sharded");
        CliRun run = CliRun.of("model", "import", source, target);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("no tokenizer");
        try (SafetensorsFolder from = SafetensorsFolder.open(source);
                SafetensorsFolder to = SafetensorsFolder.open(target)) {
            assertThat(to.names()).containsExactlyInAnyOrderElementsOf(from.names());
            for (String name : from.names()) {
                ByteBuffer expected = from.readRaw(name);
                assertThat(to.readRaw(name)).isEqualTo(expected);
            }
        }
    }

    @Test
    void refusesAFolderThatHoldsSomething() throws IOException {
        Path target = Files.createDirectory(folder.resolve("full"));
        Files.writeString(target.resolve("mine.txt"), "keep me");
        CliRun run = CliRun.of("model", "import", CliRun.fixture("llama-gqa"), target);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("retort: " + target + ": not empty; give a folder that is empty or absent\n");
        assertThat(list(target)).containsExactly("mine.txt");

        CliRun file = CliRun.of("model", "import", CliRun.fixture("llama-gqa"), target.resolve("mine.txt"));
        assertThat(file.status()).isEqualTo(1);
        assertThat(file.err()).contains("is a file");
    }

    @Test
    void leavesNothingBehindAfterAnError() throws IOException {
        Path source = folder.resolve("broken.gguf");
        Files.write(source, new byte[] {'G', 'G', 'U', 'F'});
        CliRun run = CliRun.of("model", "import", source, folder.resolve("target"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(source.toString());
        assertThat(list(folder)).containsExactly("broken.gguf");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "every-2nd | 0, 2, 4",
                "every-3rd | 0, 3",
                "every-9th | 0",
                "3         | 0, 3, 5",
                "6         | 0, 1, 2, 3, 4, 5",
                "1,4       | 1, 4"
            })
    void prunes(String keep, String kept) throws IOException {
        Path source = deepModel();
        Path target = folder.resolve("students/pruned");
        CliRun run = CliRun.of("model", "prune", source, target, "--keep-layers", keep);

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        int[] layers =
                Arrays.stream(kept.split(", ")).mapToInt(Integer::parseInt).toArray();
        // 48 x 8 of the embedding, which is the head too, 8 of the last norm, 560 of each layer.
        assertThat(run.out())
                .isEqualTo(target + ": layers " + kept + " kept of 6, " + (392 + 560 * layers.length)
                        + " numbers, float32, with tokenizer\n");
        assertThat(list(folder.resolve("students"))).containsExactly("pruned");
        JsonNode config = Rows.mapper().readTree(Files.readString(target.resolve("config.json")));
        assertThat(config.get("num_hidden_layers").intValue()).isEqualTo(layers.length);
        try (LoadedModel whole = Models.load(source, Device.cpu());
                LoadedModel wanted = Models.withLayers(whole, layers);
                LoadedModel found = Models.load(target, Device.cpu())) {
            Map<String, NDArray> weights = wanted.model().weights().arrays();
            assertThat(found.model().weights().arrays()).hasSameSizeAs(weights);
            weights.forEach((name, array) ->
                    assertThat(found.model().weights().get(name).toFloatArray()).isEqualTo(array.toFloatArray()));
            Models.save(wanted, folder.resolve("wanted"));
        }
        assertThat(CliRun.of("logits", "--model", target, "--ids", "1,2,3"))
                .isEqualTo(CliRun.of("logits", "--model", folder.resolve("wanted"), "--ids", "1,2,3"));
        assertThat(CliRun.with("b a", "tokenize", "--model", target).out()).isEqualTo("[4, 3]\n");
    }

    @Test
    void prunesGguf() throws IOException {
        Path target = folder.resolve("pruned");
        CliRun run = CliRun.of("model", "prune", CliRun.fixture("gguf/llama-gqa.gguf"), target, "--keep-layers", "1");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).startsWith(target + ": layers 0 kept of 2, ").endsWith("with tokenizer\n");
    }

    @Test
    void prunesOnlyIntoAnEmptyFolder() throws IOException {
        Path target = Files.createDirectory(folder.resolve("full"));
        Files.writeString(target.resolve("mine.txt"), "keep me");
        CliRun run = CliRun.of("model", "prune", CliRun.fixture("llama-gqa"), target, "--keep-layers", "1");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("retort: " + target + ": not empty; give a folder that is empty or absent\n");
        assertThat(list(target)).containsExactly("mine.txt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "t5-v11"})
    void prunesNoOtherFamily(String name) throws IOException {
        Path source = CliRun.fixture(name);
        CliRun run = CliRun.of("model", "prune", source, folder.resolve("target"), "--keep-layers", "every-2nd");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err())
                .isEqualTo("retort: " + source + ": layers can be dropped from models of the LLaMA family only (llama,"
                        + " mistral, qwen2, qwen3)\n");
        assertThat(list(folder)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "every-0th | give every-2nd, a number of layers, or layers from 0 like 0,3,5",
                "every-2   | give every-2nd, a number of layers, or layers from 0 like 0,3,5",
                "half      | give every-2nd, a number of layers, or layers from 0 like 0,3,5",
                "0,,1      | give every-2nd, a number of layers, or layers from 0 like 0,3,5",
                "0         | the model has 2 layers; give 1 to 2",
                "3         | the model has 2 layers; give 1 to 2",
                "0,2       | give layers from 0 to 1 in ascending order, none twice",
                "1,0       | give layers from 0 to 1 in ascending order, none twice",
                "0,0       | give layers from 0 to 1 in ascending order, none twice"
            })
    void wrongLayersAreStatus2(String keep, String message) throws IOException {
        CliRun run = CliRun.of(
                "model", "prune", CliRun.fixture("llama-gqa"), folder.resolve("target"), "--keep-layers", keep);
        assertThat(run.err()).isEqualTo("retort: --keep-layers " + keep + ": " + message + "\n");
        assertThat(run.status()).isEqualTo(2);
        assertThat(list(folder)).isEmpty();
    }

    @Test
    void wrongUsageIsStatus2() {
        assertThat(CliRun.of("model").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "import", "only-one").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "imports", "a", "b").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "import", "--help").out()).contains("Examples:");
        assertThat(CliRun.of("model", "prune", "a", "b").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "prune", "--help").out()).contains("models/half --keep-layers every-2nd\n");
    }

    /** A LLaMA of six layers with a tokenizer, as a folder. */
    private Path deepModel() throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama").put("vocab_size", 48).put("hidden_size", 8);
        json.put("intermediate_size", 12)
                .put("num_hidden_layers", 6)
                .put("num_attention_heads", 2)
                .put("max_position_embeddings", 16)
                .put("initializer_range", 0.3)
                .put("tie_word_embeddings", true);
        Path source = folder.resolve("deep");
        try (LoadedModel deep = new LoadedModel(
                Models.create(json, 7, Device.cpu()),
                Tokenizer.ofWords(List.of("a", "b")),
                Rows.mapper().createObjectNode(),
                Path.of("scratch"))) {
            Models.save(deep, source);
        }
        return source;
    }

    private static List<String> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
