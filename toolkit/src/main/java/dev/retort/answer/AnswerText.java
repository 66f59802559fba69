package dev.retort.answer;

import java.util.Locale;
import java.util.regex.Pattern;

/** Normal forms of a textual answer, from strict to lenient; each can serve as the normaliser of a vote. */
public final class AnswerText {

    private static final Pattern BLANKS = Pattern.compile("[\\p{IsWhite_Space}]++");
    private static final Pattern ARTICLES = Pattern.compile("\\b(?:a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}++");
    private static final String QUOTES = "\"'`\u201c\u201d\u2018\u2019";
    private static final String FINAL_MARKS = ".,;:!?";

    private AnswerText() {}

    /** Trimmed, each run of blanks (line ends included) made one space; case and punctuation stay. */
    public static String plain(String text) {
        return BLANKS.matcher(text).replaceAll(" ").strip();
    }

    /**
     * {@link #plain}, in lower case, without quotes around it and marks at its end. Signs, decimal points and articles
     * stay, so numbers keep their value.
     */
    public static String relaxed(String text) {
        String lower = plain(text).toLowerCase(Locale.ROOT);
        int start = 0;
        int end = lower.length();
        boolean trimmed = true;
        while (trimmed && start < end) {
            trimmed = false;
            char last = lower.charAt(end - 1);
            if (FINAL_MARKS.indexOf(last) >= 0 || QUOTES.indexOf(last) >= 0 || last == ' ') {
                end--;
                trimmed = true;
            } else if (QUOTES.indexOf(lower.charAt(start)) >= 0 || lower.charAt(start) == ' ') {
                start++;
                trimmed = true;
            }
        }
        return lower.substring(start, end);
    }

    /**
     * The normal form of SQuAD's evaluation script: lower case, ASCII punctuation removed, the articles a, an, the
     * removed, blanks collapsed. It also removes signs and decimal points: not for numbers.
     */
    public static String squad(String text) {
        String bare = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
        return plain(ARTICLES.matcher(bare).replaceAll(" "));
    }
}
