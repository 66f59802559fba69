package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsLayersTest {

    private static final int[] IDS = {3, 17, 40, 9, 22};

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"llama-mha", "llama-gqa", "llama-bias", "qwen2", "qwen3", "mistral"})
    void allLayersGiveTheSameLogits(String name) throws IOException {
        try (LoadedModel whole = Models.load(Fixtures.folder(name), Device.cpu());
                LoadedModel same = Models.withLayers(whole, new int[] {0, 1})) {
            assertThat(logits(same)).isEqualTo(logits(whole));
            assertThat(same.model().config().json())
                    .isEqualTo(whole.model().config().json());
        }
    }

    @Test
    void keepsTheLayersThatAreNamedInTheirNewOrder() throws IOException {
        try (LoadedModel whole = scratch(3, null)) {
            float[] before = logits(whole);
            try (LoadedModel cut = Models.withLayers(whole, new int[] {2, 0})) {
                assertThat(cut.model().config().json().path("num_hidden_layers").intValue())
                        .isEqualTo(2);
                assertThat(whole.model()
                                .config()
                                .json()
                                .path("num_hidden_layers")
                                .intValue())
                        .isEqualTo(3);
                assertThat(cut.model().weights().arrays().keySet())
                        .noneMatch(name -> name.startsWith("model.layers.2."))
                        .hasSize(whole.model().weights().arrays().size() - 9);
                assertThat(weight(cut, "model.layers.0.mlp.up_proj.weight"))
                        .isEqualTo(weight(whole, "model.layers.2.mlp.up_proj.weight"));
                assertThat(weight(cut, "model.layers.1.self_attn.q_proj.weight"))
                        .isEqualTo(weight(whole, "model.layers.0.self_attn.q_proj.weight"));
                assertThat(weight(cut, "model.embed_tokens.weight"))
                        .isEqualTo(weight(whole, "model.embed_tokens.weight"));
                assertThat(logits(cut)).hasSameSizeAs(before).isNotEqualTo(before);
            }
            assertThat(logits(whole))
                    .as("the source, after the other is closed")
                    .isEqualTo(before);
        }
    }

    @Test
    void outlivesItsSourceAndIsWrittenAsAModelOfItsOwn() throws IOException {
        LoadedModel whole = scratch(3, Tokenizer.ofWords(List.of("a", "b")));
        LoadedModel cut = Models.withLayers(whole, new int[] {0, 2});
        whole.close();
        float[] before = logits(cut);
        Models.save(cut, temporary.resolve("cut"));
        cut.close();
        try (LoadedModel read = Models.load(temporary.resolve("cut"), Device.cpu())) {
            assertThat(logits(read)).isEqualTo(before);
            assertThat(read.requireTokenizer().encode("b a")).containsExactly(4, 3);
        }
    }

    @Test
    void changingTheOneLeavesTheOtherAsItIs() throws IOException {
        try (LoadedModel whole = scratch(2, null);
                LoadedModel cut = Models.withLayers(whole, new int[] {0})) {
            float[] before = weight(whole, "model.norm.weight");
            cut.model().weights().get("model.norm.weight").muli(2);
            assertThat(weight(whole, "model.norm.weight")).isEqualTo(before);
            assertThat(weight(cut, "model.norm.weight")).isNotEqualTo(before);
        }
    }

    @Test
    void cutsTheListOfLayerTypes() throws IOException {
        try (LoadedModel whole = Models.load(Fixtures.folder("qwen2"), Device.cpu());
                LoadedModel cut = Models.withLayers(whole, new int[] {1})) {
            assertThat(cut.model().config().json().path("layer_types").toString())
                    .isEqualTo("[\"full_attention\"]");
            assertThat(whole.model().config().json().path("layer_types")).hasSize(2);
        }
    }

    @Test
    void refusesLayersThatAreNotThereAndOtherFamilies() throws IOException {
        try (LoadedModel whole = scratch(2, null)) {
            for (int[] layers : List.of(new int[] {}, new int[] {0, 2}, new int[] {-1})) {
                assertThatThrownBy(() -> Models.withLayers(whole, layers))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("layers must be 0 to 1 and at least one");
            }
        }
        try (LoadedModel other = Models.load(Fixtures.folder("gpt2"), Device.cpu())) {
            assertThatThrownBy(() -> Models.withLayers(other, new int[] {0}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("layers can be dropped from models of the LLaMA family only");
        }
    }

    @Test
    void evenLayersHoldTheFirstAndTheLast() throws IOException {
        try (LoadedModel deep = scratch(30, null)) {
            assertThat(Models.evenLayers(deep, 10)).containsExactly(0, 3, 6, 10, 13, 16, 19, 23, 26, 29);
            assertThat(Models.evenLayers(deep, 20))
                    .containsExactly(0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24, 26, 27, 29);
            assertThat(Models.evenLayers(deep, 1)).containsExactly(0);
            int[] all = Models.evenLayers(deep, 30);
            for (int i = 0; i < 30; i++) {
                assertThat(all[i]).isEqualTo(i);
            }
            for (int count : new int[] {0, 31}) {
                assertThatThrownBy(() -> Models.evenLayers(deep, count))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage(count + " layers asked for; the model has 30");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf/smollm.gguf", "llama-gqa"})
    void readsConfigurationWithoutWeights(String name) throws IOException {
        Path path = Fixtures.folder(name);
        try (LoadedModel loaded = Models.load(path, Device.cpu())) {
            assertThat(Models.readConfig(path))
                    .isEqualTo(loaded.model().config().json());
        }
    }

    @Test
    void readsTokenizersWithoutWeights() throws IOException {
        Path gguf = Fixtures.folder("gguf/smollm.gguf");
        try (LoadedModel loaded = Models.load(gguf, Device.cpu());
                Tokenizer tokenizer = Models.readTokenizer(gguf)) {
            assertThat(tokenizer.encode("the cat"))
                    .isEqualTo(loaded.requireTokenizer().encode("the cat"));
        }
        assertThatThrownBy(() -> Models.readTokenizer(Fixtures.folder("llama-gqa")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no tokenizer.json there");
        assertThatThrownBy(() -> Models.readConfig(temporary.resolve("none")))
                .isInstanceOf(ModelFileException.class)
                .hasMessage(temporary.resolve("none")
                        + ": no config.json there; give a Hugging Face folder or a GGUF file");
    }

    private static LoadedModel scratch(int layers, Tokenizer tokenizer) {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama").put("vocab_size", 48).put("hidden_size", 8);
        json.put("intermediate_size", 12)
                .put("num_hidden_layers", layers)
                .put("num_attention_heads", 2)
                .put("max_position_embeddings", 16)
                .put("initializer_range", 0.3)
                .put("tie_word_embeddings", true);
        return new LoadedModel(
                Models.create(json, 7, Device.cpu()), tokenizer, Rows.mapper().createObjectNode(), Path.of("scratch"));
    }

    private static float[] weight(LoadedModel loaded, String name) {
        return loaded.model().weights().get(name).toFloatArray();
    }

    private static float[] logits(LoadedModel loaded) {
        CausalLm model = (CausalLm) loaded.model();
        try (NDManager manager = model.weights().manager().newSubManager()) {
            return model.logits(model.hidden(DecodeState.rectangle(List.of(IDS), manager)))
                    .toFloatArray();
        }
    }
}
