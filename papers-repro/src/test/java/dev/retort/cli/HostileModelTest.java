package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Model folders that somebody else made, broken by accident or on purpose: one line, the file's name, exit status 1. */
class HostileModelTest {

    @TempDir
    private Path temporary;

    private Path model;
    private Path weights;

    @BeforeEach
    void copyAGoodModel() throws IOException {
        model = ModelFolders.copy("llama-gqa", temporary.resolve("model"));
        weights = model.resolve("model.safetensors");
    }

    @Test
    void theGoodModelLoads() {
        assertThat(CliRun.of("logits", "--model", model, "--ids", "1").status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8, 100, -1})
    void weightsThatWereCut(int length) throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(whole, length < 0 ? whole.length + length : length));
        refused(weights, "");
    }

    @Test
    void weightsWithBytesBehind() throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        Files.write(weights, Arrays.copyOf(whole, whole.length + 16));
        refused(weights, "");
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 20, 1L << 40, Long.MAX_VALUE, -1, 0, 1})
    void aHeaderLengthThatIsFalse(long length) throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        Files.write(weights, whole);
        refused(weights, "");
    }

    @Test
    void tensorsThatOverlap() throws IOException {
        editHeader(header -> {
            ObjectNode norm = (ObjectNode) header.get("model.norm.weight");
            long begin = norm.get("data_offsets").get(0).longValue();
            long end = norm.get("data_offsets").get(1).longValue();
            norm.putArray("data_offsets").add(begin - 4).add(end - 4);
        });
        refused(weights, "tensor ");
    }

    @Test
    void tensorsBeyondTheFile() throws IOException {
        editHeader(header -> {
            ObjectNode norm = (ObjectNode) header.get("model.norm.weight");
            norm.putArray("shape").add(1L << 40);
            norm.putArray("data_offsets").add(0).add(1L << 42);
        });
        refused(weights, "tensor model.norm.weight: ");
    }

    @Test
    void shapesWhoseProductOverflows() throws IOException {
        editHeader(header -> ((ObjectNode) header.get("model.norm.weight"))
                .putArray("shape")
                .add(1L << 40)
                .add(1L << 40));
        refused(weights, "tensor model.norm.weight: ");
    }

    @Test
    void aTensorOfAnotherType() throws IOException {
        editHeader(header -> ((ObjectNode) header.get("model.norm.weight")).put("dtype", "I32"));
        refused(model, "tensor model.norm.weight: ");
    }

    @Test
    void aTensorOfAnUnknownType() throws IOException {
        editHeader(header -> ((ObjectNode) header.get("model.norm.weight")).put("dtype", "F8_E4M3"));
        refused(weights, "tensor model.norm.weight: ");
    }

    @Test
    void aTensorThatIsMissing() throws IOException {
        editHeader(header -> header.set("model.norm.other", header.remove("model.norm.weight")));
        refused(model, "tensor model.norm.weight: ");
    }

    @Test
    void namesThatWouldBreakTheLine() throws IOException {
        editHeader(header -> {
            ObjectNode norm = (ObjectNode) header.remove("model.norm.weight");
            norm.put("dtype", "X\u001b[2J\nY");
            header.set("first\nsecond\u2028third", norm);
        });
        refused(weights, "tensor first");
    }

    @ParameterizedTest
    @CsvSource({
        "hidden_size, 1099511627776",
        "hidden_size, -1",
        "hidden_size, 0",
        "hidden_size, 32.5",
        "hidden_size, \"32\"",
        "num_hidden_layers, 1073741824",
        "num_attention_heads, 0",
        "num_key_value_heads, 3",
        "head_dim, 11",
        "intermediate_size, 9223372036854775808",
        "vocab_size, 4294967296",
        "model_type, \"made-up\"",
        "model_type, null",
        "hidden_act, \"sin\"",
        "rope_parameters, []",
        "rope_parameters, {\"rope_type\": \"yarn\"}",
        "rms_norm_eps, \"small\"",
        "max_position_embeddings, 0"
    })
    void aConfigThatIsAbsurd(String key, String value) throws IOException {
        editConfig(config -> config.set(key, json(value)));
        CliRun run = refused(model.resolve("config.json"), "");
        assertThat(run.err()).contains(key.equals("rope_parameters") ? "rope" : key);
    }

    @ParameterizedTest
    @CsvSource({
        "vocab_size, 97, model.embed_tokens.weight",
        "intermediate_size, 41, model.layers.0.mlp.gate_proj.weight",
        "num_hidden_layers, 3, model.layers.2.",
        "hidden_size, 131072, model.embed_tokens.weight"
    })
    void aConfigThatDoesNotFitTheWeights(String key, int value, String tensor) throws IOException {
        editConfig(config -> config.put(key, value));
        refused(model, "tensor " + tensor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"a\": 1, \"a\": 2}", "null", "\u0000"})
    void aConfigThatIsNoObject(String text) throws IOException {
        Files.writeString(model.resolve("config.json"), text);
        refused(model.resolve("config.json"), "");
    }

    @Test
    void aConfigThatIsNested100000Deep() throws IOException {
        Files.writeString(model.resolve("config.json"), "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
        refused(model.resolve("config.json"), "");
        Files.writeString(model.resolve("config.json"), "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000));
        refused(model.resolve("config.json"), "");
    }

    @Test
    void aConfigOfOtherBytes() throws IOException {
        Files.write(model.resolve("config.json"), "{\"model_type\": \"\u00ff\"}".getBytes(StandardCharsets.ISO_8859_1));
        refused(model.resolve("config.json"), "");
    }

    @Test
    void aGenerationConfigThatIsBroken() throws IOException {
        Files.writeString(model.resolve("generation_config.json"), "{");
        refused(model.resolve("generation_config.json"), "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../model.safetensors", "/etc/passwd", "..", "a/b.safetensors", "", "a\\b", "\u0000"})
    void anIndexThatLeavesTheFolder(String file) throws IOException {
        Files.move(weights, temporary.resolve("model.safetensors"));
        ObjectNode index = Rows.mapper().createObjectNode();
        index.putObject("weight_map").put("model.norm.weight", file);
        Path indexFile = model.resolve("model.safetensors.index.json");
        Files.writeString(indexFile, index.toString());
        refused(indexFile, "tensor model.norm.weight: ");
    }

    @Test
    void anIndexThroughALinkThatLeavesTheFolder() throws IOException {
        Path outside = temporary.resolve("outside.safetensors");
        Files.move(weights, outside);
        Files.createSymbolicLink(model.resolve("shard.safetensors"), outside);
        ObjectNode index = Rows.mapper().createObjectNode();
        index.putObject("weight_map").put("model.norm.weight", "shard.safetensors");
        Path indexFile = model.resolve("model.safetensors.index.json");
        Files.writeString(indexFile, index.toString());
        refused(indexFile, "tensor model.norm.weight: ");
    }

    @Test
    void anIndexWithoutItsShards() throws IOException {
        Files.delete(weights);
        ObjectNode index = Rows.mapper().createObjectNode();
        index.putObject("weight_map").put("model.norm.weight", "shard.safetensors");
        Files.writeString(model.resolve("model.safetensors.index.json"), index.toString());
        refused(model.resolve("shard.safetensors"), "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "[]",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\"}}",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [[\"a\","
                        + " \"b\"]]}}",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"Unigram\", \"unk_id\": 7, \"vocab\": []}}",
                "{\"version\": \"1.0\", \"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": -1}, \"unk_token\":"
                        + " \"u\"}}"
            })
    void aTokenizerThatIsBroken(String text) throws IOException {
        Files.writeString(model.resolve("tokenizer.json"), text);
        CliRun run = refused(model, "tokenizer.json");
        CliRun tokenize = CliRun.with("x", "tokenize", "--model", model);
        assertThat(tokenize.status()).isEqualTo(1);
        assertThat(tokenize.err()).isEqualTo(run.err());
    }

    @Test
    void aTokenizerConfigThatIsBroken() throws IOException {
        ModelFolders.copyTokenizer("tokenizer-bpe", model);
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"eos_token\": ");
        refused(model.resolve("tokenizer_config.json"), "");
        Files.writeString(model.resolve("tokenizer_config.json"), "[".repeat(100_000));
        refused(model.resolve("tokenizer_config.json"), "");
    }

    @Test
    void aChatTemplateThatIsBroken() throws IOException {
        ModelFolders.copyTokenizer("tokenizer-bpe", model);
        Files.writeString(model.resolve("chat_template.jinja"), "{% for message in messages");
        CliRun run = CliRun.of("generate", "--model", model, "--chat", "--prompt", "x");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(model.toString()).contains("chat template");
    }

    @Test
    void aGgufFileThatIsBroken() throws IOException {
        byte[] whole = Files.readAllBytes(CliRun.fixture("gguf/llama-gqa.gguf"));
        Path file = temporary.resolve("model.gguf");
        for (int length : new int[] {0, 3, 24, 1000, whole.length - 1000}) {
            Files.write(file, Arrays.copyOf(whole, length));
            refusedModel(file, file, "");
        }
        Files.writeString(file, "not a model at all, but a longer text");
        refusedModel(file, file, "");
    }

    @Test
    void aFolderInPlaceOfAFile() throws IOException {
        Files.delete(weights);
        Files.createDirectory(weights);
        refused(weights, "");
        Files.delete(model.resolve("config.json"));
        Files.createDirectory(model.resolve("config.json"));
        refused(model, "config.json");
    }

    private CliRun refused(Path named, String says) {
        return refusedModel(model, named, says);
    }

    /** Both a command that needs ids and one that needs text end in the same one line. */
    private static CliRun refusedModel(Path model, Path named, String says) {
        CliRun run = CliRun.of("logits", "--model", model, "--ids", "1");
        assertThat(run.status()).as(run.toString()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).startsWith("retort: ").contains(named.toString()).contains(says);
        assertThat(run.err().chars().filter(c -> c < ' '))
                .as("only the final line feed")
                .hasSize(1);
        assertThat(CliRun.with("x", "generate", "--model", model)).isEqualTo(run);
        return run;
    }

    private static JsonNode json(String text) {
        try {
            return Rows.mapper().readTree(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private void editConfig(Consumer<ObjectNode> edit) throws IOException {
        Path file = model.resolve("config.json");
        ObjectNode config = (ObjectNode) Rows.mapper().readTree(Files.readString(file));
        edit.accept(config);
        Files.writeString(file, config.toString());
    }

    private void editHeader(Consumer<ObjectNode> edit) throws IOException {
        byte[] whole = Files.readAllBytes(weights);
        int length = Math.toIntExact(
                ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        ObjectNode header = (ObjectNode) Rows.mapper().readTree(Arrays.copyOfRange(whole, 8, 8 + length));
        edit.accept(header);
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer edited =
                ByteBuffer.allocate(8 + json.length + whole.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
        edited.putLong(json.length).put(json).put(whole, 8 + length, whole.length - 8 - length);
        Files.write(weights, edited.array());
    }
}
