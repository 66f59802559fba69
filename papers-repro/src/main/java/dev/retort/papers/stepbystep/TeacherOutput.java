package dev.retort.papers.stepbystep;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is cut from one chain-of-thought output of PaLM 540B by the rules of Distilling step-by-step's {@code
 * data_utils.py}, its oddities included: outputs that cannot be cut stay, with blank parts.
 *
 * @param rationale the text before the phrase that leads to the answer; the phrase is not part of it
 * @param label the answer
 * @param failed whether the authors' code falls back to a blank label
 */
public record TeacherOutput(String rationale, String label, boolean failed) {

    // In Python a dot is anything but a line feed; so it is in Java with UNIX_LINES only.
    private static final Pattern LETTER = Pattern.compile("\\(.\\)", Pattern.UNIX_LINES);
    private static final Pattern EQUATION = Pattern.compile("\\(.*\\)", Pattern.UNIX_LINES);

    /**
     * Cuts an output as the authors do for this data set.
     *
     * @throws IllegalArgumentException for a CQA output without exactly one "So the answer is" before the next
     *     question, at which the authors' code stops too
     */
    public static TeacherOutput parse(DssDataSet dataSet, String raw) {
        return switch (dataSet) {
            case SVAMP -> svamp(raw);
            case CQA -> cqa(raw);
            case ANLI1 -> anli(raw);
            case ESNLI -> esnli(raw);
        };
    }

    private static TeacherOutput svamp(String raw) {
        String[] parts = halves(stripEnd(before(raw, "Q:")), "The answer is");
        if (parts.length == 0) {
            return new TeacherOutput(" ", " ", true);
        }
        Matcher equation = EQUATION.matcher(parts[1]);
        boolean found = equation.find();
        return new TeacherOutput(stripEnd(parts[0]), found ? equation.group() : " ", !found);
    }

    private static TeacherOutput cqa(String raw) {
        String[] parts = halves(stripEnd(before(raw, "Q:")), "So the answer is");
        if (parts.length == 0) {
            throw new IllegalArgumentException(
                    "a CQA output needs \"So the answer is\" exactly once before the next \"Q:\": " + raw);
        }
        String rationale = stripEnd(parts[0]);
        Matcher letter = LETTER.matcher(parts[1]);
        if (!letter.find()) {
            return new TeacherOutput(rationale, " ", true);
        }
        int start = letter.end();
        int end = letter.find() ? letter.start() : parts[1].length();
        String label = stripStart(stripEnd(parts[1].substring(start, end)));
        if (label.isEmpty()) {
            return new TeacherOutput(rationale, " ", true);
        }
        return new TeacherOutput(
                rationale, label.endsWith(".") ? label.substring(0, label.length() - 1) : label, false);
    }

    private static TeacherOutput anli(String raw) {
        String[] parts = halves(stripEnd(before(raw, "Premise:")), "So the answer is");
        if (parts.length == 0) {
            return new TeacherOutput("", "", true);
        }
        String label = stripStart(parts[1]);
        // Whatever the last character is, it goes: a full stop is expected there.
        int end = label.isEmpty() ? 0 : label.offsetByCodePoints(label.length(), -1);
        return new TeacherOutput(stripEnd(parts[0]), label.substring(0, end), false);
    }

    private static TeacherOutput esnli(String raw) {
        String rationale = stripEnd(before(raw, "Answer:"));
        String lead = "Answer: ";
        int at = raw.indexOf(lead);
        if (at < 0) {
            return new TeacherOutput(rationale, " ", true);
        }
        String rest = before(raw.substring(at + lead.length()), lead);
        return new TeacherOutput(rationale, stripEnd(before(rest, "Premise")), false);
    }

    private static String before(String text, String mark) {
        int at = text.indexOf(mark);
        return at < 0 ? text : text.substring(0, at);
    }

    /** The text before and after the mark, or nothing where it does not occur exactly once. */
    private static String[] halves(String text, String mark) {
        int at = text.indexOf(mark);
        if (at < 0 || text.indexOf(mark, at + mark.length()) >= 0) {
            return new String[0];
        }
        return new String[] {text.substring(0, at), text.substring(at + mark.length())};
    }

    private static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isPythonSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    private static String stripStart(String text) {
        int start = 0;
        while (start < text.length() && isPythonSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    /** What Python's {@code str.strip} removes: no-break spaces and U+0085 too, which {@link String#strip} keeps. */
    private static boolean isPythonSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }
}
