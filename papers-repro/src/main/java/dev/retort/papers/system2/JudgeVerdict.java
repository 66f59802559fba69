package dev.retort.papers.system2;

import java.util.Locale;

/** What a judge of two answers says. */
public enum JudgeVerdict {
    A,
    B,
    /** Both are as good. */
    TIE,
    /** No verdict could be read. */
    UNREADABLE;

    /**
     * Reads A, B and tie, or C for a tie, in either case and with or without the double brackets that FastChat's prompt asks
     * for. Anything else, null included, is unreadable.
     */
    public static JudgeVerdict of(String text) {
        String verdict = text == null ? "" : text.strip();
        if (verdict.startsWith("[[") && verdict.endsWith("]]")) {
            verdict = verdict.substring(2, verdict.length() - 2).strip();
        }
        return switch (verdict.toLowerCase(Locale.ROOT)) {
            case "a" -> A;
            case "b" -> B;
            case "c", "tie" -> TIE;
            default -> UNREADABLE;
        };
    }

    /** The same verdict after the two answers have changed places. */
    public JudgeVerdict mirrored() {
        return switch (this) {
            case A -> B;
            case B -> A;
            case TIE, UNREADABLE -> this;
        };
    }
}
