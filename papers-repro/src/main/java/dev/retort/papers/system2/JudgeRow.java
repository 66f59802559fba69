package dev.retort.papers.system2;

/**
 * A judge's verdicts on one pair in both orders.
 *
 * @param pair its id
 * @param tree the conversation tree it comes from, the cluster of its interval
 * @param first the verdict on the first order
 * @param second the verdict on the second order, as it was given there
 * @param reference the answer that people preferred, in terms of the first order: A or B
 */
public record JudgeRow(String pair, String tree, JudgeVerdict first, JudgeVerdict second, JudgeVerdict reference) {

    public JudgeRow {
        if (reference != JudgeVerdict.A && reference != JudgeVerdict.B) {
            throw new IllegalArgumentException("pair " + pair + ": the reference must be A or B, not " + reference);
        }
    }

    /** Whether a verdict could be read in both orders. */
    public boolean readable() {
        return first != JudgeVerdict.UNREADABLE && second != JudgeVerdict.UNREADABLE;
    }

    /** Whether both verdicts could be read and mean the same answer, or a tie. */
    public boolean consistent() {
        return readable() && first == second.mirrored();
    }

    /** Whether it is consistent and says that both answers are as good. */
    public boolean tie() {
        return consistent() && first == JudgeVerdict.TIE;
    }

    /** Whether it is consistent and agrees with people; a tie does not, for people's ranks have none. */
    public boolean agrees() {
        return consistent() && first == reference;
    }

    /** How many of the two verdicts, each taken by itself, agree with people: 0 to 2. */
    public int agreeingVerdicts() {
        return (first == reference ? 1 : 0) + (second == reference.mirrored() ? 1 : 0);
    }

    /** How many of the two verdicts are for the answer that was shown first: 0 to 2. */
    public int firstShown() {
        return (first == JudgeVerdict.A ? 1 : 0) + (second == JudgeVerdict.A ? 1 : 0);
    }

    /** How many of the two verdicts are for one of the answers: 0 to 2. */
    public int decidedVerdicts() {
        return firstShown() + (first == JudgeVerdict.B ? 1 : 0) + (second == JudgeVerdict.B ? 1 : 0);
    }
}
