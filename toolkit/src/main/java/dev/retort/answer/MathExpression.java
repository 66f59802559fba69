package dev.retort.answer;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Brings a LaTeX expression without blanks into a canonical text, exactly and without algebra: rational coefficients
 * and square roots of rationals are computed, the factors of a product and the terms of a sum are sorted. Sums are not
 * added up, products not expanded, powers of numbers not computed: an answer asked for in factored form stays one.
 */
final class MathExpression {

    private static final int MAX_DEPTH = 40;
    private static final int MAX_DIGITS = 60;
    private static final BigInteger MAX_POWER_SQUARED = BigInteger.valueOf(1_000_000);
    private static final int MAX_LETTERS_IN_A_ROW = 3;

    /** Names written without a backslash whose letters are no factors. */
    private static final List<String> FUNCTIONS = List.of(
            "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "max", "min", "gcd", "lcm", "mod", "arg");

    /** Letters that are a function and no factor when a parenthesis follows. */
    private static final String FUNCTION_LETTERS = "fghpqFGHPQ";

    /** Commands that stand for a commuting symbol. */
    private static final List<String> SYMBOLS = List.of(
            "\\pi",
            "\\alpha",
            "\\beta",
            "\\gamma",
            "\\delta",
            "\\epsilon",
            "\\theta",
            "\\lambda",
            "\\mu",
            "\\rho",
            "\\sigma",
            "\\tau",
            "\\phi",
            "\\omega",
            "\\infty");

    /** What lies outside the grammar; never leaves this class. */
    private static final class Unreadable extends Exception {
        Unreadable() {
            super(null, null, false, false);
        }
    }

    /**
     * sign * sqrt(numerator / denominator) * product of symbols to their powers. Coefficients are kept squared, so that
     * 3/sqrt(3) and sqrt(3) are one.
     */
    private record Term(int sign, BigInteger numerator, BigInteger denominator, Map<String, Integer> powers) {

        static Term ofSquare(int sign, BigInteger numerator, BigInteger denominator) {
            BigInteger divisor = numerator.gcd(denominator);
            return numerator.signum() == 0
                    ? new Term(0, BigInteger.ZERO, BigInteger.ONE, Map.of())
                    : new Term(sign, numerator.divide(divisor), denominator.divide(divisor), Map.of());
        }

        static Term ofSymbol(String name) {
            return new Term(1, BigInteger.ONE, BigInteger.ONE, Map.of(name, 1));
        }

        Term times(Term other) {
            return combined(other, 1);
        }

        Term over(Term other) throws Unreadable {
            if (other.sign == 0) {
                throw new Unreadable();
            }
            Term inverse = new Term(
                    other.sign, /* numerator= */ other.denominator, /* denominator= */ other.numerator, other.powers);
            return combined(inverse, -1);
        }

        private Term combined(Term other, int direction) {
            Term product = ofSquare(
                    sign * other.sign, numerator.multiply(other.numerator), denominator.multiply(other.denominator));
            if (product.sign == 0) {
                return product;
            }
            Map<String, Integer> all = new TreeMap<>(powers);
            other.powers.forEach((name, power) -> all.merge(name, direction * power, Integer::sum));
            all.values().removeIf(power -> power == 0);
            return new Term(product.sign, product.numerator, product.denominator, all);
        }

        Term negated() {
            return new Term(-sign, numerator, denominator, powers);
        }

        boolean isNumber() {
            return powers.isEmpty();
        }

        boolean isRational() {
            return isNumber() && isSquare(numerator) && isSquare(denominator);
        }

        boolean isInteger() {
            return isRational() && denominator.equals(BigInteger.ONE);
        }

        private static boolean isSquare(BigInteger value) {
            BigInteger root = value.sqrt();
            return root.multiply(root).equals(value);
        }

        String text() {
            StringBuilder text = new StringBuilder(sign < 0 ? "-" : "");
            if (isRational()) {
                text.append(numerator.sqrt()).append('/').append(denominator.sqrt());
            } else {
                text.append("sqrt").append(numerator).append('/').append(denominator);
            }
            powers.forEach(
                    (name, power) -> text.append('*').append(name).append('^').append(power));
            return text.toString();
        }
    }

    private final String text;
    private int position;

    private MathExpression(String text) {
        this.text = text;
    }

    /**
     * The canonical text of an expression without blanks, with {@code \frac} and {@code \sqrt} in their braced forms;
     * empty when it holds anything else than numbers, letters, common Greek letters, fractions, roots, powers,
     * subscripts, parentheses and the four operations.
     */
    static Optional<String> canonical(String expression) {
        MathExpression parser = new MathExpression(expression);
        try {
            Term term = single(parser.sum(0));
            if (parser.position < expression.length()) {
                return Optional.empty();
            }
            // A whole answer in parentheses, or a sum that is one factor, is what is inside.
            return Optional.of(isBareSum(term) ? inside(term) : term.text());
        } catch (Unreadable e) {
            return Optional.empty();
        }
    }

    private static boolean isBareSum(Term term) {
        return term.sign == 1
                && term.numerator.equals(term.denominator)
                && term.powers.size() == 1
                && term.powers.containsValue(1)
                && term.powers.keySet().iterator().next().startsWith("(");
    }

    private static String inside(Term sum) {
        String name = sum.powers.keySet().iterator().next();
        return name.substring(1, name.length() - 1);
    }

    /** A sum as one term: itself if it has one, else a symbol named by its sorted terms in parentheses. */
    private static Term single(List<Term> terms) {
        if (terms.size() == 1) {
            return terms.get(0);
        }
        List<String> texts = new ArrayList<>();
        terms.forEach(term -> texts.add(term.text()));
        Collections.sort(texts);
        return Term.ofSymbol("(" + String.join("+", texts) + ")");
    }

    private List<Term> sum(int depth) throws Unreadable {
        if (depth > MAX_DEPTH) {
            throw new Unreadable();
        }
        List<Term> terms = new ArrayList<>();
        boolean more = true;
        while (more) {
            boolean negative = false;
            if (peek() == '-' || peek() == '+') {
                negative = peek() == '-';
                position++;
            }
            Term term = product(depth);
            terms.add(negative ? term.negated() : term);
            more = peek() == '+' || peek() == '-';
        }
        return terms;
    }

    private Term product(int depth) throws Unreadable {
        Term product = factor(depth);
        // A whole number right before a proper fraction is a mixed number; only the first factor can be one.
        boolean mixable = product.isInteger() && isDigit(text.charAt(position - 1));
        while (position < text.length() && "+-)}]".indexOf(peek()) < 0) {
            boolean divided = accept("/");
            boolean explicit = !divided && (accept("\\cdot") || accept("\\times") || accept("*"));
            boolean fraction = text.startsWith("\\frac", position);
            Term factor = factor(depth);
            if (divided) {
                product = product.over(factor);
            } else if (explicit && product.isInteger() && factor.isInteger()) {
                // 2 * 3 may be asked for as a factorisation: 6 is then another answer.
                throw new Unreadable();
            } else if (mixable && !explicit && fraction && isProper(factor)) {
                product = mixed(product, factor);
            } else {
                product = product.times(factor);
            }
            mixable = false;
        }
        return product;
    }

    private static boolean isProper(Term fraction) {
        return fraction.isRational()
                && fraction.sign() > 0
                && fraction.numerator().compareTo(fraction.denominator()) < 0;
    }

    private static Term mixed(Term whole, Term fraction) {
        BigInteger denominator = fraction.denominator().sqrt();
        BigInteger numerator = whole.numerator()
                .sqrt()
                .multiply(denominator)
                .add(fraction.numerator().sqrt());
        return Term.ofSquare(1, numerator.pow(2), denominator.pow(2));
    }

    private Term factor(int depth) throws Unreadable {
        Term base = primary(depth);
        if (peek() != '^') {
            return base;
        }
        position++;
        Term exponent = script(depth);
        int power = 0;
        if (exponent.isInteger() && exponent.numerator().compareTo(MAX_POWER_SQUARED) <= 0) {
            power = exponent.sign() * exponent.numerator().sqrt().intValueExact();
        }
        if (power == 0 || base.isNumber()) {
            return Term.ofSymbol("{" + base.text() + "}^{" + exponent.text() + "}");
        }
        boolean isSymbol = base.powers().size() == 1
                && base.powers().containsValue(1)
                && base.sign() == 1
                && base.numerator().equals(base.denominator());
        String name = isSymbol ? base.powers().keySet().iterator().next() : "{" + base.text() + "}";
        return new Term(1, BigInteger.ONE, BigInteger.ONE, Map.of(name, power));
    }

    private Term primary(int depth) throws Unreadable {
        char next = peek();
        if (isDigit(next) || next == '.') {
            return number(depth);
        }
        if (isLetter(next)) {
            return letter(depth);
        }
        if (next == '(' || next == '{') {
            return group(depth, next == '(' ? ')' : '}');
        }
        if (accept("\\frac")) {
            Term numerator = argument(depth);
            return numerator.over(argument(depth));
        }
        if (accept("\\sqrt")) {
            return root(depth);
        }
        for (String symbol : SYMBOLS) {
            if (accept(symbol)) {
                return subscripted(symbol, depth);
            }
        }
        throw new Unreadable();
    }

    private Term group(int depth, char close) throws Unreadable {
        position++;
        Term inner = single(sum(depth + 1));
        if (peek() != close) {
            throw new Unreadable();
        }
        position++;
        return inner;
    }

    /** The argument of a command: a braced sum, or one digit or letter. */
    private Term argument(int depth) throws Unreadable {
        char next = peek();
        if (next == '{') {
            return group(depth, '}');
        }
        if (isDigit(next)) {
            position++;
            return integer(BigInteger.valueOf(next - '0'));
        }
        if (isLetter(next)) {
            position++;
            return Term.ofSymbol(String.valueOf(next));
        }
        throw new Unreadable();
    }

    /** What is raised or lowered: a braced sum, a whole number (people leave its braces out), a letter or a command. */
    private Term script(int depth) throws Unreadable {
        if (isDigit(peek())) {
            int start = position;
            while (isDigit(peek())) {
                position++;
            }
            return integer(digits(start, position));
        }
        return peek() == '\\' ? primary(depth + 1) : argument(depth);
    }

    private Term root(int depth) throws Unreadable {
        BigInteger index = BigInteger.TWO;
        if (accept("[")) {
            int start = position;
            while (isDigit(peek())) {
                position++;
            }
            index = digits(start, position);
            if (!accept("]")) {
                throw new Unreadable();
            }
        }
        Term inner = argument(depth);
        if (index.equals(BigInteger.TWO) && inner.isRational() && inner.sign() >= 0) {
            return Term.ofSquare(
                    inner.sign(), inner.numerator().sqrt(), inner.denominator().sqrt());
        }
        return Term.ofSymbol("root" + index + "{" + inner.text() + "}");
    }

    private Term number(int depth) throws Unreadable {
        int start = position;
        while (isDigit(peek())) {
            position++;
        }
        int point = position;
        if (peek() == '.') {
            position++;
            while (isDigit(peek())) {
                position++;
            }
        }
        if (peek() == '_') {
            return subscripted(text.substring(start, position), depth);
        }
        int decimals = Math.max(0, position - point - 1);
        String literal = text.substring(start, point) + text.substring(position - decimals, position);
        if (literal.isEmpty() || literal.length() > MAX_DIGITS) {
            throw new Unreadable();
        }
        BigInteger scale = BigInteger.TEN.pow(decimals);
        return Term.ofSquare(1, new BigInteger(literal).pow(2), scale.pow(2));
    }

    private Term letter(int depth) throws Unreadable {
        int end = position;
        while (end < text.length() && isLetter(text.charAt(end))) {
            end++;
        }
        String run = text.substring(position, end);
        boolean isCall = end < text.length()
                && text.charAt(end) == '('
                && FUNCTION_LETTERS.indexOf(run.charAt(run.length() - 1)) >= 0;
        if (isCall || run.length() > MAX_LETTERS_IN_A_ROW || FUNCTIONS.stream().anyMatch(run::contains)) {
            // Words and calls: their letters do not commute.
            throw new Unreadable();
        }
        position++;
        return subscripted(run.substring(0, 1), depth);
    }

    private Term subscripted(String name, int depth) throws Unreadable {
        if (!accept("_")) {
            return Term.ofSymbol(name);
        }
        return Term.ofSymbol(name + "_{" + script(depth).text() + "}");
    }

    private BigInteger digits(int start, int end) throws Unreadable {
        if (start == end || end - start > MAX_DIGITS) {
            throw new Unreadable();
        }
        return new BigInteger(text.substring(start, end));
    }

    private static Term integer(BigInteger value) {
        return Term.ofSquare(1, value.pow(2), BigInteger.ONE);
    }

    private boolean accept(String token) {
        boolean found = text.startsWith(token, position);
        if (found) {
            position += token.length();
        }
        return found;
    }

    private char peek() {
        return position < text.length() ? text.charAt(position) : 0;
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static boolean isLetter(char character) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    }
}
