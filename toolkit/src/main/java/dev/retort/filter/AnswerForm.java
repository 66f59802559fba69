package dev.retort.filter;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MathEquivalence;
import dev.retort.answer.NumericAnswer;
import dev.retort.data.Nearest;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/** Which answers a filter takes for one and the same. */
public enum AnswerForm {
    /** Texts by {@link AnswerText#relaxed}: case, quotes around and marks at the end do not count. */
    TEXT,
    /** The numbers that answers end in; an answer without one is none. Numbers that are not whole count to six digits. */
    NUMBER,
    /** Expressions by {@link MathEquivalence#canonical}. */
    MATH;

    private static final MathContext DIGITS = new MathContext(6);

    /** The name on the command line, in lower case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The form with a name.
     *
     * @throws IllegalArgumentException for another name; the message lists the names and the nearest one
     */
    public static AnswerForm fromName(String name) {
        List<String> titles = Arrays.stream(values()).map(AnswerForm::title).toList();
        int at = titles.indexOf(name);
        if (at < 0) {
            throw new IllegalArgumentException("no form of answers is named " + name + "; did you mean "
                    + Nearest.of(name, titles).orElse("") + "? There are " + String.join(", ", titles));
        }
        return values()[at];
    }

    /** The normal form that equal answers share, for a vote. */
    public UnaryOperator<String> normaliser() {
        return switch (this) {
            case TEXT -> AnswerText::relaxed;
            case NUMBER -> AnswerForm::number;
            case MATH -> MathEquivalence::canonical;
        };
    }

    /** Whether an answer is the reference. */
    public BiPredicate<String, String> equality() {
        return switch (this) {
            case TEXT -> (answer, reference) -> AnswerText.relaxed(answer).equals(AnswerText.relaxed(reference));
            case NUMBER -> NumericAnswer::equal;
            case MATH -> MathEquivalence::equal;
        };
    }

    private static String number(String answer) {
        OptionalDouble found = NumericAnswer.extract(answer);
        if (found.isEmpty()) {
            return "";
        }
        double value = found.getAsDouble();
        // Whole numbers are equal exactly, as NumericAnswer has it; new BigDecimal is exact.
        BigDecimal decimal = value == Math.rint(value) ? new BigDecimal(value) : new BigDecimal(value).round(DIGITS);
        return decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString();
    }
}
