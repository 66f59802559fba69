package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.SamplingParams;
import dev.retort.loss.CrossEntropy;
import dev.retort.op.Autograd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Seq2SeqParityTest {

    private static final double TOLERANCE = 1e-4;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"t5-v10", "t5-v11", "flan-t5"})
    void agreesWithTransformers(String name) throws IOException {
        Path folder = Fixtures.folder(name);
        try (LoadedModel loaded = Models.load(folder, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            Seq2SeqLm model = (Seq2SeqLm) loaded.model();
            logitsAgree(model, golden);
            lossAndGradientsAgree(model, golden, Fixtures.json(folder.resolve("golden.json")));
            greedyAgrees(model, Fixtures.json(folder.resolve("golden.json")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-v10", "t5-v11", "flan-t5"})
    void readsTheConfigurationOfTransformers4(String name) throws IOException {
        Path copy = temporary.resolve("model");
        Files.createDirectories(copy);
        Path folder = Fixtures.folder(name);
        Files.copy(folder.resolve("config.v4.json"), copy.resolve("config.json"));
        Files.copy(folder.resolve("model.safetensors"), copy.resolve("model.safetensors"));
        try (LoadedModel loaded = Models.load(copy, Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            logitsAgree((Seq2SeqLm) loaded.model(), golden);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-v10", "t5-v11", "flan-t5"})
    void givesTheSameLogitsAfterSavingAndLoading(String name) throws IOException {
        Path folder = Fixtures.folder(name);
        try (LoadedModel loaded = Models.load(folder, Device.cpu())) {
            Models.save(loaded, temporary.resolve("saved"));
        }
        try (LoadedModel loaded = Models.load(temporary.resolve("saved"), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            logitsAgree((Seq2SeqLm) loaded.model(), golden);
        }
    }

    @Test
    void agreesWithPeft() throws IOException {
        Path adapter = Fixtures.folder("peft").resolve("t5-v10-qv");
        Path base = Fixtures.folder("t5-v10");
        try (LoadedModel loaded = Models.load(base, Device.cpu());
                SafetensorsFile inputs = SafetensorsFile.open(base.resolve("golden.safetensors"));
                SafetensorsFile golden = SafetensorsFile.open(adapter.resolve("golden.safetensors"))) {
            LoraFiles.load(loaded.model(), adapter);
            logitsAgree((Seq2SeqLm) loaded.model(), inputs, golden);
            loaded.model().weights().mergeLora();
            logitsAgree((Seq2SeqLm) loaded.model(), inputs, golden);
        }
    }

    private static void logitsAgree(Seq2SeqLm model, TensorSource golden) throws IOException {
        logitsAgree(model, golden, golden);
    }

    private static void logitsAgree(Seq2SeqLm model, TensorSource golden, TensorSource expected) throws IOException {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            NDArray ids = DecodeState.rectangle(Fixtures.rows(golden, "encoder.ids"), manager);
            NDArray mask = DecodeState.rectangle(Fixtures.rows(golden, "encoder.mask"), manager);
            NDArray encoded = model.encode(ids, mask);
            NDArray hidden =
                    model.decode(DecodeState.rectangle(Fixtures.rows(golden, "decoder.ids"), manager), encoded, mask);
            float[] ours = model.logits(hidden).toFloatArray();
            float[] theirs = Fixtures.floats(expected, "logits");
            List<int[]> decoderMask = Fixtures.rows(golden, "decoder.mask");
            int vocabulary = model.config().vocabularySize();
            int width = decoderMask.get(0).length;
            for (int row = 0; row < decoderMask.size(); row++) {
                for (int t = 0; t < width; t++) {
                    if (decoderMask.get(row)[t] == 0) {
                        int from = (row * width + t) * vocabulary;
                        Arrays.fill(ours, from, from + vocabulary, 0);
                        Arrays.fill(theirs, from, from + vocabulary, 0);
                    }
                }
            }
            assertThat(hidden.getShape())
                    .isEqualTo(
                            new Shape(decoderMask.size(), width, model.config().hiddenSize()));
            assertThat(Fixtures.difference(ours, theirs)).isLessThan(TOLERANCE);
        }
    }

    private static void lossAndGradientsAgree(Seq2SeqLm model, TensorSource golden, JsonNode json) throws IOException {
        List<int[]> inputs = Fixtures.rows(golden, "encoder.ids");
        List<int[]> inputMask = Fixtures.rows(golden, "encoder.mask");
        List<int[]> decoderInputs = Fixtures.rows(golden, "decoder.ids");
        List<int[]> labels = Fixtures.rows(golden, "decoder.labels");
        List<int[]> labelMask = Fixtures.rows(golden, "decoder.mask");
        model.weights().train(name -> true);
        float[] losses;
        try (Autograd tape = Autograd.record();
                NDManager manager = model.weights().manager().newSubManager()) {
            // The fixture's decoder inputs are its own and not its labels moved by one.
            NDArray mask = DecodeState.rectangle(inputMask, manager);
            NDArray hidden = model.decode(
                            DecodeState.rectangle(decoderInputs, manager),
                            model.encode(DecodeState.rectangle(inputs, manager), mask),
                            mask)
                    .reshape(-1, model.config().hiddenSize());
            List<TokenExample> examples = new ArrayList<>();
            for (int row = 0; row < labels.size(); row++) {
                int[] rowLabels = labels.get(row);
                assertThat(rowLabels).hasSameSizeAs(labelMask.get(row));
                examples.add(new TokenExample("row" + row, "answer", 1, inputs.get(row), rowLabels));
            }
            try (TokenBatch batch = new TokenBatch(examples, true, manager)) {
                float[] ones = new float[batch.labelCount()];
                Arrays.fill(ones, 1);
                NDArray states = dev.retort.op.Ops.selectRows(hidden, batch.labelPositions());
                CrossEntropy.Result result = CrossEntropy.withGradient(states, model.head(), batch.labelIds(), ones);
                losses = result.losses();
                tape.backward(states.mul(result.gradient()).sum());
            }
        }
        double sum = 0;
        for (float loss : losses) {
            sum += loss;
        }
        assertThat(sum).isCloseTo(json.at("/loss/sum").doubleValue(), org.assertj.core.data.Offset.offset(1e-3));
        int compared = 0;
        for (String name : golden.names()) {
            if (name.startsWith("grad.")) {
                float[] expected = Fixtures.floats(golden, name);
                double scale = 0;
                for (float value : expected) {
                    scale = Math.max(scale, Math.abs(value));
                }
                try (NDArray gradient =
                        model.weights().get(name.substring("grad.".length())).getGradient()) {
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

    private static void greedyAgrees(Seq2SeqLm model, JsonNode json) {
        List<int[]> prompts = new ArrayList<>();
        json.get("greedy").forEach(entry -> prompts.add(Fixtures.ids(entry.get("source"))));
        List<Generated> ours =
                new Generator(model, null).generate(prompts, GenerationOptions.of(SamplingParams.greedy(12), Set.of()));
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(ours.get(i).ids())
                    .isEqualTo(Fixtures.ids(json.get("greedy").get(i).get("tokens")));
        }
    }
}
