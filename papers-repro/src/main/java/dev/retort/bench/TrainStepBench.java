package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.Rows;
import dev.retort.model.LoraConfig;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * LoRA training steps on batches with their true lengths, loss on completions: SVAMP labels (standard finetuning), and e-SNLI
 * labels and rationales (step-by-step, two terms).
 */
final class TrainStepBench {

    private static final int STEPS = 4;
    private static final int QUESTIONS_A_STEP = 16;
    private static final String EOS = "<|im_end|>";
    private static final LoraConfig LORA = new LoraConfig(16, 32.0, 0.0, List.of("all-linear"), false);

    private final BenchSetting setting;

    TrainStepBench(BenchSetting setting) {
        this.setting = setting;
    }

    List<BenchCase> cases() throws IOException, InterruptedException {
        return List.of(
                make("svamp", DssDataSet.SVAMP, "train", Map.of("answer", 1.0)),
                make("esnli", DssDataSet.ESNLI, "valid", Map.of("answer", 0.5, "rationale", 0.5)));
    }

    private BenchCase make(String name, DssDataSet dataSet, String split, Map<String, Double> weights)
            throws IOException, InterruptedException {
        ExampleEncoder encoder = new ExampleEncoder(setting.tokenizer(), false, eos(setting), 1024);
        List<DssExample> rows = dataSet.load(DataCatalogue.standard(), split);
        List<List<TokenExample>> steps = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            List<TokenExample> examples = new ArrayList<>();
            for (String kind : new TreeMap<>(weights).keySet()) {
                for (DssExample row : rows.subList(step * QUESTIONS_A_STEP, (step + 1) * QUESTIONS_A_STEP)) {
                    examples.add(encoder.encode(example(row, kind, weights.size() > 1)));
                }
            }
            steps.add(examples);
        }
        Path file = setting.folder().resolve("train-step-" + name + ".json");
        ObjectNode json = setting.work();
        json.put("learning_rate", 1e-4);
        json.set("lora", Rows.mapper().valueToTree(LORA));
        json.set("weights", Rows.mapper().valueToTree(new TreeMap<>(weights)));
        json.set("steps", ids(steps));
        AtomicFiles.writeText(file, Rows.mapper().writeValueAsString(json));
        ObjectNode figures = figures(steps);
        figures.put("lora_r", LORA.r());
        List<Side> sides = new ArrayList<>();
        sides.add(setting.ours(
                "retort",
                "SupervisedStep: rows packed without padding, adapters merged once a step, closed-form backward pass",
                TrainStepWorker.class,
                file.toString(),
                "train"));
        sides.add(new Side(
                "transformers-peft-plain",
                "padded batches in the given order, logits at every position, SDPA, fused AdamW",
                command(file, "plain")));
        String sorted = "length-sorted batches, logits at labelled positions only, SDPA, fused AdamW";
        sides.add(new Side("transformers-peft-sorted", sorted, command(file, "sorted")));
        if (setting.peers().canCompile()) {
            sides.add(new Side("transformers-peft-compiled", sorted + ", torch.compile", command(file, "compiled")));
        }
        sides.add(setting.ours(
                "limit",
                "the frozen weights' products alone, forward and for the gradient, no padding",
                TrainStepWorker.class,
                file.toString(),
                "products"));
        return new BenchCase(name, tokens(steps), "tokens", figures, sides);
    }

    /** What there is to do, for the results. */
    static ObjectNode figures(List<List<TokenExample>> steps) {
        List<TokenExample> all = steps.stream().flatMap(List::stream).toList();
        ObjectNode figures = Rows.mapper().createObjectNode();
        figures.put("optimiser_steps", steps.size());
        figures.put("rows", all.size());
        figures.put(
                "labelled_tokens",
                all.stream().mapToLong(TokenExample::labelled).sum());
        figures.put(
                "longest_row", all.stream().mapToInt(TokenExample::length).max().orElseThrow());
        return figures.put("dtype", "float32");
    }

    /** All tokens, padding not counted. */
    static long tokens(List<List<TokenExample>> steps) {
        return steps.stream()
                .flatMap(List::stream)
                .mapToLong(TokenExample::length)
                .sum();
    }

    /** The id of the token that ends completions. */
    static int eos(BenchSetting setting) throws IOException {
        return setting.tokenizer()
                .tokenId(EOS)
                .orElseThrow(() -> new IOException(setting.model() + ": its tokenizer has no token " + EOS
                        + ", which ends completions here; give a model that has it"));
    }

    private List<String> command(Path file, String mode) {
        return setting.peers().command("train_step.py", file.toString(), "--mode", mode);
    }

    private static Example example(DssExample row, String kind, boolean prefixed) {
        boolean isLabel = kind.equals("answer");
        String prefix = !prefixed ? "" : isLabel ? "predict: " : "explain: ";
        return new Example(
                row.id() + "#" + kind,
                prefix + row.inputJoinedBy(EOS),
                " " + (isLabel ? row.label() : row.rationale().strip()),
                kind,
                1.0,
                List.of(row.id()),
                Map.of());
    }

    static ArrayNode ids(List<List<TokenExample>> steps) {
        ArrayNode all = Rows.mapper().createArrayNode();
        for (List<TokenExample> step : steps) {
            ArrayNode examples = all.addArray();
            for (TokenExample example : step) {
                ObjectNode row = examples.addObject();
                row.put("id", example.id());
                row.put("kind", example.kind());
                row.set("input", Rows.mapper().valueToTree(example.input()));
                row.set("labels", Rows.mapper().valueToTree(example.labels()));
            }
        }
        return all;
    }
}
