package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class TrainStepWorkerTest {

    private static final Map<String, Double> WEIGHTS = Map.of("answer", 0.25, "rationale", 0.75);

    private static final List<List<TokenExample>> STEPS = List.of(
            List.of(
                    example("1#answer", "answer", new int[] {4, 5, 6, 7, 3}, 3),
                    example("2#answer", "answer", new int[] {8, 9, 3}, 1),
                    example("1#rationale", "rationale", new int[] {4, 5, 6, 10, 11, 10, 3}, 3)),
            List.of(
                    example("3#answer", "answer", new int[] {4, 7, 3}, 1),
                    example("3#rationale", "rationale", new int[] {4, 10, 10, 3}, 1)));

    @TempDir
    private Path folder;

    private Path model;

    private static TokenExample example(String id, String kind, int[] input, int prompt) {
        int[] labels = input.clone();
        Arrays.fill(labels, 0, prompt, TokenExample.IGNORED);
        return new TokenExample(id, kind, 1.0, input, labels);
    }

    @BeforeEach
    void writeWork() throws IOException {
        model = TinyModel.save(folder.resolve("model"));
        ObjectNode work = Rows.mapper().createObjectNode();
        work.put("model", model.toString()).put("threads", 1).put("learning_rate", 0.01);
        work.set("lora", Rows.mapper().valueToTree(new LoraConfig(4, 8.0, 0.0, List.of("all-linear"), false)));
        work.set("weights", Rows.mapper().valueToTree(WEIGHTS));
        work.set("steps", TrainStepBench.ids(STEPS));
        Files.writeString(folder.resolve("work.json"), work.toString());
    }

    private Worker start(String mode) throws Exception {
        return TinyModel.worker(model, folder, TrainStepWorker.class, mode);
    }

    @Test
    void trainsAdaptersOnTheModel() throws Exception {
        double loss;
        try (LoadedModel loaded = Models.load(model, Device.cpu())) {
            // Fresh adapters change nothing, so the first loss is the model's own.
            loss = new SupervisedStep(loaded.model(), WEIGHTS, 8, 0)
                    .evaluate(STEPS.get(0))
                    .weighted(WEIGHTS);
        }
        try (Worker worker = start("train")) {
            ObjectNode first = worker.go();
            assertThat(first.fieldNames()).toIterable().containsExactly("first_loss", "seconds");
            assertThat(first.get("first_loss").doubleValue()).isCloseTo(loss, within(1e-5));
            assertThat(first.get("seconds").doubleValue()).isPositive();
            assertThat(worker.go().get("first_loss").doubleValue()).isLessThan(loss - 1e-3);
        }
    }

    @Test
    void theBoundHasNothingButSeconds() throws Exception {
        try (Worker worker = start("products")) {
            ObjectNode first = worker.go();
            assertThat(first.fieldNames()).toIterable().containsExactly("seconds");
            assertThat(first.get("seconds").doubleValue()).isPositive();
        }
    }

    @Test
    void aModelThatIsMissingIsInTheLog() throws Exception {
        Files.delete(model.resolve("config.json"));
        assertThatThrownBy(() -> start("train"))
                .isInstanceOf(IOException.class)
                .hasMessage("retort ended early; its messages are in " + folder.resolve("worker.log"));
        assertThat(folder.resolve("worker.log")).content().contains("no config.json there");
    }
}
