package dev.retort.papers.stepbystep;

import dev.retort.answer.SafeArithmetic;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The value of an equation that PaLM wrote, as Python's {@code eval} in Distilling step-by-step's {@code metrics.py}
 * sees it.
 *
 * <p>Beyond {@link SafeArithmetic} it knows Python's {@code and} between whole expressions, alone or inside parentheses
 * around all of them: {@code A and B} is A where A is zero, else B. PaLM joined the two answers of a question so; the
 * authors' metric then takes the last one. Every operand must have a value here, where Python skips the division by
 * zero in {@code 0 and 1 / 0}.
 */
final class EquationValue {

    private EquationValue() {}

    /** The value; empty where Python would refuse it or give something other than a finite number. */
    static OptionalDouble of(String equation) {
        if (equation.length() > SafeArithmetic.MAX_LENGTH || !equation.contains("and")) {
            return SafeArithmetic.evaluate(equation);
        }
        String text = equation.strip();
        List<String> operands = operands(text);
        for (int depth = 0; operands.size() == 1 && isWrapped(text) && depth < SafeArithmetic.MAX_DEPTH; depth++) {
            text = text.substring(1, text.length() - 1).strip();
            operands = operands(text);
        }
        OptionalDouble result = OptionalDouble.empty();
        boolean decided = false;
        for (String operand : operands) {
            OptionalDouble value = SafeArithmetic.evaluate(operand);
            if (value.isEmpty()) {
                return value;
            }
            if (!decided) {
                result = value;
                decided = value.getAsDouble() == 0;
            }
        }
        return result;
    }

    /** Whether both have a value and the values are equal, without a tolerance. */
    static boolean equal(String left, String right) {
        OptionalDouble first = of(left);
        OptionalDouble second = of(right);
        return first.isPresent() && second.isPresent() && first.getAsDouble() == second.getAsDouble();
    }

    /** The text cut at every word "and" that stands outside parentheses. */
    private static List<String> operands(String text) {
        List<String> operands = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0 && text.startsWith("and", i) && !isWord(text, i - 1) && !isWord(text, i + 3)) {
                operands.add(text.substring(start, i));
                start = i + 3;
            }
        }
        operands.add(text.substring(start));
        return operands;
    }

    private static boolean isWord(String text, int at) {
        return at >= 0 && at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_');
    }

    /** Whether the first parenthesis closes with the last character. */
    private static boolean isWrapped(String text) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth <= 0) {
                return c == ')' && depth == 0 && i == text.length() - 1;
            }
        }
        return false;
    }
}
