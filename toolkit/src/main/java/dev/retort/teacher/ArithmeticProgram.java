package dev.retort.teacher;

import dev.retort.data.Question;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Integers with + - * and parentheses, worked out one operation at a time; a trailing "mod N" is applied after every
 * operation. The expression stands alone on a line, bare or as "What is ...?", and the line may begin with "Q:".
 */
final class ArithmeticProgram implements Program {

    private static final int MOST_CHARACTERS = 2000;
    private static final int MOST_LEVELS = 50;
    private static final long MOST_VALUE = 1_000_000_000_000_000L;
    private static final Pattern LINE = Pattern.compile(
            "\\s*(?:Q:)?\\s*\"?(?:What is )?([-+*()\\d\\s]*\\d[-+*()\\d\\s]*?)(?:\\s+mod (\\d{1,9}))?\\s*[?.]?\"?\\s*");

    @Override
    public Chain solve(Question question, StepErrors errors) throws TeacherException {
        if (question.text().length() > MOST_CHARACTERS) {
            throw new TeacherException("scripted:arithmetic takes at most " + MOST_CHARACTERS + " characters; question "
                    + question.id() + " has more");
        }
        for (String line : question.text().lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                long modulus = matcher.group(2) == null ? 0 : Long.parseLong(matcher.group(2));
                if (matcher.group(2) != null && modulus == 0) {
                    throw new TeacherException("scripted:arithmetic cannot take question " + question.id() + " mod 0");
                }
                return new Working(question, matcher.group(1), modulus, errors).solve();
            }
        }
        throw new TeacherException("scripted:arithmetic cannot read question " + question.id()
                + "; it takes integers with + - * and parentheses: 12 + 3 * 4, What is 12 + 3 * 4?, (3 + 4) *"
                + " 5 mod 10");
    }

    /** Reads an expression and writes the steps down as it goes, from left to right and from the inside out. */
    private static final class Working {

        private final Question question;
        private final String expression;
        private final long modulus;
        private final StepErrors errors;
        private final StringBuilder rationale = new StringBuilder();
        private int position;
        private int level;
        private int operations;

        Working(Question question, String expression, long modulus, StepErrors errors) {
            this.question = question;
            this.expression = expression;
            this.modulus = modulus;
            this.errors = errors;
        }

        Chain solve() throws TeacherException {
            long value = sum();
            if (position < expression.length()) {
                throw unreadable();
            }
            if (operations == 0 && modulus > 0) {
                value = reduced(value);
            }
            return new Chain(rationale.toString(), Long.toString(value));
        }

        private long sum() throws TeacherException {
            long left = product();
            for (char operator = peek(); operator == '+' || operator == '-'; operator = peek()) {
                position++;
                left = operation(left, operator, product());
            }
            return left;
        }

        private long product() throws TeacherException {
            long left = operand();
            while (peek() == '*') {
                position++;
                left = operation(left, '*', operand());
            }
            return left;
        }

        private long operand() throws TeacherException {
            boolean negative = peek() == '-';
            if (negative) {
                position++;
            } else if (peek() == '(') {
                position++;
                if (++level > MOST_LEVELS) {
                    throw new TeacherException("scripted:arithmetic takes at most " + MOST_LEVELS
                            + " levels of parentheses; question " + question.id() + " has more");
                }
                long value = sum();
                if (peek() != ')') {
                    throw unreadable();
                }
                position++;
                level--;
                return value;
            }
            peek();
            int from = position;
            while (position < expression.length() && Character.isDigit(expression.charAt(position))) {
                position++;
            }
            if (position == from) {
                throw unreadable();
            }
            if (position - from > 15) {
                throw tooLarge();
            }
            long value = Long.parseLong(expression, from, position, 10);
            return negative ? -value : value;
        }

        private long operation(long left, char operator, long right) throws TeacherException {
            operations++;
            long result;
            try {
                result = switch (operator) {
                    case '+' -> Math.addExact(left, right);
                    case '-' -> Math.subtractExact(left, right);
                    default -> Math.multiplyExact(left, right);
                };
            } catch (ArithmeticException e) {
                throw tooLarge();
            }
            boolean wrong = errors.next();
            if (wrong && modulus == 0) {
                int off = 1 + errors.pick(9);
                result += errors.pick(2) == 0 ? off : -off;
            } else if (wrong && modulus > 1) {
                result += 1 + errors.pick((int) modulus - 1);
            }
            if (Math.abs(result) > MOST_VALUE) {
                throw tooLarge();
            }
            space().append(shown(left)).append(' ').append(operator).append(' ').append(shown(right));
            rationale.append(" = ").append(result);
            if (modulus == 0) {
                rationale.append('.');
                return result;
            }
            long reduced = Math.floorMod(result, modulus);
            rationale.append(", and ").append(result).append(" mod ").append(modulus);
            rationale.append(" = ").append(reduced).append('.');
            return reduced;
        }

        /** A number alone with a modulus: its reduction is the only step. */
        private long reduced(long value) {
            long reduced = Math.floorMod(value, modulus);
            if (errors.next() && modulus > 1) {
                reduced = (reduced + 1 + errors.pick((int) modulus - 1)) % modulus;
            }
            space().append(value)
                    .append(" mod ")
                    .append(modulus)
                    .append(" = ")
                    .append(reduced)
                    .append('.');
            return reduced;
        }

        private StringBuilder space() {
            return rationale.length() == 0 ? rationale : rationale.append(' ');
        }

        private static String shown(long value) {
            return value < 0 ? "(" + value + ")" : Long.toString(value);
        }

        /** The next character that is no blank, or NUL at the end. */
        private char peek() {
            while (position < expression.length() && Character.isWhitespace(expression.charAt(position))) {
                position++;
            }
            return position < expression.length() ? expression.charAt(position) : '\0';
        }

        private TeacherException unreadable() {
            return new TeacherException("scripted:arithmetic cannot read question " + question.id() + " at character "
                    + (position + 1) + " of its expression; it takes integers with + - * and parentheses");
        }

        private TeacherException tooLarge() {
            return new TeacherException(
                    "scripted:arithmetic stays within 15 digits; question " + question.id() + " leaves them");
        }
    }
}
