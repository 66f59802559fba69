package dev.retort.data;

/** The numbers in which a model multiplies matrices. All else, its weights as they are trained included, is float32. */
public enum Precision {
    /** 24 significant bits. */
    FLOAT32,
    /** 8 significant bits, the range of float32: several times as fast where the processor multiplies them (AMX, AVX-512 BF16). */
    BFLOAT16
}
