package dev.retort.eval;

import java.util.Arrays;

/**
 * One sum over prompts divided by another, with the standard error of the delta method: sqrt(C / (C - 1) x sum over the C
 * prompts of (above - value x below)^2) / (sum of below). The prompts are the independent draws.
 *
 * @param value NaN where the lower sum is 0
 * @param standardError NaN where the lower sum is 0 or there is one prompt only
 */
record RatioOfSums(double value, double standardError) {

    /**
     * @param above one number for every prompt
     * @param below likewise
     * @throws IllegalArgumentException where a number is not finite
     */
    static RatioOfSums of(double[] above, double[] below) {
        double upper = Arrays.stream(above).sum();
        double lower = Arrays.stream(below).sum();
        if (!Double.isFinite(upper) || !Double.isFinite(lower)) {
            throw new IllegalArgumentException(
                    "a value is infinite or NaN: one model gives a sampled token, or one that"
                            + " the other allows, no probability");
        }
        if (lower == 0) {
            return new RatioOfSums(Double.NaN, Double.NaN);
        }
        double value = upper / lower;
        double squares = 0;
        for (int i = 0; i < above.length; i++) {
            double residual = above[i] - value * below[i];
            squares += residual * residual;
        }
        double spread = Math.sqrt(above.length / (above.length - 1.0) * squares) / Math.abs(lower);
        return new RatioOfSums(value, above.length < 2 ? Double.NaN : spread);
    }
}
