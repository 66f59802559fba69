package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class GenerateWorkerTest {

    private static final List<int[]> PROMPTS = List.of(new int[] {4, 5, 6, 7, 8}, new int[] {9, 10}, new int[] {11});

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void saveModel() throws IOException {
        model = TinyModel.save(folder.resolve("model"));
    }

    private Worker start(int tokens, String mode) throws Exception {
        ObjectNode work = Rows.mapper().createObjectNode();
        work.put("model", model.toString()).put("threads", 1).put("new_tokens", tokens);
        work.set("prompts", Rows.mapper().valueToTree(PROMPTS));
        Files.writeString(folder.resolve("work.json"), work.toString());
        return TinyModel.worker(model, folder, GenerateWorker.class, mode);
    }

    /** What follows the first prompt where it is alone. */
    private int[] expected(int tokens) throws IOException {
        try (LoadedModel loaded = Models.load(model, Device.cpu())) {
            GenerationOptions options = new GenerationOptions(SamplingParams.greedy(tokens), Set.of(), 1, 1);
            return new Generator(loaded.model(), null)
                    .generate(PROMPTS.subList(0, 1), options)
                    .get(0)
                    .ids();
        }
    }

    @Test
    void givesTheFirstTokensOfTheFirstRow() throws Exception {
        int[] expected = expected(12);
        assertThat(expected).hasSize(12);
        try (Worker worker = start(12, "generate")) {
            for (int turn = 0; turn < 2; turn++) {
                ObjectNode values = worker.go();
                assertThat(values.fieldNames()).toIterable().containsExactly("first_ids", "seconds");
                assertThat(TrainStepWorker.ids(values.get("first_ids"))).isEqualTo(Arrays.copyOf(expected, 8));
                assertThat(values.get("seconds").doubleValue()).isPositive();
            }
        }
    }

    @Test
    void fewTokensAreFewIds() throws Exception {
        try (Worker worker = start(3, "generate")) {
            assertThat(TrainStepWorker.ids(worker.go().get("first_ids"))).isEqualTo(expected(3));
        }
    }

    @Test
    void theBoundHasNothingButSeconds() throws Exception {
        try (Worker worker = start(3, "products")) {
            assertThat(worker.go().fieldNames()).toIterable().containsExactly("seconds");
        }
    }
}
