package dev.retort.model;

import dev.retort.data.SamplingParams;
import java.util.Set;

/**
 * How rows are continued.
 *
 * @param sampling temperature (0 or null is greedy), top-p, top-k, stop texts, and most new tokens (null: 256)
 * @param eosIds any of these ends a row and is not part of its text
 * @param samples completions of each prompt, which share its reading
 * @param batchRows most rows that are decoded together
 */
public record GenerationOptions(SamplingParams sampling, Set<Integer> eosIds, int samples, int batchRows) {

    public GenerationOptions {
        eosIds = Set.copyOf(eosIds);
        if (samples < 1 || batchRows < 1) {
            throw new IllegalArgumentException("samples and batch rows must be at least 1");
        }
    }

    /** One completion of each prompt, 32 rows at a time. */
    public static GenerationOptions of(SamplingParams sampling, Set<Integer> eosIds) {
        return new GenerationOptions(sampling, eosIds, 1, 32);
    }

    int maxTokens() {
        return sampling.maxTokens() == null ? 256 : sampling.maxTokens();
    }

    boolean greedy() {
        return sampling.temperature() == null || sampling.temperature() == 0;
    }
}
