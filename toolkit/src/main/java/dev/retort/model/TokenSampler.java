package dev.retort.model;

import dev.retort.data.SamplingParams;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Draws one token from logits. Filters act as in transformers: temperature, then top-k, then top-p (the smallest set of most
 * probable tokens whose mass reaches it).
 */
final class TokenSampler {

    private TokenSampler() {}

    /** The index of the largest of V logits; the first among equals. */
    static int greedy(float[] logits, int from, int size) {
        int best = 0;
        for (int i = 1; i < size; i++) {
            if (logits[from + i] > logits[from + best]) {
                best = i;
            }
        }
        return best;
    }

    /** Draws from softmax(logits / temperature) over what top-k and top-p leave. */
    static int sample(float[] logits, int from, int size, SamplingParams params, SplittableRandom random) {
        double temperature = params.temperature();
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            max = Math.max(max, logits[from + i]);
        }
        double[] mass = new double[size];
        double total = 0;
        for (int i = 0; i < size; i++) {
            mass[i] = Math.exp((logits[from + i] - max) / temperature);
            total += mass[i];
        }
        boolean cut = (params.topK() != null && params.topK() < size) || (params.topP() != null && params.topP() < 1);
        if (cut) {
            double threshold = threshold(mass, total, params);
            total = 0;
            for (int i = 0; i < size; i++) {
                if (mass[i] < threshold) {
                    mass[i] = 0;
                }
                total += mass[i];
            }
        }
        double target = random.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < size; i++) {
            if (mass[i] > 0) {
                last = i;
                target -= mass[i];
                if (target < 0) {
                    return i;
                }
            }
        }
        return last;
    }

    /** The smallest mass that stays; tokens of equal mass stay together. */
    private static double threshold(double[] mass, double total, SamplingParams params) {
        double[] sorted = mass.clone();
        Arrays.sort(sorted);
        int kept = sorted.length;
        double keptMass = total;
        if (params.topK() != null && params.topK() < sorted.length) {
            kept = params.topK();
            keptMass = 0;
            for (int i = 0; i < kept; i++) {
                keptMass += sorted[sorted.length - 1 - i];
            }
        }
        if (params.topP() != null && params.topP() < 1) {
            double reached = 0;
            int n = 0;
            while (n < kept && reached < params.topP() * keptMass) {
                reached += sorted[sorted.length - 1 - n];
                n++;
            }
            kept = Math.max(1, n);
        }
        return sorted[sorted.length - kept];
    }
}
