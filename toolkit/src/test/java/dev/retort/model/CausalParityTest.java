package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.SamplingParams;
import dev.retort.loss.CrossEntropy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CausalParityTest {

    private static final double TOLERANCE = 1e-4;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama-mha",
                "llama-gqa",
                "llama-bias",
                "smollm-bfloat16",
                "llama-float16",
                "llama-sharded",
                "mistral",
                "qwen2",
                "qwen3",
                "gpt2"
            })
    void agreesWithTransformers(String name) throws IOException {
        Path folder = Fixtures.folder(name);
        try (LoadedModel loaded = Models.load(folder, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            CausalLm model = (CausalLm) loaded.model();
            logitsAgree(model, golden);
            lossAndGradientsAgree(model, golden, Fixtures.json(folder.resolve("golden.json")));
            greedyAgrees(model, Fixtures.json(folder.resolve("golden.json")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "qwen3", "mistral", "gpt2", "llama-bias"})
    void readsTheConfigurationOfTransformers4(String name) throws IOException {
        Path copy = temporary.resolve("model");
        Files.createDirectories(copy);
        Path folder = Fixtures.folder(name);
        Files.copy(folder.resolve("config.v4.json"), copy.resolve("config.json"));
        Files.copy(folder.resolve("model.safetensors"), copy.resolve("model.safetensors"));
        try (LoadedModel loaded = Models.load(copy, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            logitsAgree((CausalLm) loaded.model(), golden);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "llama-sharded", "smollm-bfloat16", "qwen2", "gpt2"})
    void givesTheSameLogitsAfterSavingAndLoading(String name) throws IOException {
        Path folder = Fixtures.folder(name);
        Path saved = temporary.resolve("saved");
        try (LoadedModel loaded = Models.load(folder, Device.cpu())) {
            Models.save(loaded, saved);
        }
        try (LoadedModel loaded = Models.load(saved, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            logitsAgree((CausalLm) loaded.model(), golden);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-bare"})
    void readsNamesWithoutThePrefix(String name) throws IOException {
        Path folder = Fixtures.folder(name);
        try (LoadedModel loaded = Models.load(folder, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            CausalLm model = (CausalLm) loaded.model();
            try (NDManager manager = model.weights().manager().newSubManager()) {
                NDArray hidden = model.hidden(DecodeState.rectangle(Fixtures.rows(golden, "single.ids"), manager));
                assertThat(Fixtures.difference(
                                model.logits(hidden).toFloatArray(), Fixtures.floats(golden, "single.logits")))
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "smollm"})
    void readsGguf(String name) throws IOException {
        Path folder = Fixtures.folder("gguf");
        try (LoadedModel loaded = Models.load(folder.resolve(name + ".gguf"), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve(name + ".golden.safetensors"))) {
            CausalLm model = (CausalLm) loaded.model();
            for (String tensor : golden.names()) {
                if (tensor.startsWith("weight.")) {
                    float[] ours = model.weights()
                            .get(tensor.substring("weight.".length()))
                            .toFloatArray();
                    assertThat(ours).as(tensor).isEqualTo(Fixtures.floats(golden, tensor));
                }
            }
            logitsAgree(model, golden);
        }
    }

    static void logitsAgree(CausalLm model, TensorSource golden) throws IOException {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            NDArray hidden = model.hidden(DecodeState.rectangle(Fixtures.rows(golden, "single.ids"), manager));
            if (golden.names().contains("single.last_hidden")) {
                assertThat(Fixtures.difference(hidden.toFloatArray(), Fixtures.floats(golden, "single.last_hidden")))
                        .isLessThan(TOLERANCE);
            }
            assertThat(Fixtures.difference(
                            model.logits(hidden).toFloatArray(), Fixtures.floats(golden, "single.logits")))
                    .isLessThan(TOLERANCE);
            if (golden.names().contains("batch.ids")) {
                NDArray batch =
                        model.logits(model.hidden(DecodeState.rectangle(Fixtures.rows(golden, "batch.ids"), manager)));
                float[] ours = batch.toFloatArray();
                List<int[]> mask = Fixtures.rows(golden, "batch.mask");
                int vocabulary = model.config().vocabularySize();
                int width = mask.get(0).length;
                for (int row = 0; row < mask.size(); row++) {
                    for (int t = 0; t < width; t++) {
                        if (mask.get(row)[t] == 0) {
                            int from = (row * width + t) * vocabulary;
                            Arrays.fill(ours, from, from + vocabulary, 0);
                        }
                    }
                }
                assertThat(Fixtures.difference(ours, Fixtures.floats(golden, "batch.logits")))
                        .isLessThan(TOLERANCE);
            }
        }
    }

    private static void lossAndGradientsAgree(CausalLm model, TensorSource golden, JsonNode json) throws IOException {
        List<TokenExample> examples = new ArrayList<>();
        List<int[]> ids = Fixtures.rows(golden, "loss.ids");
        List<int[]> labels = Fixtures.rows(golden, "loss.labels");
        List<int[]> mask = Fixtures.rows(golden, "loss.mask");
        for (int row = 0; row < ids.size(); row++) {
            int length = Arrays.stream(mask.get(row)).sum();
            examples.add(new TokenExample(
                    "row" + row,
                    "answer",
                    1,
                    Arrays.copyOf(ids.get(row), length),
                    Arrays.copyOf(labels.get(row), length)));
        }
        model.weights().train(name -> true);
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
            assertThat(batch.labelCount()).isEqualTo(json.at("/loss/count").intValue());
            passes.backward(result.gradient());
        }
        int compared = 0;
        for (String name : golden.names()) {
            if (name.startsWith("grad.")) {
                float[] expected = Fixtures.floats(golden, name);
                try (NDArray gradient =
                        model.weights().get(name.substring("grad.".length())).getGradient()) {
                    double scale = 0;
                    for (float value : expected) {
                        scale = Math.max(scale, Math.abs(value));
                    }
                    assertThat(Fixtures.difference(gradient.toFloatArray(), expected))
                            .as(name)
                            .isLessThan(1e-4 * Math.max(1, scale));
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThanOrEqualTo(2);
        model.weights().train(name -> false);
    }

    private static void greedyAgrees(CausalLm model, JsonNode json) {
        List<int[]> prompts = new ArrayList<>();
        json.get("greedy").forEach(entry -> prompts.add(Fixtures.ids(entry.get("prompt"))));
        List<Generated> ours =
                new Generator(model, null).generate(prompts, GenerationOptions.of(SamplingParams.greedy(20), Set.of()));
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(ours.get(i).ids())
                    .isEqualTo(Fixtures.ids(json.get("greedy").get(i).get("tokens")));
            assertThat(ours.get(i).finishReason()).isEqualTo("length");
        }
        JsonNode entry = json.get("greedy_eos");
        Set<Integer> eos = new HashSet<>();
        entry.get("eos_token_id").forEach(id -> eos.add(id.intValue()));
        Generated stopped = new Generator(model, null)
                .generate(
                        List.of(Fixtures.ids(entry.get("prompt"))),
                        GenerationOptions.of(SamplingParams.greedy(20), eos))
                .get(0);
        assertThat(stopped.ids()).isEqualTo(Fixtures.ids(entry.get("tokens")));
        assertThat(stopped.finishReason()).isEqualTo("stop");
    }
}
