package dev.retort.answer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Equality of short mathematical answers in LaTeX, as in the MATH data set. {@link #hendrycksEqual} is the rule of its
 * authors (Hendrycks et al., 2021, {@code math_equivalence.py}), which the NAT paper uses too; {@link #equal} holds
 * wherever that rule holds, and also where the two answers have one {@link #canonical} form.
 */
public final class MathEquivalence {

    /** Longer answers are compared as they stand. */
    private static final int MAX_LENGTH = 10_000;

    /** Longer answers are compared by the string rules alone. */
    private static final int MAX_CANONICAL_LENGTH = 1_000;

    private static final int MAX_NESTING = 20;

    private static final Pattern UNBRACED_BOX = Pattern.compile("-?(?:\\d++(?:\\.\\d++)?+|[A-Za-z])");
    private static final Pattern PLAIN_RATIO = Pattern.compile("(-?[1-9][0-9]*+|0)/(-?[1-9][0-9]*+|0)");

    private static final Pattern IGNORED = Pattern.compile("[$~\u00b0\\s]|\\\\(?:[,;:]|displaystyle|quad|limits)");
    private static final Pattern EMPTY_ROOT = Pattern.compile("\\\\sqrt\\{\\}([0-9A-Za-z])");
    private static final Pattern TEXT_COMMAND =
            Pattern.compile("\\\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|operatorname)\\{");
    private static final Pattern POWER_OF_UNIT = Pattern.compile("\\^(?:[23]|\\{[23]\\})");
    private static final Pattern BRACED_SCRIPT = Pattern.compile("([\\^_])\\{([0-9A-Za-z])\\}");
    private static final Pattern NAMED =
            Pattern.compile("(?:[A-Za-z]{1,3}(?:\\([A-Za-z](?:,[A-Za-z])*+\\))?+|\\([A-Za-z](?:,[A-Za-z])*+\\))=");
    private static final Pattern MEMBER = Pattern.compile("[A-Za-z]\\\\in(?=[(\\[\\\\{])");
    private static final Pattern GROUPED_THOUSANDS = Pattern.compile("-?\\d{1,3}(?:,\\d{3})++(?![\\d,])");
    private static final Pattern LETTERS = Pattern.compile("[A-Za-z]++");

    private MathEquivalence() {}

    /**
     * The content of the last {@code \boxed{...}} of a solution, or of its last {@code \fbox{...}} when there is no
     * box; empty when there is neither, or its braces do not close. Escaped braces do not count, and {@code \boxed 3}
     * gives its number or letter: two gold solutions of MATH have no more (the authors take both for missing).
     */
    public static Optional<String> lastBoxed(String text) {
        String command = "\\boxed";
        int start = text.lastIndexOf(command);
        if (start < 0) {
            command = "\\fbox";
            start = text.lastIndexOf(command);
        }
        if (start < 0) {
            return Optional.empty();
        }
        int content = start + command.length();
        while (content < text.length() && Character.isWhitespace(text.charAt(content))) {
            content++;
        }
        if (content < text.length() && text.charAt(content) == '{') {
            int end = closing(text, content);
            return end < 0 ? Optional.empty() : Optional.of(text.substring(content + 1, end));
        }
        Matcher unbraced = UNBRACED_BOX.matcher(text).region(content, text.length());
        return unbraced.lookingAt() ? Optional.of(unbraced.group()) : Optional.empty();
    }

    /**
     * Whether two answers are equal by the MATH authors' string rules alone. Where their code fails on an answer it
     * falls back on plain equality, and so does this.
     */
    public static boolean hendrycksEqual(String prediction, String reference) {
        Optional<String> first = hendrycksForm(prediction);
        Optional<String> second = hendrycksForm(reference);
        boolean formed = first.isPresent() && second.isPresent();
        return formed ? first.equals(second) : prediction.equals(reference);
    }

    /** Whether two answers have one {@link #canonical} form. */
    public static boolean equal(String prediction, String reference) {
        return prediction.equals(reference) || canonical(prediction).equals(canonical(reference));
    }

    /**
     * Whether two solutions, or two bare answers, come to the same: their last boxes are compared, and the whole text
     * of one that has no {@code \boxed} or {@code \fbox} at all. A box whose braces do not close equals nothing.
     */
    public static boolean sameAnswer(String prediction, String reference) {
        Optional<String> predicted = boxOrWhole(prediction);
        Optional<String> expected = boxOrWhole(reference);
        return predicted.isPresent() && expected.isPresent() && equal(predicted.get(), expected.get());
    }

    private static Optional<String> boxOrWhole(String text) {
        boolean hasBox = text.contains("\\boxed") || text.contains("\\fbox");
        return hasBox ? lastBoxed(text) : Optional.of(text);
    }

    /**
     * The form that equal answers share, for grouping and voting; not for display.
     *
     * <p>The authors' rules come first. Beyond them: decimals, fractions and mixed numbers are exact rationals;
     * thousands separators go; {@code \frac{-1}{2}} is {@code -\frac{1}{2}}; a root of a rational in a denominator is
     * moved up; factors of a product and terms of a sum may stand in any order, but nothing is expanded, factored or
     * added up; tuples and intervals are compared element by element; sets, unions and bare comma lists (not of words)
     * in any order; {@code \text} and its like are unwrapped, and cut where they name a unit; the name before a single
     * {@code =} goes when it has up to three letters or lists variables; parentheses around the whole, final points and
     * dollar signs go; {@code x^{2}} is {@code x^2}; words are compared without case.
     */
    public static String canonical(String answer) {
        String form = hendrycksForm(answer).orElse(answer.strip());
        if (form.length() > MAX_CANONICAL_LENGTH) {
            return form;
        }
        String whole = unnamed(tidied(form));
        List<String> parts = split(whole, "\\cup");
        List<String> forms = new ArrayList<>();
        parts.forEach(part -> forms.add(element(part, 0)));
        Collections.sort(forms);
        return String.join("\\cup", forms);
    }

    /** The normal form of the authors' rules; empty where their code would fail. */
    static Optional<String> hendrycksForm(String answer) {
        if (answer.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String text = answer.replace("\n", "")
                .replace("\\!", "")
                .replace("\\\\", "\\")
                .replace("tfrac", "frac")
                .replace("dfrac", "frac")
                .replace("\\left", "")
                .replace("\\right", "")
                .replace("^{\\circ}", "")
                .replace("^\\circ", "")
                .replace("\\$", "");
        int unit = text.indexOf("\\text{ ");
        if (unit >= 0) {
            if (text.indexOf("\\text{ ", unit + 1) >= 0) {
                return Optional.empty();
            }
            text = text.substring(0, unit);
        }
        text = text.replace("\\%", "").replace("%", "").replace(" .", " 0.").replace("{.", "{0.");
        if (text.startsWith(".")) {
            text = "0" + text;
        }
        int equals = text.indexOf('=');
        if (equals >= 0 && equals == text.lastIndexOf('=') && text.codePointCount(0, equals) <= 2) {
            text = text.substring(equals + 1);
        }
        Optional<String> rooted = bracedRoots(text);
        Optional<String> braced = rooted.flatMap(value -> bracedFractions(value.replace(" ", "")));
        return braced.map(MathEquivalence::halfAndRatio);
    }

    private static Optional<String> bracedRoots(String text) {
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf("\\sqrt"); at >= 0; at = text.indexOf("\\sqrt", from)) {
            int argument = at + "\\sqrt".length();
            if (argument == text.length() || text.startsWith("\\sqrt", argument)) {
                return Optional.empty();
            }
            result.append(text, from, argument);
            from = argument;
            if (text.charAt(argument) != '{') {
                from = text.offsetByCodePoints(argument, 1);
                result.append('{').append(text, argument, from).append('}');
            }
        }
        return Optional.of(result.append(text, from, text.length()).toString());
    }

    private static Optional<String> bracedFractions(String text) {
        StringBuilder result = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf("\\frac"); at >= 0; at = text.indexOf("\\frac", from)) {
            int argument = at + "\\frac".length();
            int next = text.indexOf("\\frac", argument);
            int end = next < 0 ? text.length() : next;
            if (argument == end) {
                return Optional.empty();
            }
            result.append(text, from, argument);
            from = argument;
            if (text.charAt(argument) != '{') {
                if (text.codePointCount(argument, end) < 2) {
                    return Optional.of(text);
                }
                int second = text.offsetByCodePoints(argument, 1);
                result.append('{').append(text, argument, second).append('}');
                from = second;
                if (text.charAt(second) != '{') {
                    from = text.offsetByCodePoints(second, 1);
                    result.append('{').append(text, second, from).append('}');
                }
            }
        }
        return Optional.of(result.append(text, from, text.length()).toString());
    }

    private static String halfAndRatio(String text) {
        if (text.equals("0.5")) {
            return "\\frac{1}{2}";
        }
        Matcher ratio = PLAIN_RATIO.matcher(text);
        return ratio.matches() ? "\\frac{" + ratio.group(1) + "}{" + ratio.group(2) + "}" : text;
    }

    /** Drops what does not matter to the reader: dollar signs, spacing, text commands, units, final marks. */
    private static String tidied(String form) {
        String text = form.replace('\u2212', '-').replace("{,}", ",");
        text = withoutTextCommands(IGNORED.matcher(text).replaceAll("")).replace(';', ',');
        text = BRACED_SCRIPT.matcher(text).replaceAll("$1$2");
        // The rule for roots has put the blank of "\\sqrt 3" between the braces.
        text = EMPTY_ROOT.matcher(text).replaceAll("\\\\sqrt{$1}");
        int end = text.length();
        while (end > 0 && ".,:".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.substring(0, end);
    }

    private static String withoutTextCommands(String text) {
        StringBuilder result = new StringBuilder();
        Matcher command = TEXT_COMMAND.matcher(text);
        int from = 0;
        while (from < text.length() && command.find(from)) {
            int end = closing(text, command.end() - 1);
            if (end < 0) {
                break;
            }
            result.append(text, from, command.start());
            String inside = text.substring(command.end(), end);
            boolean isLast = end + 1 == text.length()
                    || POWER_OF_UNIT
                            .matcher(text)
                            .region(end + 1, text.length())
                            .matches();
            if (isLast && isUnit(inside) && result.chars().anyMatch(Character::isDigit)) {
                return result.toString();
            }
            result.append(inside);
            from = end + 1;
        }
        return result.append(text, from, text.length()).toString();
    }

    /** A single letter may be a number (i, e) or a digit of another base, unless it is a common unit. */
    private static boolean isUnit(String text) {
        return text.length() == 1 ? "mgshL".contains(text) : text.chars().noneMatch(Character::isDigit);
    }

    private static String unnamed(String text) {
        Matcher name = NAMED.matcher(text);
        if (name.lookingAt() && text.indexOf('=', name.end()) < 0) {
            return text.substring(name.end());
        }
        Matcher member = MEMBER.matcher(text);
        return member.lookingAt() ? text.substring(member.end()) : text;
    }

    /** The canonical form of one part: a number, an expression, a bracketed or a bare list, or a word. */
    private static String element(String text, int depth) {
        if (depth > MAX_NESTING) {
            return text;
        }
        if (LETTERS.matcher(text).matches()) {
            return isWord(text) ? text.toLowerCase(Locale.ROOT) : text;
        }
        Matcher thousands = GROUPED_THOUSANDS.matcher(text);
        if (depth == 0 && thousands.lookingAt()) {
            String joined = thousands.group().replace(",", "") + text.substring(thousands.end());
            return element(joined, depth + 1);
        }
        Bracket bracket = Bracket.around(text);
        if (bracket != null) {
            String inside = bracket.inside(text);
            List<String> items = elements(inside, depth);
            if (bracket == Bracket.ROUND && items.size() == 1) {
                return element(inside, depth + 1);
            }
            if (bracket == Bracket.SET) {
                Collections.sort(items);
            }
            return bracket.open + String.join(",", items) + bracket.close;
        }
        List<String> items = split(text, ",");
        if (items.size() > 1) {
            List<String> forms = elements(text, depth);
            // Solutions come in any order; words are more often a ranking.
            if (forms.stream().noneMatch(MathEquivalence::isWord)) {
                Collections.sort(forms);
            }
            return String.join(",", forms);
        }
        return MathExpression.canonical(text).map(form -> "=" + form).orElse(text);
    }

    /** Letters that are no product such as x, AB: "No", "even". */
    private static boolean isWord(String text) {
        return LETTERS.matcher(text).matches()
                && (text.length() > 2 || (text.length() == 2 && Character.isLowerCase(text.charAt(1))));
    }

    private static List<String> elements(String text, int depth) {
        List<String> forms = new ArrayList<>();
        split(text, ",").forEach(item -> forms.add(element(item, depth + 1)));
        return forms;
    }

    /** The parts of a text between separators that lie outside all brackets. */
    private static List<String> split(String text, String separator) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int from = 0;
        int position = 0;
        while (position < text.length()) {
            if (depth == 0 && text.startsWith(separator, position)) {
                parts.add(text.substring(from, position));
                position += separator.length();
                from = position;
                continue;
            }
            depth += Bracket.step(text.charAt(position));
            position++;
        }
        parts.add(text.substring(from));
        return parts;
    }

    /** The index of the brace that closes the one at {@code open}, or -1; escaped braces do not count. */
    private static int closing(String text, int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '\\') {
                i++;
            } else if (character == '{') {
                depth++;
            } else if (character == '}') {
                depth--;
                if (depth == 0) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** Brackets that may stand around a whole answer; half-open intervals mix round and square ones. */
    private enum Bracket {
        ROUND("(", ")"),
        SQUARE("[", "]"),
        LEFT_OPEN("(", "]"),
        RIGHT_OPEN("[", ")"),
        SET("\\{", "\\}");

        final String open;
        final String close;

        Bracket(String open, String close) {
            this.open = open;
            this.close = close;
        }

        /** The pair that opens at the start and closes at the end and nowhere before, or null. */
        static Bracket around(String text) {
            for (Bracket bracket : values()) {
                if (text.length() >= bracket.open.length() + bracket.close.length()
                        && text.startsWith(bracket.open)
                        && text.endsWith(bracket.close)
                        && closesAtEnd(text)) {
                    return bracket;
                }
            }
            return null;
        }

        private static boolean closesAtEnd(String text) {
            int depth = 0;
            for (int i = 0; i < text.length(); i++) {
                int step = step(text.charAt(i));
                depth += step;
                if (step < 0 && depth <= 0) {
                    return depth == 0 && i == text.length() - 1;
                }
            }
            return false;
        }

        static int step(char character) {
            return switch (character) {
                case '(', '[', '{' -> 1;
                case ')', ']', '}' -> -1;
                default -> 0;
            };
        }

        String inside(String text) {
            return text.substring(open.length(), text.length() - close.length());
        }
    }
}
