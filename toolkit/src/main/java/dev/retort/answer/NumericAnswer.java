package dev.retort.answer;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The number that a completion ends in. Currency and percent signs are passed over (50% is 50); thousands separators,
 * decimals, exponents, powers of ten, fractions and mixed numbers are read, in plain text and in LaTeX.
 */
public final class NumericAnswer {

    /** The relative difference up to which two numbers, not both whole, are equal. */
    public static final double TOLERANCE = 1e-6;

    private static final Pattern GSM8K_MARKER = Pattern.compile("####[ \\t]*+[-$\u20ac\u00a3\\\\]*+(?=\\.?\\d)");
    private static final Pattern HEADING = Pattern.compile("[.):][ \\t]+\\S");

    private static final Pattern START = Pattern.compile("\\d|\\.\\d|\\\\[dt]?frac");
    private static final Pattern LITERAL = Pattern.compile(
            "(?:\\d{1,3}(?:,\\d{3})++(?!\\d)|\\d++)(?:\\.\\d++)?+(?:[eE][-+]?\\d{1,3}+(?![\\dA-Za-z]))?+|\\.\\d++");
    private static final Pattern WHOLE = Pattern.compile("\\d++");
    private static final Pattern LATEX_FRACTION =
            Pattern.compile("\\s?\\\\[dt]?frac(?:\\{(-?)(\\d{1,15})\\}\\{(\\d{1,15})\\}|()(\\d)(\\d))");
    private static final Pattern MIXED_FRACTION = Pattern.compile("\\s(\\d{1,15})/(\\d{1,15}+)(?!/)");
    private static final Pattern DIVISOR = Pattern.compile("\\s?/\\s?(\\d{1,15}+)(?![/\\d]|[.,]\\d)");
    private static final Pattern POWER_OF_TEN =
            Pattern.compile("\\s?(?:\\\\times|\\\\cdot|\u00d7|\\*|x)\\s?10\\s?\\^\\s?\\{?+(-?\\d{1,3}+)\\}?+");

    private final String text;
    private int end;

    private NumericAnswer(String text) {
        this.text = text;
    }

    /**
     * The number a completion gives as its answer: the first one behind GSM8K's {@code ####} (its authors' rule), else
     * the last one in the last {@code \boxed{}}, else the last one in the text; empty when there is none.
     */
    public static OptionalDouble extract(String completion) {
        String text = completion
                .replace('\u2212', '-')
                .replace("{,}", ",")
                .replace("\\!", "")
                .replace("\\,", "");
        NumericAnswer reader = new NumericAnswer(text);
        Matcher marker = GSM8K_MARKER.matcher(text);
        while (marker.find()) {
            OptionalDouble value = reader.numberAt(marker.end());
            // "#### 1. Add the prices" is a heading, not an answer.
            if (value.isPresent() && !reader.at(HEADING, reader.end).lookingAt()) {
                return value;
            }
        }
        Optional<String> boxed = MathEquivalence.lastBoxed(text);
        return boxed.map(NumericAnswer::new).orElse(reader).lastNumber();
    }

    /** Whether both texts give a number and the two are {@link #close}. */
    public static boolean equal(String prediction, String reference) {
        OptionalDouble predicted = extract(prediction);
        OptionalDouble expected = extract(reference);
        return predicted.isPresent() && expected.isPresent() && close(predicted.getAsDouble(), expected.getAsDouble());
    }

    /**
     * Whether two numbers are equal: whole ones exactly, others up to {@link #TOLERANCE} of the larger magnitude, so
     * that 0.333333 is 1/3 but 1000001 is not 1000000.
     */
    public static boolean close(double first, double second) {
        if (first == second) {
            return true;
        }
        boolean bothWhole = first == Math.rint(first) && second == Math.rint(second);
        return !bothWhole && Math.abs(first - second) <= TOLERANCE * Math.max(Math.abs(first), Math.abs(second));
    }

    private OptionalDouble lastNumber() {
        OptionalDouble last = OptionalDouble.empty();
        Matcher start = START.matcher(text);
        int from = 0;
        while (from < text.length() && start.find(from)) {
            OptionalDouble value = numberAt(start.start());
            last = value.isPresent() ? value : last;
            from = Math.max(end, start.end());
        }
        return last;
    }

    /** The number that starts at an index, its sign before it included; empty when it is not finite. Sets the end. */
    private OptionalDouble numberAt(int start) {
        end = start;
        double magnitude = text.charAt(start) == '\\' ? latexFraction(start) : plainNumber(start);
        if (!Double.isFinite(magnitude)) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(isNegative(start) ? 0 - magnitude : magnitude);
    }

    /** NaN when there is none. */
    private double latexFraction(int start) {
        Matcher fraction = at(LATEX_FRACTION, start);
        if (!fraction.lookingAt()) {
            return Double.NaN;
        }
        boolean braced = fraction.group(2) != null;
        double numerator = Double.parseDouble(fraction.group(braced ? 2 : 5));
        double denominator = Double.parseDouble(fraction.group(braced ? 3 : 6));
        end = fraction.end();
        boolean negative = braced && !fraction.group(1).isEmpty();
        return (negative ? -numerator : numerator) / denominator;
    }

    /** NaN when there is none. */
    private double plainNumber(int start) {
        Matcher literal = at(LITERAL, start);
        if (!literal.lookingAt()) {
            return Double.NaN;
        }
        double value = Double.parseDouble(literal.group().replace(",", ""));
        int literalEnd = literal.end();
        end = literalEnd;
        if (WHOLE.matcher(literal.group()).matches()) {
            double fraction = properFraction(literalEnd);
            if (fraction > 0) {
                return value + fraction;
            }
        }
        end = literalEnd;
        Matcher power = at(POWER_OF_TEN, literalEnd);
        if (power.lookingAt()) {
            end = power.end();
            return value * Math.pow(10, Integer.parseInt(power.group(1)));
        }
        Matcher divisor = at(DIVISOR, literalEnd);
        // Behind a slash it is part of a date.
        boolean isFraction = divisor.lookingAt() && (start == 0 || text.charAt(start - 1) != '/');
        if (isFraction && Double.parseDouble(divisor.group(1)) != 0) {
            end = divisor.end();
            return value / Double.parseDouble(divisor.group(1));
        }
        return value;
    }

    /** The proper fraction that makes a mixed number of the whole one before it, or 0. Sets the end. */
    private double properFraction(int start) {
        double fraction = latexFraction(start);
        Matcher mixed = at(MIXED_FRACTION, start);
        if (mixed.lookingAt()) {
            fraction = Double.parseDouble(mixed.group(1)) / Double.parseDouble(mixed.group(2));
            end = mixed.end();
        }
        return fraction > 0 && fraction < 1 ? fraction : 0;
    }

    /**
     * A minus is a sign when it touches the number and follows no number, word or bracket; one with a blank behind it
     * only after an equals sign or an opening bracket.
     */
    private boolean isNegative(int start) {
        int minus = start - 1;
        while (minus >= 0 && "$\u20ac\u00a3\\".indexOf(text.charAt(minus)) >= 0) {
            minus--;
        }
        boolean touching = minus >= 0 && text.charAt(minus) == '-';
        while (minus >= 0 && text.charAt(minus) == ' ') {
            minus--;
        }
        if (minus < 0 || text.charAt(minus) != '-') {
            return false;
        }
        int before = minus - 1;
        if (touching) {
            return before < 0
                    || !(Character.isLetterOrDigit(text.charAt(before)) || ")]}%".indexOf(text.charAt(before)) >= 0);
        }
        while (before >= 0 && text.charAt(before) == ' ') {
            before--;
        }
        return before >= 0 && "=([{".indexOf(text.charAt(before)) >= 0;
    }

    private Matcher at(Pattern pattern, int index) {
        return pattern.matcher(text).region(index, text.length());
    }
}
