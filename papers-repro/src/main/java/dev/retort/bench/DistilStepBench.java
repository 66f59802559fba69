package dev.retort.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import dev.retort.model.LlamaModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.DataRows;
import dev.retort.prompt.PromptTemplate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Word-level distillation on Dolly's rows with their true lengths: a student, every second layer of the model, learns the model's
 * distributions at the completions' tokens.
 */
final class DistilStepBench {

    private static final int STEPS = 20;
    private static final int ROWS_A_STEP = 8;
    private static final int MOST_TOKENS = 256;
    private static final long SEED = 0;
    private static final PromptTemplate PLAIN = PromptTemplate.named("alpaca");
    private static final PromptTemplate WITH_INPUT = PromptTemplate.named("alpaca-input");

    private final BenchSetting setting;

    DistilStepBench(BenchSetting setting) {
        this.setting = setting;
    }

    List<BenchCase> cases() throws IOException {
        List<List<TokenExample>> steps = steps();
        ObjectNode figures = TrainStepBench.figures(steps);
        Path student = setting.folder().resolve("distill-step-student");
        writeStudent(student, figures);
        Path file = setting.folder().resolve("distill-step-dolly.json");
        ObjectNode json = setting.work();
        json.put("student", student.toAbsolutePath().toString());
        json.put("learning_rate", 1e-5);
        json.set("steps", TrainStepBench.ids(steps));
        AtomicFiles.writeText(file, Rows.mapper().writeValueAsString(json));
        List<Side> sides = List.of(
                setting.ours(
                        "retort",
                        "SupervisedStep with OnlineTeacher: the student's rows packed without padding, its backward"
                                + " pass in closed form; HeadDivergence at labelled positions, a chunk of tokens at a"
                                + " time",
                        DistilStepWorker.class,
                        file.toString(),
                        "train"),
                new Side(
                        "trl-gkd",
                        "GKDTrainer (lmbda 0, beta 0): a row at a time with accumulation, both models' logits at every"
                                + " position, autograd, SDPA, fused AdamW",
                        command(file, "gkd")),
                new Side(
                        "trl-distillation",
                        "DistillationTrainer (beta 0), given the completions it would sample: prompts padded on the"
                                + " left and completions on the right, ChunkedDivergenceFunction at every position of the"
                                + " completions, SDPA, fused AdamW",
                        command(file, "distillation")),
                setting.ours(
                        "limit",
                        "the weights' products alone: both models forward, the student's gradients by inputs and by"
                                + " weights, no padding",
                        DistilStepWorker.class,
                        file.toString(),
                        "products"));
        return List.of(new BenchCase("dolly", TrainStepBench.tokens(steps), "tokens", figures, sides));
    }

    private List<String> command(Path file, String mode) {
        return setting.peers().command("distill_step.py", file.toString(), "--mode", mode);
    }

    private List<List<TokenExample>> steps() throws IOException {
        ExampleEncoder encoder =
                new ExampleEncoder(setting.tokenizer(), false, TrainStepBench.eos(setting), MOST_TOKENS);
        List<Example> rows =
                DataRows.array(DataCatalogue.standard(), "dolly", "dolly_3k.json.gz", null, DistilStepBench::example);
        int[] order = SeededRandom.permutation(rows.size(), SeededRandom.of(SEED, "distill-step"));
        // A prompt that is too long leaves nothing to learn.
        List<TokenExample> kept = Arrays.stream(order)
                .mapToObj(index -> encoder.encode(rows.get(index)))
                .filter(example -> example.labelled() > 0)
                .limit(STEPS * ROWS_A_STEP)
                .toList();
        return IntStream.range(0, STEPS)
                .mapToObj(step -> kept.subList(step * ROWS_A_STEP, (step + 1) * ROWS_A_STEP))
                .toList();
    }

    private static Example example(int index, JsonNode row) {
        String question = DataRows.text(row, "instruction");
        String input = DataRows.text(row, "input");
        String prompt = input.isEmpty()
                ? PLAIN.fill(Map.of("question", question))
                : WITH_INPUT.fill(Map.of("question", question, "input", input));
        return new Example("dolly-" + index, prompt, DataRows.text(row, "output"), "answer", List.of());
    }

    /** A folder that every side loads, written anew because the model may be another. */
    private void writeStudent(Path folder, ObjectNode figures) throws IOException {
        try (LoadedModel teacher = Models.load(setting.model(), Device.cpu())) {
            if (!(teacher.model() instanceof LlamaModel llama)) {
                throw new IOException(setting.model() + ": layers can be dropped from models of the LLaMA family only;"
                        + " give one (llama, mistral, qwen2, qwen3)");
            }
            int[] layers = IntStream.iterate(0, layer -> layer < llama.config().layers(), layer -> layer + 2)
                    .toArray();
            try (LoadedModel student = Models.withLayers(teacher, layers)) {
                Models.save(student, folder);
            }
            figures.put("teacher_layers", llama.config().layers());
            figures.put("student_layers", layers.length);
        }
    }
}
