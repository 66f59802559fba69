package dev.retort.train;

import java.util.Locale;

/**
 * A learning-rate schedule with Hugging Face's names and formulas.
 *
 * @param kind how the rate falls after warm-up
 * @param peak the rate at the end of warm-up
 * @param warmupSteps steps over which it rises linearly from 0
 * @param totalSteps steps of the whole training
 */
public record LearningRate(Kind kind, double peak, int warmupSteps, int totalSteps) {

    /** lr_scheduler_type. */
    public enum Kind {
        LINEAR,
        COSINE,
        CONSTANT,
        CONSTANT_WITH_WARMUP;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public LearningRate {
        if (!(peak >= 0) || !Double.isFinite(peak)) {
            throw new IllegalArgumentException("learning_rate must be a finite number of at least 0, not " + peak);
        }
        if (warmupSteps < 0 || totalSteps < 1) {
            throw new IllegalArgumentException(
                    "warm-up steps must not be negative and there must be at least one step");
        }
    }

    /** The rate of optimiser step number {@code step}, from 0. */
    public double at(int step) {
        if (kind == Kind.CONSTANT) {
            return peak;
        }
        if (step < warmupSteps) {
            return peak * step / Math.max(1, warmupSteps);
        }
        double done = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
        return switch (kind) {
            case LINEAR -> peak * Math.max(0, 1 - done);
            case COSINE -> peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * done)));
            case CONSTANT, CONSTANT_WITH_WARMUP -> peak;
        };
    }
}
