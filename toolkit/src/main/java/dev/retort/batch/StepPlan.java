package dev.retort.batch;

import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which examples each optimiser step sees: every epoch is a fresh permutation keyed by (seed, epoch), cut into batches. The
 * step's number is the whole data cursor.
 *
 * @param size examples there are, at least 1
 * @param batchSize examples an optimiser step sees (per-device batch size times accumulation steps)
 * @param seed of the permutations
 */
public record StepPlan(int size, int batchSize, long seed) {

    public StepPlan {
        if (size < 1 || batchSize < 1) {
            throw new IllegalArgumentException("there must be at least one example and a batch size of at least 1");
        }
    }

    /** Steps of an epoch; the last may see fewer examples. */
    public int stepsPerEpoch() {
        return (size + batchSize - 1) / batchSize;
    }

    /** The indices of the examples that step number {@code step} (from 0) sees. */
    public int[] indices(int step) {
        int epoch = step / stepsPerEpoch();
        int from = step % stepsPerEpoch() * batchSize;
        int[] order = SeededRandom.permutation(size, SeededRandom.of(seed, "epoch", epoch));
        return java.util.Arrays.copyOfRange(order, from, Math.min(from + batchSize, size));
    }

    /**
     * Cuts the examples of a step into micro-batches of near-equal length. Since every loss term is divided once, by its
     * count over the whole step, the gradient does not depend on the cut; only padding and memory do.
     *
     * @param maxRows most rows of a micro-batch
     * @param maxTokens most tokens of a micro-batch, padding counted; a longer example is one by itself
     */
    public static List<List<TokenExample>> microBatches(List<TokenExample> examples, int maxRows, int maxTokens) {
        List<TokenExample> sorted = sorted(examples);
        List<List<TokenExample>> batches = new ArrayList<>();
        int from = 0;
        while (from < sorted.size()) {
            int rows = Math.max(1, maxTokens / Math.max(1, sorted.get(from).length()));
            int to = Math.min(sorted.size(), from + Math.min(rows, maxRows));
            batches.add(List.copyOf(sorted.subList(from, to)));
            from = to;
        }
        return batches;
    }

    /**
     * As {@link #microBatches} for decoder-only models that read packed rows: padding costs them nothing, and neither does what
     * rows begin with alike, but once ({@link TokenTree}).
     *
     * @param maxTokens most tokens that are read in a micro-batch
     */
    public static List<List<TokenExample>> packedMicroBatches(List<TokenExample> examples, int maxRows, int maxTokens) {
        List<List<TokenExample>> batches = new ArrayList<>();
        List<TokenExample> batch = new ArrayList<>();
        TokenTree tree = new TokenTree();
        for (TokenExample example : sorted(examples)) {
            int[] row = example.predictors();
            boolean isFull = batch.size() == maxRows || tree.size() + tree.missing(row) > maxTokens;
            if (isFull && !batch.isEmpty()) {
                batches.add(List.copyOf(batch));
                batch.clear();
                tree = new TokenTree();
            }
            batch.add(example);
            tree.add(row);
        }
        if (!batch.isEmpty()) {
            batches.add(List.copyOf(batch));
        }
        return batches;
    }

    private static List<TokenExample> sorted(List<TokenExample> examples) {
        List<TokenExample> sorted = new ArrayList<>(examples);
        sorted.sort(Comparator.comparingInt(example -> -example.length()));
        return sorted;
    }
}
