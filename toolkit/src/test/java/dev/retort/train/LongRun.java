package dev.retort.train;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.answer.Metric;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The main of a process of its own, whose memory {@link MemoryTest} watches: "train FOLDER" or "generate". */
final class LongRun {

    private static final Map<String, Double> TERMS = Map.of("answer", 0.5, "rationale", 0.5);

    private LongRun() {}

    public static void main(String[] arguments) throws IOException {
        Ops.setThreads(1);
        if (arguments[0].equals("train")) {
            train(Path.of(arguments[1]));
        } else {
            generate();
        }
    }

    /** The tiny recipe's loop with adapters, dropout, and every 200 steps an evaluation and a checkpoint. */
    private static void train(Path folder) throws IOException {
        try (LoadedModel student = student()) {
            List<List<TokenExample>> items = items(student);
            student.model().weights().addLora(new LoraConfig(8, 16.0, 0.1, List.of("all-linear"), false), 1);
            SupervisedStep step = new SupervisedStep(student.model(), TERMS, 64, 1);
            try (AdamW optimizer = new AdamW(
                    student.model().weights().trainable(),
                    AdamW.Settings.defaults(),
                    student.model().weights().manager())) {
                for (int i = 0; i < 2000; i++) {
                    List<TokenExample> examples = new ArrayList<>();
                    for (int j = 0; j < 16; j++) {
                        examples.addAll(items.get((i * 16 + j) % items.size()));
                    }
                    step.backward(examples, i);
                    optimizer.step(0.001);
                    if ((i + 1) % 200 == 0) {
                        Evaluation.of(student, task(), 32, true, List.of());
                        Checkpoint.save(folder, student, Map.of(), optimizer, i + 1, "hash", 1);
                        report(i + 1);
                    }
                }
            }
        }
    }

    private static void generate() throws IOException {
        try (LoadedModel student = student()) {
            Generator generator = new Generator(student.model(), student.tokenizer());
            SamplingParams params =
                    SamplingParams.none().withTemperature(1.0).withMaxTokens(16).withStop(List.of("w99"));
            for (int i = 0; i < 500; i++) {
                List<int[]> prompts = List.of(
                        student.tokenizer().encode("w1 w2 w" + i % 90),
                        student.tokenizer().encode("w5" + " w7".repeat(i % 9)));
                generator.generate(prompts, new GenerationOptions(params.withSeed((long) i), Set.of(1, 7), 2, 8));
                if ((i + 1) % 50 == 0) {
                    report(i + 1);
                }
            }
        }
    }

    private static void report(int done) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                System.out.printf(Locale.ROOT, "%d %s%n", done, line.replaceAll("\\D", ""));
            }
        }
    }

    private static LoadedModel student() throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            words.add("w" + i);
        }
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 64).put("intermediate_size", 128);
        config.put("num_hidden_layers", 2).put("num_attention_heads", 4);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.05);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", 1);
        return new LoadedModel(Models.create(config, 3, Device.cpu()), tokenizer, generation, Path.of("scratch"));
    }

    private static List<List<TokenExample>> items(LoadedModel student) {
        ExampleEncoder encoder = new ExampleEncoder(student.tokenizer(), false, 1, 64);
        List<List<TokenExample>> items = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String prompt = "w98 w" + i % 50 + " w97 w" + i % 7;
            String rationale = " w" + i % 4 + " w11 w12" + " w13".repeat(i % 9);
            items.add(List.of(
                    encoder.encode(new Example("a" + i, prompt, " w" + (i + 3) % 20, "answer", List.of())),
                    encoder.encode(new Example("r" + i, prompt, rationale, "rationale", List.of()))));
        }
        return items;
    }

    private static EvalTask task() {
        List<EvalItem> items = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            items.add(new EvalItem("t" + i, "w98 w" + i + " w97", List.of("w" + (i + 3) % 20)));
        }
        return new EvalTask("t", items, SamplingParams.greedy(4), text -> text, Metric.EXACT_MATCH::score, false);
    }
}
