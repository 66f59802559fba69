package dev.retort.cli;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import dev.retort.model.Weights;
import dev.retort.op.Ops;
import dev.retort.train.SupervisedStep;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether a training would learn what it is meant to. */
final class ConfigCheck {

    /** Examples of each term whose gradient is taken. */
    private static final int GRADIENT_EXAMPLES = 8;

    private final TrainConfig config;
    private final LoadedModel loaded;
    private final List<Finding> findings = new ArrayList<>();

    private ConfigCheck(TrainConfig config, LoadedModel loaded) {
        this.config = config;
        this.loaded = loaded;
    }

    /** Encodes every example and takes one gradient of each term. */
    static List<Finding> run(TrainConfig config, LoadedModel loaded) throws IOException {
        ConfigCheck check = new ConfigCheck(config, loaded);
        check.check();
        return check.findings;
    }

    private void check() throws IOException {
        List<Example> examples = TrainData.read(config, loaded.requireTokenizer());
        ExampleEncoder encoder = TrainData.encoder(config, loaded);
        List<TokenExample> encoded = new ArrayList<>();
        int cut = 0;
        for (Example example : examples) {
            int before = encoder.truncated();
            encoded.add(encoder.encode(example));
            cut += encoder.truncated() > before ? 1 : 0;
        }
        int aligned = examples.size() - encoder.misaligned();
        add(
                encoder.misaligned() == 0,
                "alignment",
                aligned + " of " + examples.size()
                        + " prompts keep their tokens when the completion follows"
                        + (encoder.misaligned() == 0 ? "" : "; start completions with a blank or newline"));
        add(
                cut == 0,
                "truncated",
                cut + " of " + examples.size() + " examples"
                        + (cut == 0 ? "" : " are longer than max_length; raise it or shorten them"));
        long empty = examples.stream()
                .filter(example -> example.completion().isBlank())
                .count();
        add(empty == 0, "empty completions", empty + " of " + examples.size());
        long unlabelled =
                encoded.stream().filter(example -> labelled(example) == 0).count();
        add(
                unlabelled == 0,
                "examples without loss",
                unlabelled + " of " + examples.size()
                        + (unlabelled == 0 ? "" : ": their completion is cut off or empty"));
        terms(encoded);
    }

    private void add(boolean good, String name, String detail) {
        findings.add(good ? Finding.ok(name, detail) : Finding.warn(name, detail));
    }

    /** Tokens that carry loss: a decoder-only sequence's first has no position before it that could predict it. */
    private int labelled(TokenExample example) {
        boolean first = !(loaded.model() instanceof Seq2SeqLm)
                && example.labels().length > 0
                && example.labels()[0] != TokenExample.IGNORED;
        return example.labelled() - (first ? 1 : 0);
    }

    private void terms(List<TokenExample> encoded) throws IOException {
        Map<String, List<TokenExample>> kinds = new TreeMap<>();
        encoded.forEach(example ->
                kinds.computeIfAbsent(example.kind(), kind -> new ArrayList<>()).add(example));
        Map<String, Double> weights = TrainData.termWeights(config, encoded);
        TreeSet<String> terms = new TreeSet<>(weights.keySet());
        terms.addAll(kinds.keySet());
        Map<String, Double> norms = new TreeMap<>();
        TrainingSettings settings = config.settings();
        makeTrainable(settings);
        for (String term : terms) {
            List<TokenExample> examples = kinds.getOrDefault(term, List.of());
            String dead = dead(term, weights.get(term), examples);
            if (dead == null) {
                double norm = weights.get(term) * gradientNorm(term, examples, settings);
                if (Double.isFinite(norm) && norm != 0) {
                    norms.put(term, norm);
                } else {
                    dead = "its gradient's norm is " + norm;
                }
            }
            if (dead != null) {
                findings.add(Finding.fail("term " + term, "dead: " + dead));
            }
        }
        double sum = norms.values().stream().mapToDouble(Math::abs).sum();
        norms.forEach((term, norm) -> {
            LongSummaryStatistics tokens =
                    kinds.get(term).stream().mapToLong(this::labelled).summaryStatistics();
            findings.add(Finding.ok(
                    "term " + term,
                    String.format(
                            Locale.ROOT,
                            "weight %s, %d examples, %d labelled tokens (%d to %d an example, mean %.1f), %.0f %% of"
                                    + " the gradient's norm",
                            weights.get(term),
                            tokens.getCount(),
                            tokens.getSum(),
                            tokens.getMin(),
                            tokens.getMax(),
                            tokens.getAverage(),
                            100 * Math.abs(norm) / sum)));
        });
    }

    /** Why a term cannot teach anything, or null. */
    private String dead(String term, Double weight, List<TokenExample> examples) {
        if (weight == null) {
            return examples.size() + " examples are of this kind, but term_weights has no weight for it";
        }
        if (weight == 0) {
            return "its weight is 0; leave its examples out";
        }
        if (examples.isEmpty()) {
            return "term_weights has it, but no example is of kind '" + term + "'";
        }
        boolean any = examples.stream().anyMatch(example -> labelled(example) > 0 && example.weight() != 0);
        return any ? null : "none of its " + examples.size() + " examples has a labelled token with a weight";
    }

    private void makeTrainable(TrainingSettings settings) {
        Weights weights = loaded.model().weights();
        if (settings.lora() != null) {
            weights.addLora(settings.lora(), settings.seed());
        } else {
            weights.train(name -> true);
        }
    }

    private double gradientNorm(String term, List<TokenExample> examples, TrainingSettings settings)
            throws IOException {
        List<TokenExample> some = examples.stream()
                .filter(example -> labelled(example) > 0 && example.weight() != 0)
                .limit(GRADIENT_EXAMPLES)
                .toList();
        new SupervisedStep(loaded.model(), Map.of(term, 1.0), settings.perDeviceTrainBatchSize(), settings.seed())
                .backward(some, 0);
        double squares = 0;
        for (NDArray weight : loaded.model().weights().trainable().values()) {
            try (NDArray gradient = weight.getGradient();
                    NDArray square = Ops.squareSum(gradient)) {
                squares += square.toDoubleArray()[0];
                Ops.zero(gradient);
            }
        }
        return Math.sqrt(squares);
    }
}
