package dev.retort.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Our side of {@code bench generate}. */
final class GenerateWorker {

    private GenerateWorker() {}

    /** Arguments: the work's JSON file; generate, or products for the bound. */
    public static void main(String[] arguments) throws IOException {
        JsonNode work = Rows.mapper().readTree(Path.of(arguments[0]).toFile());
        Ops.setThreads(work.get("threads").asInt());
        List<int[]> prompts = new ArrayList<>();
        work.get("prompts").forEach(prompt -> prompts.add(TrainStepWorker.ids(prompt)));
        int tokens = work.get("new_tokens").asInt();
        try (LoadedModel loaded = Models.load(Path.of(work.get("model").asText()), Device.cpu())) {
            if (arguments[1].equals("products")) {
                LinearProducts products = LinearProducts.ofDecoding(loaded.model(), prompts.size());
                WorkerLines.serve(() -> {
                    for (int step = 0; step < tokens; step++) {
                        products.forward(prompts.size(), prompts.size());
                    }
                    return Rows.mapper().createObjectNode();
                });
                return;
            }
            // No token ends a row, so that every side makes equally many.
            Generator generator = new Generator(loaded.model(), null);
            GenerationOptions options =
                    new GenerationOptions(SamplingParams.greedy(tokens), Set.of(), 1, prompts.size());
            WorkerLines.serve(() -> {
                ObjectNode values = Rows.mapper().createObjectNode();
                ArrayNode ids = values.putArray("first_ids");
                Generated first = generator.generate(prompts, options).get(0);
                for (int i = 0; i < Math.min(8, tokens); i++) {
                    ids.add(first.ids()[i]);
                }
                return values;
            });
        }
    }
}
