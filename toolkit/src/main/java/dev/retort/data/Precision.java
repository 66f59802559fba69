package dev.retort.data;

import java.util.Locale;

/** The numbers in which a model multiplies matrices. All else, its weights as they are kept included, is float32. */
public enum Precision {
    /** 24 significant bits. */
    FLOAT32,
    /** 8 significant bits, the range of float32: several times as fast where the processor multiplies them (AMX, AVX-512 BF16). */
    BFLOAT16,
    /**
     * 8-bit integers: weights by one scale for each output, activations by one for each token, sums exact. For answers, not for
     * training: results are one to two percent from those of float32, in half the time or less.
     */
    INT8;

    /** As options and names of teachers have it. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
