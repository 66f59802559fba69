package dev.retort.filter;

/** What a filter says of one sample. */
public sealed interface Verdict {

    /** The sample may be trained on. */
    record Kept() implements Verdict {}

    /**
     * The sample may not be trained on.
     *
     * @param reason in kebab-case, the same for all samples that are rejected for it
     */
    record Rejected(String reason) implements Verdict {}

    static Verdict kept() {
        return new Kept();
    }

    static Verdict rejected(String reason) {
        return new Rejected(reason);
    }

    /** Kept where the condition holds, else rejected. */
    static Verdict keptIf(boolean condition, String reason) {
        return condition ? kept() : rejected(reason);
    }

    /** Whether this is {@link Kept}. */
    default boolean isKept() {
        return this instanceof Kept;
    }
}
