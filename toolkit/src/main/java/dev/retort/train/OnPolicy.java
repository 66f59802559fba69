package dev.retort.train;

import dev.retort.batch.TokenExample;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Steps that learn from the student's own completions: GKD, Agarwal et al. 2023, arXiv 2306.13649, algorithm 1. With probability
 * {@code lmbda} a step's completions are sampled from the student as it is then, else they are the data's. No gradient goes
 * through sampling.
 */
public final class OnPolicy {

    private static final int ROWS = 32;

    private final LoadedModel student;
    private final double lmbda;
    private final SamplingParams sampling;
    private final long seed;

    /**
     * @param student decoder-only
     * @param lmbda in [0, 1]
     * @param sampling temperature and most tokens of a completion
     */
    public OnPolicy(LoadedModel student, double lmbda, SamplingParams sampling, long seed) {
        if (!(lmbda >= 0 && lmbda <= 1)) {
            throw new IllegalArgumentException("lmbda must be 0 to 1, not " + lmbda);
        }
        this.student = student;
        this.lmbda = lmbda;
        this.sampling = sampling;
        this.seed = seed;
    }

    /**
     * What a step learns from.
     *
     * @param examples of the data: what lies before an example's first label is its prompt
     * @param step its number, from 0
     * @param stop as of {@link Generator#withStop}
     */
    List<TokenExample> of(List<TokenExample> examples, int step, BooleanSupplier stop) {
        if (lmbda < 1 && SeededRandom.of(seed, "on-policy", step).nextDouble() >= lmbda) {
            return examples;
        }
        List<int[]> prompts = examples.stream().map(OnPolicy::prompt).toList();
        long[] seeds = new long[prompts.size()];
        Arrays.setAll(seeds, i -> SeededRandom.seedOf(seed, "completion", step, i));
        GenerationOptions options = new GenerationOptions(sampling, student.eosIds(), 1, ROWS);
        List<TokenExample> sampled = new ArrayList<>();
        new Generator(student.model(), student.tokenizer())
                .withStop(stop)
                .generate(prompts, seeds, options)
                .forEach(completion -> {
                    TokenExample example = examples.get(completion.prompt());
                    sampled.add(TokenExample.of(
                            example.id(),
                            example.kind(),
                            example.weight(),
                            prompts.get(completion.prompt()),
                            completion.ids()));
                });
        return sampled;
    }

    /** What lies before an example's first label. */
    static int[] prompt(TokenExample example) {
        int length = 0;
        while (length < example.labels().length && example.labels()[length] == TokenExample.IGNORED) {
            length++;
        }
        return Arrays.copyOf(example.input(), length);
    }

    /** Its settings: what must be the same where a training goes on. */
    @Override
    public String toString() {
        return "OnPolicy[lmbda=" + lmbda + ", " + sampling + ", seed=" + seed + "]";
    }
}
