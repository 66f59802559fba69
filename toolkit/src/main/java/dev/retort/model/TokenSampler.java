package dev.retort.model;

import dev.retort.data.SamplingParams;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Draws one token from probabilities. Filters act as in transformers: after the temperature top-k, then top-p (the smallest set of
 * most probable tokens whose mass reaches it).
 */
final class TokenSampler {

    /** Nearly all of a prediction's mass lies in tokens above this, which are few. */
    private static final float LIKELY = 1e-4f;

    private TokenSampler() {}

    /**
     * Draws over what top-k and top-p leave.
     *
     * @param probabilities softmax(logits / temperature), V of them from {@code from} on
     */
    static int sample(float[] probabilities, int from, int size, SamplingParams params, SplittableRandom random) {
        double total = 0;
        for (int i = from; i < from + size; i++) {
            total += probabilities[i];
        }
        float least = 0;
        if ((params.topK() != null && params.topK() < size) || (params.topP() != null && params.topP() < 1)) {
            least = threshold(probabilities, from, size, total, params);
            total = 0;
            for (int i = from; i < from + size; i++) {
                total += probabilities[i] < least ? 0 : probabilities[i];
            }
        }
        double target = random.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < size; i++) {
            float mass = probabilities[from + i];
            if (mass > 0 && mass >= least) {
                last = i;
                target -= mass;
                if (target < 0) {
                    return i;
                }
            }
        }
        return last;
    }

    /** The smallest probability that stays; tokens of equal probability stay together. */
    static float threshold(float[] probabilities, int from, int size, double total, SamplingParams params) {
        float[] likely = sorted(probabilities, from, size, LIKELY);
        int kept = kept(likely, size, total, params);
        if (kept > 0) {
            return likely[likely.length - kept];
        }
        float[] all = sorted(probabilities, from, size, 0);
        return all[size - kept(all, size, total, params)];
    }

    private static float[] sorted(float[] probabilities, int from, int size, float least) {
        float[] chosen = new float[size];
        int count = 0;
        for (int i = from; i < from + size; i++) {
            if (probabilities[i] >= least) {
                chosen[count++] = probabilities[i];
            }
        }
        Arrays.sort(chosen, 0, count);
        return Arrays.copyOf(chosen, count);
    }

    /** How many of the most probable stay; 0 where the given ones, of so many in all, do not suffice to tell. */
    private static int kept(float[] sorted, int size, double total, SamplingParams params) {
        int most = params.topK() == null ? size : Math.min(params.topK(), size);
        if (most < size && sorted.length < most) {
            return 0;
        }
        if (params.topP() == null || params.topP() >= 1) {
            return most;
        }
        double mass = total;
        if (most < size) {
            mass = 0;
            for (int n = 1; n <= most; n++) {
                mass += sorted[sorted.length - n];
            }
        }
        double reached = 0;
        int n = 0;
        while (n < most && reached < params.topP() * mass) {
            if (n == sorted.length) {
                return 0;
            }
            n++;
            reached += sorted[sorted.length - n];
        }
        return Math.max(1, n);
    }
}
