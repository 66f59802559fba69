package dev.retort.report;

import java.util.Locale;

/** How a measured effect stands to the published one. */
public enum Verdict {
    /** Our 95 % interval excludes zero, on the published side. */
    SAME_SIGN,
    /** Our 95 % interval excludes zero, on the other side. */
    OPPOSITE,
    /** Our 95 % interval holds zero: the minimal detectable effect says what could have been seen. */
    INCONCLUSIVE,
    /** Nothing was published that our effect could be compared with, or it was published as zero. */
    NOT_COMPARABLE;

    /**
     * The verdict by the rule of the protocol.
     *
     * @param published effect, of which only the sign counts; null where none was published
     * @param ours the measured effect
     */
    public static Verdict of(Double published, PairedEffect ours) {
        if (published == null || published.isNaN() || published == 0) {
            return NOT_COMPARABLE;
        }
        if (!(ours.low() > 0 || ours.high() < 0)) {
            return INCONCLUSIVE;
        }
        return Math.signum(published) == Math.signum(ours.effect()) ? SAME_SIGN : OPPOSITE;
    }

    /** The word in tables: kebab-case. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The verdict of a word.
     *
     * @throws IllegalArgumentException where there is none
     */
    public static Verdict ofWord(String word) {
        for (Verdict verdict : values()) {
            if (verdict.word().equals(word)) {
                return verdict;
            }
        }
        throw new IllegalArgumentException("no verdict: " + word);
    }
}
