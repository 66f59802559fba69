package dev.retort.cli;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.model.LoadedModel;
import dev.retort.papers.RunFolder;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.train.Distillation;
import dev.retort.train.SupervisedTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes a model. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = {
            "Fine-tunes a model on JSON Lines of {prompt, completion} or {messages}; loss on completions only. With a"
                    + " teacher it comes near to that one's probabilities as well.",
            "Writes OUTPUT_DIR/{config.yaml, run.json, metrics.jsonl, tensorboard/, checkpoints/, final/}."
        },
        footer = {
            "",
            "A configuration:",
            "  model_name_or_path: models/SmolLM2-135M",
            "  train_file: train.jsonl        # or dataset: svamp",
            "  output_dir: runs/sft",
            "  learning_rate: 0.001",
            "  num_train_epochs: 3",
            "  per_device_train_batch_size: 4",
            "  gradient_accumulation_steps: 4",
            "  lora: {r: 16, lora_alpha: 32, lora_dropout: 0.05, target_modules: [all-linear]}",
            "  bf16: true                     # bfloat16 products; plain LLaMA on a CPU, without lora_dropout",
            "",
            "With a teacher of the same tokenizer, for example:",
            "  teacher_model_name_or_path: models/SmolLM2-360M",
            "  kd_ratio: 0.5                  # of the divergence; cross-entropy has the rest",
            "  divergence: jsd                # as in retort loss, with beta, alpha or mu",
            "  beta: 0.5",
            "  temperature: 1                 # of both softmaxes of the divergence",
            "  trim_vocabulary: true          # the teacher's is longer by padding",
            "its most probable tokens alone, written down before the training:",
            "  teacher_top_k: 64              # that many are kept, in OUTPUT_DIR/signals",
            "  teacher_outside: bucket        # all others: zero, bucket or renormalise",
            "or, beside the student, its hidden states too:",
            "  hidden_states_weight: 0.01     # of their squared error; see retort doctor",
            "  hidden_states_layers: [15:16, 30:32]  # student:teacher; absent: every layer",
            "and steps on the student's own completions (GKD; kd_ratio is 1):",
            "  lmbda: 0.5                     # share of these steps",
            "  sampling_temperature: 0.9      # GKDConfig's temperature",
            "  max_completion_length: 128",
            "",
            "Example:",
            "  retort train --config sft.yaml --set learning_rate=5e-4"
        })
final class TrainCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--config", paramLabel = "FILE", required = true, description = "YAML, see below")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a key of the file; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--resume", description = "Go on from the last checkpoint of output_dir")
    private boolean resume;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        TrainConfig train = YamlConfig.read(config, TrainConfig.class, overrides);
        Path folder = Path.of(train.outputDir());
        if (Files.isDirectory(folder.resolve(SupervisedTraining.FINAL)) && resume) {
            spec.commandLine().getErr().println("retort: " + folder + " is finished already");
            return Retort.DONE;
        }
        Folders.requireEmptyUnless(resume, folder);
        long start = System.nanoTime();
        try (Interrupt interrupt =
                        Interrupt.onSignals(() -> System.err.println("\nretort: stopping after the step in hand ..."));
                LoadedModel loaded = common.load(train.modelNameOrPath());
                Distillation teacher = train.teacher(loaded, common)) {
            // A model that cannot do it says so before the folder is written.
            loaded.model().setPrecision(train.settings().precision());
            ExampleEncoder encoder = TrainData.encoder(train, loaded, teacher);
            List<Example> examples = TrainData.read(train, loaded.requireTokenizer());
            List<List<TokenExample>> items = new ArrayList<>();
            encoder.encodeAll(examples).forEach(example -> items.add(List.of(example)));
            warn(encoder, examples.size());
            List<List<TokenExample>> validation = new ArrayList<>();
            if (train.evalFile() != null) {
                encoder.encodeAll(TrainData.readFile(Path.of(train.evalFile()), loaded.requireTokenizer()))
                        .forEach(example -> validation.add(List.of(example)));
            }
            List<TokenExample> all =
                    new ArrayList<>(items.stream().flatMap(List::stream).toList());
            Map<String, Double> weights = TrainData.termWeights(train, all);
            RunFolder.requireSame(folder, train, "use another output_dir");
            RunFolder.writeConfig(folder, train);
            RunRecord record = RunRecord.start(
                    train.settings().seed(),
                    "retort "
                            + String.join(
                                    " ", spec.commandLine().getParseResult().originalArgs()),
                    train,
                    RunFolder.libraries(),
                    loaded.model().weights().manager().getDevice().toString(),
                    Folders.threads(common));
            if (train.trainFile() != null) {
                record = record.withInput("train_file", Path.of(train.trainFile()), "the user's own");
            }
            SupervisedTraining training = new SupervisedTraining(loaded, train.settings(), weights, folder)
                    .withValidation(validation)
                    .withProgress("train", common.quiet(), List.of())
                    .withInterrupt(interrupt);
            validation.forEach(all::addAll);
            if (teacher != null
                    && !teacher.begin(training, all, folder, train.settings().seed(), common.quiet(), interrupt)) {
                return stopped("before the first step");
            }
            SupervisedTraining.Outcome outcome = training.run(items);
            RunFolder.record(folder, record, Duration.ofNanos(System.nanoTime() - start));
            if (!outcome.finished()) {
                return stopped("at step " + outcome.steps() + " of " + outcome.totalSteps());
            }
            spec.commandLine()
                    .getOut()
                    .println(String.format(
                            Locale.ROOT,
                            "%s: %d steps, %d tokens in %.1f s",
                            folder.resolve(SupervisedTraining.FINAL),
                            outcome.totalSteps(),
                            outcome.tokens(),
                            outcome.seconds()));
            return Retort.DONE;
        }
    }

    private int stopped(String where) {
        spec.commandLine()
                .getErr()
                .println("retort: stopped " + where + "; go on with: retort train --config " + config + " --resume");
        return Folders.INTERRUPTED;
    }

    private void warn(ExampleEncoder encoder, int examples) {
        if (encoder.misaligned() > 0) {
            spec.commandLine()
                    .getErr()
                    .println("retort: " + encoder.misaligned() + " of " + examples + " prompts and completions share a"
                            + " token at their border and were"
                            + " encoded apart; start completions"
                            + " with a blank or newline");
        }
        if (encoder.truncated() > 0) {
            spec.commandLine()
                    .getErr()
                    .println("retort: " + encoder.truncated() + " of " + examples
                            + " examples were cut at max_length; retort doctor --config shows more");
        }
    }
}
