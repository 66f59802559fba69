package dev.retort.answer;

/** What a {@link RationaleParser} makes of a chain-of-thought completion. */
public sealed interface RationaleAndLabel {

    /**
     * The two parts.
     *
     * @param rationale not blank, without the phrase that leads to the label
     * @param label not blank, one line
     */
    record Parsed(String rationale, String label) implements RationaleAndLabel {}

    /**
     * The completion has not the form that was shown.
     *
     * @param reason one of the constants of {@link RationaleParser}, in kebab-case
     */
    record Unparsed(String reason) implements RationaleAndLabel {}
}
