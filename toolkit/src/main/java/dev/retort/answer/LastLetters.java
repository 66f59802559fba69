package dev.retort.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The string that a completion to a question of last letter concatenation comes to. */
final class LastLetters {

    private static final String QUOTES = "[\"'`*\u201c\u201d\u2018\u2019]{1,4}+";

    /** Who writes about concatenation quotes the word. */
    private static final String TOKEN = "(?!concatenat)[\\p{L}\\p{M}\\p{N}]++";

    private static final String QUOTED = QUOTES + "(" + TOKEN + ")[.,!]?+" + QUOTES + "(?![\\p{L}\\p{N}])";

    private static final String FILLING =
            "(?:the|following|final|resulting|new|combined|concatenated|string|word|letters"
                    + "|result|answer|sequence|combination|output|is|as)\\b";

    /** Group 1: the word "answer"; 2: a quoted token, not the first of several; 3: a bare one that ends its clause. */
    private static final Pattern CONCLUSION = Pattern.compile(
            "(?:\\b(answer)(?:\\s++is\\b|\\s++would\\s++be\\b|\\s*+:)"
                    + "|\\bgiv(?:es|ing)\\b(?:\\s++(?:us|you)\\b)?+"
                    + "|\\bwe\\s++(?:get|have|obtain)\\b"
                    + "|\\bconcatenat\\p{L}*+\\s++[^\"\u201c\u201d:]{1,60}?\\bis\\b"
                    + "|\\bthe\\s++concatenation\\s++is\\b"
                    + "|\\bresult(?:s|ing)?\\s++(?:in|is)\\b)"
                    + "[\\s:]*+(?:\\*\\*\\s++)?+(?:(?:an?\\b|" + FILLING + ")[\\s:]*+){0,6}"
                    + "(?:" + QUOTED + "(?!\\s*+(?:,|and\\b|\\+|then\\b)\\s*+(?:and\\s++)?+[\"'\u201c\u2018])"
                    + "|(?<![\\p{L}\\p{N}'\u2019-])(?!" + FILLING + ")(" + TOKEN
                    + ")(?=\\s*+[.;!]?+\\s*+$|,\\s++(?:which|because|since|as|so)\\b))",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern QUOTED_TOKEN =
            Pattern.compile("(?<![\\p{L}\\p{N}])" + QUOTED, Pattern.CASE_INSENSITIVE);
    private static final Pattern BARE = Pattern.compile(
            "[\\s\"'`*\u201c\u201d\u2018\u2019]*+(" + TOKEN + ")[\\s\"'`*\u201c\u201d\u2018\u2019.,;!]*+");

    /** One letter is looked at. */
    private static final Pattern STEP =
            Pattern.compile("\\bletter\\s++(?:of|in|from|for|is)\\b", Pattern.CASE_INSENSITIVE);

    /** Letters are put together. */
    private static final Pattern JOINING =
            Pattern.compile("concatenat|combin|\\bjoin|together|append", Pattern.CASE_INSENSITIVE);

    private static final Pattern EXAMPLE =
            Pattern.compile("\\b(?:examples?|instance|e\\.g)\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern REQUEST = Pattern.compile(
            "^\\W*+(?:(?:and|then|next|now|finally|please)\\b\\W*+){0,3}+"
                    + "(?:join|combine|concatenate|take|put|merge|link|connect|attach|identify)\\b|\\b(?:would|should|could|must|needs?|will)\\b",
            Pattern.CASE_INSENSITIVE);

    /** What the question is made of, rather than the answer. */
    private static final Pattern ASKING = Pattern.compile(
            "\\b(?:letters?|words?|names?|phrases?|string|sequence|question|task|text|you|your|if)\\b",
            Pattern.CASE_INSENSITIVE);

    private LastLetters() {}

    static Optional<String> cut(String completion) {
        List<Sentence> sentences = Sentence.of(completion);
        String found = null;
        for (Sentence sentence : sentences) {
            String conclusion = sentence.isQuestion() ? null : conclusion(sentence.text());
            found = conclusion == null ? found : conclusion;
        }
        if (found == null) {
            Matcher bare = BARE.matcher(completion);
            found = bare.matches() ? bare.group(1) : lastQuoted(sentences);
        }
        return Optional.ofNullable(found).map(token -> token.toLowerCase(Locale.ROOT));
    }

    private static String conclusion(String sentence) {
        Matcher conclusion = CONCLUSION.matcher(sentence);
        String found = null;
        boolean isAnswer = false;
        while (conclusion.find()) {
            found = conclusion.group(2) == null ? conclusion.group(3) : conclusion.group(2);
            isAnswer = conclusion.group(1) != null;
        }
        if (found == null || EXAMPLE.matcher(sentence).find()) {
            return null;
        }
        boolean isStep =
                STEP.matcher(sentence).find() && !JOINING.matcher(sentence).find();
        return isAnswer || !(isStep || REQUEST.matcher(sentence).find()) ? found : null;
    }

    /** The token in the last sentence that quotes one, where it is the only one, or made of those before it. */
    private static String lastQuoted(List<Sentence> sentences) {
        for (int i = sentences.size() - 1; i >= 0; i--) {
            Sentence sentence = sentences.get(i);
            List<String> tokens = new ArrayList<>();
            Matcher quoted = QUOTED_TOKEN.matcher(sentence.text());
            while (quoted.find()) {
                tokens.add(quoted.group(1));
            }
            if (!tokens.isEmpty()) {
                String last = tokens.remove(tokens.size() - 1);
                boolean isWhole = tokens.isEmpty() || String.join("", tokens).equalsIgnoreCase(last);
                boolean isAsking = sentence.isQuestion()
                        || ASKING.matcher(sentence.text()).find()
                        || EXAMPLE.matcher(sentence.text()).find()
                        || REQUEST.matcher(sentence.text()).find();
                return isWhole && !isAsking ? last : null;
            }
        }
        return null;
    }
}
