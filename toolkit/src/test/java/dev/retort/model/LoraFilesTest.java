package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.loss.CrossEntropy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraFilesTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(
            strings = {"llama-gqa-qv", "llama-gqa-all", "llama-gqa-rslora", "llama-gqa-pattern", "gpt2-attn", "gpt2-all"
            })
    void agreesWithPeft(String name) throws IOException {
        Path folder = Fixtures.folder("peft").resolve(name);
        JsonNode json = Fixtures.json(folder.resolve("golden.json"));
        Path base = Fixtures.folder(json.get("base").textValue());
        try (LoadedModel loaded = Models.load(base, Device.cpu());
                SafetensorsFile baseGolden = SafetensorsFile.open(base.resolve("golden.safetensors"));
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            CausalLm model = (CausalLm) loaded.model();
            LoraFiles.load(model, folder);
            List<TokenExample> examples = examples(baseGolden);
            logitsAgree(model, baseGolden, golden);
            gradientsAgree(model, examples, golden, json);

            LoraFiles.save(model, base.toString(), temporary.resolve("adapter"));
            try (LoadedModel again = Models.load(base, Device.cpu())) {
                LoraFiles.load(again.model(), temporary.resolve("adapter"));
                logitsAgree((CausalLm) again.model(), baseGolden, golden);
            }

            model.weights().mergeLora();
            assertThat(model.weights().loraConfig()).isNull();
            logitsAgree(model, baseGolden, golden);
            for (String tensor : golden.names()) {
                if (tensor.startsWith("merged.")) {
                    assertThat(Fixtures.difference(
                                    model.weights()
                                            .get(tensor.substring("merged.".length()))
                                            .toFloatArray(),
                                    Fixtures.floats(golden, tensor)))
                            .as(tensor)
                            .isLessThan(1e-5);
                }
            }
        }
    }

    @Test
    void freshAdaptersLeaveTheModelAsItIsAndFreezeTheRest() throws IOException {
        Path base = Fixtures.folder("llama-gqa");
        try (LoadedModel loaded = Models.load(base, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(base.resolve("golden.safetensors"))) {
            CausalLm model = (CausalLm) loaded.model();
            model.weights().addLora(new LoraConfig(4, 8.0, 0.0, List.of("q_proj", "v_proj"), false), 7);
            CausalParityTest.logitsAgree(model, golden);
            assertThat(model.weights().trainable().keySet())
                    .allMatch(name -> name.contains(".lora_"))
                    .hasSize(8);
            assertThat(model.weights().trainableCount()).isEqualTo(2L * (4 * 32 + 48 * 4 + 4 * 32 + 24 * 4));
            assertThat(model.weights().get("model.embed_tokens.weight").hasGradient())
                    .isFalse();
        }
    }

    @Test
    void refusesTargetsThatMatchNothing() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-mha"), Device.cpu())) {
            LoraConfig config = new LoraConfig(4, 8.0, 0.0, List.of("c_attn"), false);
            assertThatThrownBy(() -> loaded.model().weights().addLora(config, 1))
                    .hasMessageContaining("c_attn")
                    .hasMessageContaining("q_proj");
        }
    }

    private static List<TokenExample> examples(TensorSource golden) throws IOException {
        List<int[]> ids = Fixtures.rows(golden, "loss.ids");
        List<int[]> labels = Fixtures.rows(golden, "loss.labels");
        List<int[]> mask = Fixtures.rows(golden, "loss.mask");
        List<TokenExample> examples = new ArrayList<>();
        for (int row = 0; row < ids.size(); row++) {
            int length = Arrays.stream(mask.get(row)).sum();
            examples.add(new TokenExample(
                    "row" + row,
                    "answer",
                    1,
                    Arrays.copyOf(ids.get(row), length),
                    Arrays.copyOf(labels.get(row), length)));
        }
        return examples;
    }

    private static void logitsAgree(CausalLm model, TensorSource base, TensorSource golden) throws IOException {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            NDArray logits =
                    model.logits(model.hidden(DecodeState.rectangle(Fixtures.rows(base, "loss.ids"), manager)));
            List<int[]> mask = Fixtures.rows(base, "loss.mask");
            float[] ours = logits.toFloatArray();
            float[] theirs = Fixtures.floats(golden, "logits");
            int vocabulary = model.config().vocabularySize();
            for (int row = 0; row < mask.size(); row++) {
                for (int t = 0; t < mask.get(row).length; t++) {
                    if (mask.get(row)[t] == 0) {
                        int from = (row * mask.get(row).length + t) * vocabulary;
                        Arrays.fill(ours, from, from + vocabulary, 0);
                        Arrays.fill(theirs, from, from + vocabulary, 0);
                    }
                }
            }
            assertThat(Fixtures.difference(ours, theirs)).isLessThan(1e-4);
        }
    }

    private static void gradientsAgree(CausalLm model, List<TokenExample> examples, TensorSource golden, JsonNode json)
            throws IOException {
        try (GradientPasses passes = model.gradientPasses();
                TokenBatch batch =
                        new TokenBatch(examples, false, model.weights().manager())) {
            float[] ones = new float[batch.labelCount()];
            Arrays.fill(ones, 1);
            CrossEntropy.Result result =
                    CrossEntropy.withGradient(passes.labelHidden(batch), model.head(), batch.labelIds(), ones);
            double sum = 0;
            for (float loss : result.losses()) {
                sum += loss;
            }
            assertThat(sum).isCloseTo(json.at("/loss/sum").doubleValue(), org.assertj.core.data.Offset.offset(1e-3));
            passes.backward(result.gradient());
        }
        int compared = 0;
        for (String name : golden.names()) {
            if (name.startsWith("grad.")) {
                String ours = name.substring("grad.".length()).replace("base_model.model.", "");
                NDArray array = model.weights().trainable().get(ours);
                assertThat(array).as(name).isNotNull();
                float[] expected = Fixtures.floats(golden, name);
                double scale = 0;
                for (float value : expected) {
                    scale = Math.max(scale, Math.abs(value));
                }
                try (NDArray gradient = array.getGradient()) {
                    assertThat(Fixtures.difference(gradient.toFloatArray(), expected))
                            .as(name)
                            .isLessThan(1e-4 * Math.max(1, scale));
                }
                compared++;
            }
        }
        assertThat(compared).isGreaterThanOrEqualTo(2);
    }
}
