package dev.retort.teacher;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The System 2 methods of Distilling System 2 into System 1 (arXiv 2407.06023, section 4), as recipes name them. */
public enum System2Method {
    /** {@link RephraseAndRespond} in one call, with its authors' specification for the cut. */
    RAR_1_STEP,
    /** {@link RephraseAndRespond} in two calls, with its authors' specification for the cut. */
    RAR_2_STEP,
    /** {@link System2Attention}. */
    S2A,
    /** {@link BranchSolveMerge} with three criteria, scores from 1 to 5 and their sum; takes the cut verdict only. */
    BSM,
    /** {@link ChainOfThought}. */
    COT;

    /** The name in recipes and on the command line: rar-1-step, rar-2-step, s2a, bsm, cot. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The method of a name.
     *
     * @throws IllegalArgumentException for another name; the message lists the names and the nearest one
     */
    public static System2Method of(String kebabName) {
        List<String> titles = Arrays.stream(values()).map(System2Method::title).toList();
        int at = titles.indexOf(kebabName);
        if (at < 0) {
            throw new IllegalArgumentException("unknown System 2 method \"" + kebabName + "\": did you mean "
                    + Nearest.of(kebabName, titles).orElseThrow() + "? The methods are " + String.join(", ", titles));
        }
        return values()[at];
    }

    /**
     * The method around a teacher, which is closed with it.
     *
     * @param cut how the answer is cut from the last text
     * @throws IllegalArgumentException where the method cannot go with the cut
     */
    public System2Teacher around(Teacher base, AnswerCut cut) {
        return switch (this) {
            case RAR_1_STEP -> RephraseAndRespond.oneStep(base, cut, RephraseAndRespond.specification(cut));
            case RAR_2_STEP -> RephraseAndRespond.twoStep(base, cut, RephraseAndRespond.specification(cut));
            case S2A -> System2Attention.of(base, cut);
            case BSM -> {
                if (cut != AnswerCut.VERDICT) {
                    throw new IllegalArgumentException("bsm gives a verdict: its cut is verdict, not " + cut.title());
                }
                yield BranchSolveMerge.of(base);
            }
            case COT -> ChainOfThought.of(base, cut);
        };
    }
}
