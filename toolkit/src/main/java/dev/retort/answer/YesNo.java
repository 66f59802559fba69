package dev.retort.answer;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The yes or no that a completion ends in. */
final class YesNo {

    private static final String OPENING = "[\\s:*\"'`(\u201c\u201d\u2018\u2019]*+";
    private static final String CLOSING = "[\"'`*)\\]\u201d\u2019]*+";

    /** "yes or no", "(Yes/No)": asked for, not answered. */
    private static final Pattern ALTERNATIVE = Pattern.compile(
            "\\(?+\\b(?:yes|no)\\b" + CLOSING + ",?+\\s*+(?:/|\\b(?:or|nor|and|versus|vs)\\b)" + OPENING
                    + "\\b(?:yes|no)\\b\\)?+",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern CONDITION =
            Pattern.compile("\\b(?:if|whether|otherwise|unless)\\b", Pattern.CASE_INSENSITIVE);

    /** A yes or no behind "answer is" or "answer:", or one that is no part of a phrase such as "no one". */
    private static final Pattern CLEAR = Pattern.compile(
            "(\\banswer[\\s()]*+(?:\\bis\\b|\\bwould\\s++be\\b|:)" + OPENING + ")?+"
                    + "(?<![\\p{L}\\p{N}_]|[\\p{L}\\p{N}][-'\u2019])(yes|no)(?![\\p{L}\\p{N}_]|[-'\u2019]\\p{L})"
                    + "(?!" + CLOSING + ",?+\\s*+(?:if|when|only|or|otherwise|unless)\\b)"
                    + "(" + CLOSING
                    + "(?:\\s*+$|\\s*+[.,;:!(\u2013\u2014]|\\s++-|\\s++(?:it|the|that|this|because|since)\\b))?+"
                    + "(?!\\s++(?:longer|one|more|change|flips?)\\b)",
            Pattern.CASE_INSENSITIVE);

    private YesNo() {}

    static Optional<String> cut(String completion) {
        Optional<String> last = Optional.empty();
        for (Sentence sentence : Sentence.of(completion)) {
            Optional<String> said = sentence.isQuestion() ? Optional.empty() : said(sentence.text());
            last = said.isPresent() ? said : last;
        }
        return last.filter(answer -> !answer.isEmpty());
    }

    /** What a sentence says; empty text where it says both, nothing where it says neither. */
    private static Optional<String> said(String sentence) {
        String text = ALTERNATIVE.matcher(sentence).replaceAll("");
        Matcher condition = CONDITION.matcher(text);
        int end = condition.find() ? condition.start() : text.length();
        boolean yes = false;
        boolean no = false;
        Matcher clear = CLEAR.matcher(text);
        while (clear.find() && clear.start(2) < end) {
            if (clear.group(1) != null || clear.group(3) != null) {
                boolean isYes = clear.group(2).toLowerCase(Locale.ROOT).equals("yes");
                yes |= isYes;
                no |= !isYes;
            }
        }
        if (yes && no) {
            return Optional.of("");
        }
        return yes ? Optional.of("yes") : no ? Optional.of("no") : Optional.empty();
    }
}
