package dev.retort.cli;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.StepPlan;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import dev.retort.run.YamlConfig;
import dev.retort.train.SupervisedStep;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what the model is trained on. */
@Command(
        name = "show-batch",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the first batch of a training: tokens, mask and labels side by side.",
            "A label stands beside its own token and is predicted from the position before it (encoder-decoder: from"
                    + " the decoder's input beside it); -100 carries no loss. A middle dot is a blank, \\n"
                    + " a line feed."
        },
        footer = {"", "Example:", "  retort show-batch --config sft.yaml --set per_device_train_batch_size=2"})
final class ShowBatchCommand implements Callable<Integer> {

    private static final String NOTHING = "";

    @Mixin
    private Common common;

    @Option(names = "--config", paramLabel = "FILE", required = true, description = "As for retort train")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a key of the file; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        TrainConfig train = YamlConfig.read(config, TrainConfig.class, overrides);
        TrainingSettings settings = train.settings();
        try (LoadedModel loaded = common.load(train.modelNameOrPath())) {
            Tokenizer tokenizer = loaded.requireTokenizer();
            ExampleEncoder encoder = TrainData.encoder(train, loaded, null);
            List<TokenExample> examples = encoder.encodeAll(TrainData.read(train, tokenizer));
            StepPlan plan = new StepPlan(examples.size(), settings.examplesPerStep(), settings.seed());
            List<TokenExample> step =
                    Arrays.stream(plan.indices(0)).mapToObj(examples::get).toList();
            List<TokenExample> rows = SupervisedStep.microBatches(
                            loaded.model(), step, settings.perDeviceTrainBatchSize())
                    .get(0);
            boolean encoderDecoder = loaded.model() instanceof Seq2SeqLm;
            int start = loaded.model() instanceof Seq2SeqLm model ? model.decoderStartTokenId() : 0;
            PrintWriter out = spec.commandLine().getOut();
            try (TokenBatch batch = new TokenBatch(
                    rows, encoderDecoder, loaded.model().weights().manager())) {
                out.print(header(batch, plan));
                long[] mask = batch.attentionMask().toLongArray();
                for (int row = 0; row < batch.rows(); row++) {
                    long[] rowMask = Arrays.copyOfRange(mask, row * batch.width(), (row + 1) * batch.width());
                    out.print(title(row, rows.get(row)));
                    out.print(
                            encoderDecoder
                                    ? apart(rows.get(row), rowMask, start, tokenizer)
                                    : inOne(rows.get(row), rowMask, tokenizer));
                }
            }
            out.flush();
        }
        return Retort.DONE;
    }

    private static String header(TokenBatch batch, StepPlan plan) {
        return String.format(
                Locale.ROOT,
                "batch 1 of step 1 of %d an epoch: %d rows of %d positions, %d tokens, %d labelled %s\n",
                plan.stepsPerEpoch(),
                batch.rows(),
                batch.width(),
                batch.tokens(),
                batch.labelCount(),
                batch.labelCounts());
    }

    private static String title(int row, TokenExample example) {
        return String.format(
                Locale.ROOT,
                "\nrow %d: %s, kind %s, weight %s, %d tokens, %d labelled\n",
                row,
                Visible.text(example.id()),
                Visible.text(example.kind()),
                example.weight(),
                example.length(),
                example.labelled());
    }

    /** A decoder-only row: the label is the token itself, or nothing. */
    private static String inOne(TokenExample example, long[] mask, Tokenizer tokenizer) {
        AlignedTable table = new AlignedTable("position", "id", "token", "mask", "label", "label token");
        for (int t = 0; t < mask.length; t++) {
            boolean padding = t >= example.length();
            int label = padding ? TokenExample.IGNORED : example.labels()[t];
            table.add(
                    Integer.toString(t),
                    padding ? "-" : Integer.toString(example.input()[t]),
                    padding ? "(padding)" : token(tokenizer, example.input()[t]),
                    Long.toString(mask[t]),
                    Integer.toString(label),
                    label == TokenExample.IGNORED ? NOTHING : token(tokenizer, label));
        }
        return table.toString();
    }

    /** An encoder-decoder row: what the encoder reads, and beside it what the decoder reads and is to say. */
    private static String apart(TokenExample example, long[] mask, int start, Tokenizer tokenizer) {
        AlignedTable table = new AlignedTable(
                "position", "id", "token", "mask", "decoder id", "decoder token", "label", "label token");
        int[] labels = example.labels();
        for (int t = 0; t < Math.max(mask.length, labels.length); t++) {
            boolean outside = t >= mask.length;
            boolean padding = t >= example.length();
            boolean labelled = t < labels.length;
            int decoderId = t == 0 ? start : labelled ? Math.max(labels[t - 1], 0) : 0;
            table.add(
                    Integer.toString(t),
                    padding ? (outside ? NOTHING : "-") : Integer.toString(example.input()[t]),
                    padding ? (outside ? NOTHING : "(padding)") : token(tokenizer, example.input()[t]),
                    outside ? NOTHING : Long.toString(mask[t]),
                    labelled ? Integer.toString(decoderId) : NOTHING,
                    labelled ? token(tokenizer, decoderId) : NOTHING,
                    labelled ? Integer.toString(labels[t]) : NOTHING,
                    labelled && labels[t] != TokenExample.IGNORED ? token(tokenizer, labels[t]) : NOTHING);
        }
        return table.toString();
    }

    private static String token(Tokenizer tokenizer, int id) {
        return Visible.text(tokenizer.decodeToken(id));
    }
}
