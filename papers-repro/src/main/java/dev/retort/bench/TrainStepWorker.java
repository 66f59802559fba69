package dev.retort.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.batch.TokenTree;
import dev.retort.data.Rows;
import dev.retort.loss.LossParts;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.train.AdamW;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Our side of {@code bench train-step}: optimiser steps over given token ids. */
final class TrainStepWorker {

    /** AdamW as torch has it, without weight decay, the norm clipped to 1. */
    static final AdamW.Settings OPTIMIZER = new AdamW.Settings(0.9, 0.999, 1e-8, 0, 1.0);

    /** The rows of a forward pass, padding not counted. */
    @FunctionalInterface
    interface Pass {
        void of(int tokens, int labelled);
    }

    private TrainStepWorker() {}

    /** Arguments: the work's JSON file, as {@link TrainStepBench} writes it; train, or products for the bound. */
    public static void main(String[] arguments) throws IOException {
        JsonNode work = Rows.mapper().readTree(Path.of(arguments[0]).toFile());
        Ops.setThreads(work.get("threads").asInt());
        List<List<TokenExample>> steps = steps(work.get("steps"));
        Map<String, Double> weights = new TreeMap<>();
        work.get("weights")
                .fields()
                .forEachRemaining(
                        entry -> weights.put(entry.getKey(), entry.getValue().asDouble()));
        try (LoadedModel loaded = Models.load(Path.of(work.get("model").asText()), Device.cpu())) {
            if (arguments[1].equals("products")) {
                LinearProducts products = new LinearProducts(loaded.model());
                WorkerLines.serve(() -> {
                    forEachPass(loaded.model(), steps, (tokens, labelled) -> {
                        products.forward(tokens, labelled);
                        products.backward(tokens, labelled);
                    });
                    return Rows.mapper().createObjectNode();
                });
                return;
            }
            LoraConfig lora = Rows.mapper().convertValue(work.get("lora"), LoraConfig.class);
            loaded.model().weights().addLora(lora, 0);
            try (AdamW optimizer = new AdamW(
                    loaded.model().weights().trainable(),
                    OPTIMIZER,
                    loaded.model().weights().manager())) {
                SupervisedStep supervised = new SupervisedStep(loaded.model(), weights, Integer.MAX_VALUE, 0);
                double rate = work.get("learning_rate").asDouble();
                WorkerLines.serve(() -> {
                    ObjectNode values = Rows.mapper().createObjectNode();
                    int number = 0;
                    for (List<TokenExample> examples : steps) {
                        LossParts parts = supervised.backward(examples, number);
                        optimizer.step(rate);
                        if (number == 0) {
                            values.put("first_loss", parts.weighted(weights));
                        }
                        number++;
                    }
                    return values;
                });
            }
        }
    }

    /** The passes that {@link SupervisedStep} makes of a packed model: the tokens it reads, each once. */
    static void forEachPass(LanguageModel model, List<List<TokenExample>> steps, Pass pass) {
        for (List<TokenExample> examples : steps) {
            for (List<TokenExample> rows : SupervisedStep.microBatches(model, examples, Integer.MAX_VALUE)) {
                pass.of(
                        TokenTree.of(rows).size(),
                        rows.stream().mapToInt(TokenExample::labelled).sum());
            }
        }
    }

    static List<List<TokenExample>> steps(JsonNode json) {
        List<List<TokenExample>> steps = new ArrayList<>();
        for (JsonNode step : json) {
            List<TokenExample> examples = new ArrayList<>();
            for (JsonNode row : step) {
                examples.add(new TokenExample(
                        row.get("id").asText(),
                        row.get("kind").asText(),
                        1.0,
                        ids(row.get("input")),
                        ids(row.get("labels"))));
            }
            steps.add(examples);
        }
        return steps;
    }

    static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).asInt();
        }
        return ids;
    }
}
