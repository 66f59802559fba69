package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Rows;
import dev.retort.loss.LossParts;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedTrainingTest {

    private static final Map<String, Double> TERMS = Map.of("answer", 0.5, "rationale", 0.5);

    @TempDir
    Path temporary;

    @Test
    void goesOnFromACheckpointBitForBit() throws IOException {
        goesOnBitForBit(null);
    }

    @Test
    void goesOnWithAdaptersAndDropoutBitForBit() throws IOException {
        goesOnBitForBit(new LoraConfig(4, 8.0, 0.3, List.of("all-linear"), false));
    }

    private void goesOnBitForBit(LoraConfig lora) throws IOException {
        TrainingSettings settings = settings(12, lora);
        Path whole = temporary.resolve("whole");
        try (LoadedModel student = student(5)) {
            training(student, settings, whole).run(items(student));
        }

        Path stopped = temporary.resolve("stopped");
        for (int step = 1; step <= 5; step++) {
            try (LoadedModel student = student(5)) {
                SupervisedTraining.Outcome outcome = training(student, settings, stopped)
                        .withInterrupt(requested())
                        .run(items(student));
                assertThat(outcome.steps()).isEqualTo(step);
                assertThat(outcome.finished()).isFalse();
                assertThat(stopped.resolve("final")).doesNotExist();
            }
        }
        try (LoadedModel student = student(5)) {
            assertThat(training(student, settings, stopped).run(items(student)).finished())
                    .isTrue();
        }
        assertThat(stopped.resolve("final/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("final/model.safetensors"));
        assertThat(losses(stopped)).isEqualTo(losses(whole));
    }

    @Test
    void leavesAFinishedFolderAsItIs() throws IOException {
        Path folder = temporary.resolve("run");
        try (LoadedModel student = student(5)) {
            training(student, settings(3, null), folder).run(items(student));
        }
        byte[] weights = Files.readAllBytes(folder.resolve("final/model.safetensors"));
        try (LoadedModel student = student(6)) {
            SupervisedTraining.Outcome outcome =
                    training(student, settings(3, null), folder).run(items(student));
            assertThat(outcome.finished()).isTrue();
            assertThat(outcome.tokens()).isZero();
        }
        assertThat(folder.resolve("final/model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void refusesACheckpointOfOtherSettings() throws IOException {
        Path folder = temporary.resolve("run");
        try (LoadedModel student = student(5)) {
            training(student, settings(12, null), folder)
                    .withInterrupt(requested())
                    .run(items(student));
        }
        try (LoadedModel student = student(5)) {
            SupervisedTraining other = training(student, settings(13, null), folder);
            List<List<TokenExample>> items = items(student);
            assertThatThrownBy(() -> other.run(items))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("other settings");
        }
    }

    @Test
    void microBatchesOfAnySizeGiveOneGradientAndOneLoss() throws IOException {
        List<float[]> gradients = new ArrayList<>();
        List<LossParts> parts = new ArrayList<>();
        for (int rows : new int[] {1, 3, 16}) {
            try (LoadedModel student = student(5)) {
                student.model().weights().train(name -> true);
                List<TokenExample> examples =
                        items(student).stream().flatMap(List::stream).toList();
                SupervisedStep step = new SupervisedStep(student.model(), TERMS, rows, 1);
                parts.add(step.backward(examples, 0));
                try (NDArray gradient = student.model()
                        .weights()
                        .get("model.layers.0.mlp.up_proj.weight")
                        .getGradient()) {
                    gradients.add(gradient.toFloatArray());
                }
            }
        }
        for (int i = 1; i < gradients.size(); i++) {
            assertThat(gradients.get(i)).usingComparatorWithPrecision(1e-6f).containsExactly(gradients.get(0));
            assertThat(parts.get(i).weighted(TERMS)).isCloseTo(parts.get(0).weighted(TERMS), within(1e-5));
            assertThat(parts.get(i).terms().get("rationale").count())
                    .isEqualTo(parts.get(0).terms().get("rationale").count());
        }
    }

    @Test
    void aLongRationaleDoesNotDrownAShortLabel() throws IOException {
        // The label's gradient is what it would be alone, times its weight: it is divided by its own count.
        float[] both;
        float[] label;
        try (LoadedModel student = student(5)) {
            student.model().weights().train(name -> true);
            List<TokenExample> item = items(student).get(0);
            new SupervisedStep(student.model(), Map.of("answer", 1.0, "rationale", 0.0), 8, 1).backward(item, 0);
            both = gradientOfHead(student);
        }
        try (LoadedModel student = student(5)) {
            student.model().weights().train(name -> true);
            List<TokenExample> item = items(student).get(0).subList(0, 1);
            new SupervisedStep(student.model(), Map.of("answer", 1.0), 8, 1).backward(item, 0);
            label = gradientOfHead(student);
        }
        assertThat(both).usingComparatorWithPrecision(1e-6f).containsExactly(label);
    }

    @Test
    void refusesAKindWithoutAWeight() throws IOException {
        try (LoadedModel student = student(5)) {
            SupervisedStep step = new SupervisedStep(student.model(), Map.of("answer", 1.0), 8, 1);
            List<TokenExample> item = items(student).get(0);
            assertThatThrownBy(() -> step.backward(item, 0)).hasMessageContaining("rationale");
        }
    }

    private static float[] gradientOfHead(LoadedModel student) {
        try (NDArray gradient =
                student.model().weights().get("model.embed_tokens.weight").getGradient()) {
            return gradient.toFloatArray();
        }
    }

    private static SupervisedTraining training(LoadedModel student, TrainingSettings settings, Path folder) {
        return new SupervisedTraining(student, settings, TERMS, folder).withProgress("train", true, List.of());
    }

    private static TrainingSettings settings(int steps, LoraConfig lora) {
        return new TrainingSettings(
                0.01, null, null, steps, 4, 2, null, 0.1, null, 0.01, null, null, null, null, 1, null, 3, 1, 9L, lora);
    }

    private static List<Double> losses(Path folder) throws IOException {
        List<Double> losses = new ArrayList<>();
        dev.retort.run.MetricLog.read(
                folder.resolve("metrics.jsonl"), row -> losses.add(row.values().get("loss")));
        return losses;
    }

    private static LoadedModel student(long seed) throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            words.add("w" + i);
        }
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 16).put("intermediate_size", 24);
        config.put("num_hidden_layers", 2).put("num_attention_heads", 2);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.2);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", 1);
        return new LoadedModel(Models.create(config, seed, Device.cpu()), tokenizer, generation, Path.of("scratch"));
    }

    private static List<List<TokenExample>> items(LoadedModel student) {
        ExampleEncoder encoder = new ExampleEncoder(student.tokenizer(), false, 1, 64);
        List<List<TokenExample>> items = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            String prompt = "w" + i % 5 + " w" + i % 7 + (i % 3 == 0 ? " w9 w10" : "");
            String rationale = " w" + i % 4 + " w11 w12" + " w13".repeat(i % 6);
            items.add(List.of(
                    encoder.encode(new Example("a" + i, prompt, " w" + (i + 3) % 20, "answer", List.of())),
                    encoder.encode(new Example("r" + i, prompt + " w19", rationale, "rationale", List.of()))));
        }
        return items;
    }

    /** Stops a training after one step. */
    private static Interrupt requested() {
        Interrupt interrupt = Interrupt.onThread();
        interrupt.request();
        return interrupt;
    }
}
