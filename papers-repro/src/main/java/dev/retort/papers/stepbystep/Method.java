package dev.retort.papers.stepbystep;

import java.util.Locale;

/** The rows of the paper's tables, and our controls. */
enum Method {
    /** Labels only, no prefix: the paper's baseline. */
    STANDARD_FINETUNING,
    /** Labels and rationales, told apart by a prefix (equations 1, 3 and 4). */
    STEP_BY_STEP,
    /** As step-by-step with every rationale given to another question. Our control: is it what rationales say? */
    STEP_BY_STEP_SHUFFLED,
    /** As step-by-step where rationales are noise. Our control. */
    STEP_BY_STEP_NOISE;

    /** The name in files. */
    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean hasRationales() {
        return this != STANDARD_FINETUNING;
    }

    /** The task whose samples the method learns from. */
    String task() {
        return this == STEP_BY_STEP_NOISE ? KindsWorld.NOISE : KindsWorld.INFORMATIVE;
    }
}
