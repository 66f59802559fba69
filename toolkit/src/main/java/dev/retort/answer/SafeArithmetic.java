package dev.retort.answer;

import java.util.OptionalDouble;

/**
 * Evaluates a model's arithmetic without a script engine: {@code + - * /}, parentheses, signs, decimals and exponents.
 * It stands in for the {@code eval} of Distilling step-by-step's {@code metrics.py} (SVAMP): what Python would refuse,
 * such as an integer with leading zeros, is refused here; so is the rest of Python, such as {@code **} and {@code //}.
 */
public final class SafeArithmetic {

    /** The longest text that is looked at, in characters. */
    public static final int MAX_LENGTH = 4_096;

    /** The deepest nesting of parentheses. */
    public static final int MAX_DEPTH = 200;

    private final String text;
    private int position;
    private boolean failed;

    private SafeArithmetic(String text) {
        this.text = text;
    }

    /**
     * The value of an expression; empty when it does not parse, is longer or deeper than the limits, divides by zero,
     * or is not finite.
     */
    public static OptionalDouble evaluate(String expression) {
        if (expression == null || expression.length() > MAX_LENGTH) {
            return OptionalDouble.empty();
        }
        SafeArithmetic parser = new SafeArithmetic(expression);
        double value = parser.sum(0);
        parser.skipBlanks();
        if (parser.failed || parser.position < expression.length() || !Double.isFinite(value)) {
            return OptionalDouble.empty();
        }
        // Adding zero turns -0.0 into 0.0, the only other double equal to it.
        return OptionalDouble.of(value + 0.0);
    }

    /**
     * Whether both evaluate to the same number: the SVAMP metric of Distilling step-by-step, where what does not
     * evaluate is NaN and NaN equals nothing. As in the authors' code there is no tolerance: the doubles must be equal,
     * so {@code 0.1 + 0.2} is not {@code 0.3}.
     */
    public static boolean equalValues(String prediction, String reference) {
        OptionalDouble predicted = evaluate(prediction);
        OptionalDouble expected = evaluate(reference);
        return predicted.isPresent() && expected.isPresent() && predicted.getAsDouble() == expected.getAsDouble();
    }

    private double sum(int depth) {
        double value = product(depth);
        while (!failed) {
            char operator = next();
            if (operator != '+' && operator != '-') {
                break;
            }
            position++;
            double right = product(depth);
            value = operator == '+' ? value + right : value - right;
        }
        return value;
    }

    private double product(int depth) {
        double value = signed(depth);
        while (!failed) {
            char operator = next();
            if (operator != '*' && operator != '/') {
                break;
            }
            position++;
            double right = signed(depth);
            if (operator == '/' && right == 0) {
                return fail();
            }
            value = operator == '*' ? value * right : value / right;
        }
        return value;
    }

    private double signed(int depth) {
        boolean negative = false;
        char sign = next();
        while (sign == '-' || sign == '+') {
            negative ^= sign == '-';
            position++;
            sign = next();
        }
        double value = sign == '(' ? parenthesised(depth) : number();
        return negative ? -value : value;
    }

    private double parenthesised(int depth) {
        if (depth >= MAX_DEPTH) {
            return fail();
        }
        position++;
        double value = sum(depth + 1);
        if (failed || next() != ')') {
            return fail();
        }
        position++;
        return value;
    }

    private double number() {
        int start = position;
        int whole = digits();
        int decimals = 0;
        boolean integer = true;
        if (position < text.length() && text.charAt(position) == '.') {
            position++;
            decimals = digits();
            integer = false;
        }
        if (whole + decimals == 0) {
            return fail();
        }
        if (position < text.length() && (text.charAt(position) == 'e' || text.charAt(position) == 'E')) {
            position++;
            if (position < text.length() && (text.charAt(position) == '+' || text.charAt(position) == '-')) {
                position++;
            }
            if (digits() == 0) {
                return fail();
            }
            integer = false;
        }
        String literal = text.substring(start, position);
        if (integer && literal.length() > 1 && literal.charAt(0) == '0' && !allZeros(literal)) {
            return fail();
        }
        return Double.parseDouble(literal);
    }

    private int digits() {
        int start = position;
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            position++;
        }
        return position - start;
    }

    private static boolean allZeros(String literal) {
        return literal.chars().allMatch(digit -> digit == '0');
    }

    /** The next character that is not a blank, or 0 at the end; blanks before it are consumed. */
    private char next() {
        skipBlanks();
        return position < text.length() ? text.charAt(position) : 0;
    }

    private void skipBlanks() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private double fail() {
        failed = true;
        return Double.NaN;
    }
}
