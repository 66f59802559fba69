package dev.retort.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.StepPlan;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.SeededRandom;
import dev.retort.loss.CrossEntropy;
import dev.retort.loss.LossParts;
import dev.retort.model.GradientPasses;
import dev.retort.model.LanguageModel;
import dev.retort.model.Seq2SeqLm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Cross-entropy on the examples of one optimiser step, forward and backward, in micro-batches.
 *
 * <p>Each term is divided once, by its own count over the whole step, then weighted: micro-batches of any size give one
 * gradient, and a long rationale does not drown a short label.
 */
public final class SupervisedStep {

    /** Enough for matrix products at full speed on a CPU, and little memory; a GPU may want more. */
    private static final int MICRO_BATCH_TOKENS = 512;

    private final LanguageModel model;
    private final Map<String, Double> termWeights;
    private final int microBatchRows;
    private final long seed;

    /**
     * @param termWeights the weight of each kind of example
     * @param microBatchRows most rows of one forward pass
     * @param seed of dropout, together with the step's number
     */
    public SupervisedStep(LanguageModel model, Map<String, Double> termWeights, int microBatchRows, long seed) {
        this.model = model;
        this.termWeights = Map.copyOf(termWeights);
        this.microBatchRows = microBatchRows;
        this.seed = seed;
    }

    /** The forward passes of a step: few tokens at a time, rows of like length together. */
    public static List<List<TokenExample>> microBatches(List<TokenExample> examples, int maxRows) {
        return StepPlan.microBatches(examples, maxRows, MICRO_BATCH_TOKENS);
    }

    /**
     * Adds the step's gradient to the trained weights.
     *
     * @param step the step's number, from 0
     * @return the step's terms, before weights
     */
    public LossParts backward(List<TokenExample> examples, int step) {
        Map<String, Long> counts = counts(examples);
        LossParts parts = LossParts.none();
        int micro = 0;
        model.weights().setTraining(true);
        try (GradientPasses passes = model.gradientPasses()) {
            for (List<TokenExample> rows : microBatches(examples, microBatchRows)) {
                // Dropout's random state is derived and not stored: a resumed run draws the same.
                Engine.getEngine("PyTorch").setRandomSeed((int) SeededRandom.seedOf(seed, "dropout", step, micro++));
                try (TokenBatch batch = batch(rows)) {
                    if (batch.labelCount() > 0) {
                        NDArray hidden = passes.labelHidden(batch);
                        CrossEntropy.Result result = CrossEntropy.withGradient(
                                hidden, model.head(), batch.labelIds(), factors(batch, counts));
                        passes.backward(result.gradient());
                        parts = parts.plus(parts(batch, result.losses()));
                    }
                }
            }
        } finally {
            model.weights().setTraining(false);
        }
        return parts;
    }

    /** The terms of examples without gradients or dropout, for validation. */
    public LossParts evaluate(List<TokenExample> examples) {
        LossParts parts = LossParts.none();
        for (List<TokenExample> rows : microBatches(examples, microBatchRows)) {
            try (TokenBatch batch = batch(rows)) {
                if (batch.labelCount() > 0) {
                    float[] losses = CrossEntropy.losses(model.labelHidden(batch), model.head(), batch.labelIds());
                    parts = parts.plus(parts(batch, losses));
                }
            }
        }
        return parts;
    }

    private TokenBatch batch(List<TokenExample> rows) {
        NDManager parent = model.weights().manager();
        return new TokenBatch(rows, model instanceof Seq2SeqLm, parent);
    }

    /** Labelled tokens of each term over the whole step, known before the first forward pass. */
    private Map<String, Long> counts(List<TokenExample> examples) {
        Map<String, Long> counts = new TreeMap<>();
        boolean shifted = !(model instanceof Seq2SeqLm);
        for (TokenExample example : examples) {
            if (!termWeights.containsKey(example.kind())) {
                throw new IllegalArgumentException("example " + example.id() + " is of kind '" + example.kind()
                        + "', which has no weight; weights: " + termWeights.keySet());
            }
            long labelled = example.labelled();
            if (shifted && labelled > 0 && example.labels()[0] != TokenExample.IGNORED) {
                labelled--;
            }
            counts.merge(example.kind(), labelled, Long::sum);
        }
        return counts;
    }

    private float[] factors(TokenBatch batch, Map<String, Long> counts) {
        int[] rows = batch.labelRows();
        float[] factors = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            TokenExample example = batch.examples().get(rows[i]);
            String kind = example.kind();
            factors[i] = (float) (example.weight() * termWeights.get(kind) / counts.get(kind));
        }
        return factors;
    }

    private static LossParts parts(TokenBatch batch, float[] losses) {
        int[] rows = batch.labelRows();
        Map<String, LossParts.Term> terms = new LinkedHashMap<>();
        for (int i = 0; i < rows.length; i++) {
            TokenExample example = batch.examples().get(rows[i]);
            terms.merge(
                    example.kind(),
                    new LossParts.Term(example.weight() * losses[i], 1),
                    (a, b) -> new LossParts.Term(a.sum() + b.sum(), a.count() + b.count()));
        }
        return new LossParts(terms);
    }
}
