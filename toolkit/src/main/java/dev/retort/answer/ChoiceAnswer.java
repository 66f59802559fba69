package dev.retort.answer;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The option that a completion to a multiple-choice question picks; options are lettered (a), (b), ... in order. */
public final class ChoiceAnswer {

    private static final Pattern PHRASE = Pattern.compile(
            "\\banswer(?:\\s+(?:choice|option))?+(?:\\s+is\\b|\\s*+:)\\s*+:?+", Pattern.CASE_INSENSITIVE);

    /** "(c) text", "c) text", "c. text", "**C**", "option c"; a bare letter only where it cannot be an article. */
    private static final Pattern LETTERED = Pattern.compile("[\\s*\"'$]*+(?i:(?:option|choice)\\s++)?+"
            + "(?:\\(([A-Za-z])\\)|([A-Za-z])(?=[).:,*\"'$]|\\s*+$)|([B-HJ-Z])(?=\\s))[).:,*\"'$]*+");

    private static final Pattern OPTION = Pattern.compile("\\(([A-Za-z])\\)");
    private static final Pattern ANY_OPTION = Pattern.compile("\\(.\\)");

    private static final Pattern UNDECIDED = Pattern.compile("\\b(?:or|and)\\s++\\([A-Za-z]\\)");

    private ChoiceAnswer() {}

    /**
     * The index of the option a completion picks, or empty. It reads what follows the last "answer is" or "answer:",
     * else the last "(x)" of the text, else the whole text. A text that is one of the choices (case, articles and
     * punctuation aside) comes before the letter, as in Distilling step-by-step, whose labels are texts; then the
     * letter; then the only choice that occurs in the line. "(a) x or (c) y" picks none.
     */
    public static OptionalInt index(String completion, List<String> choices) {
        String line = answerPart(completion, choices.size())
                .strip()
                .lines()
                .findFirst()
                .orElse("");
        if (UNDECIDED.matcher(line).find()) {
            return OptionalInt.empty();
        }
        Matcher lettered = LETTERED.matcher(line);
        boolean hasLetter = lettered.lookingAt();
        String text = hasLetter ? line.substring(lettered.end()) : line;
        OptionalInt byText = onlyEqual(text, choices, AnswerText::relaxed);
        if (byText.isEmpty()) {
            byText = onlyEqual(text, choices, AnswerText::squad);
        }
        if (byText.isPresent()) {
            return byText;
        }
        int letter = hasLetter ? letterIndex(lettered) : choices.size();
        return letter < choices.size() ? OptionalInt.of(letter) : onlyContained(text, choices);
    }

    /** The text of the option a completion picks, as it stands in {@code choices}, or empty. */
    public static Optional<String> choice(String completion, List<String> choices) {
        OptionalInt index = index(completion, choices);
        return index.isPresent() ? Optional.of(choices.get(index.getAsInt())) : Optional.empty();
    }

    /**
     * The text behind the first {@code (x)}, up to the next one, trimmed and without one final point; empty when there
     * is none. This is how Distilling step-by-step takes CommonsenseQA's label from what follows "So the answer is".
     */
    public static Optional<String> optionText(String answer) {
        Matcher option = ANY_OPTION.matcher(answer);
        if (!option.find()) {
            return Optional.empty();
        }
        int start = option.end();
        String text = answer.substring(start, option.find() ? option.start() : answer.length())
                .strip();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(text.endsWith(".") ? text.substring(0, text.length() - 1) : text);
    }

    private static String answerPart(String completion, int choices) {
        int start = -1;
        Matcher phrase = PHRASE.matcher(completion);
        while (phrase.find()) {
            start = phrase.end();
        }
        Matcher option = OPTION.matcher(completion);
        boolean found = start >= 0;
        while (!found && option.find()) {
            if (letterIndex(option) < choices) {
                start = option.start();
            }
        }
        return completion.substring(Math.max(0, start));
    }

    private static int letterIndex(Matcher lettered) {
        String letter = "";
        for (int group = 1; group <= lettered.groupCount(); group++) {
            letter = lettered.group(group) == null ? letter : lettered.group(group);
        }
        return letter.toLowerCase(Locale.ROOT).charAt(0) - 'a';
    }

    private static OptionalInt onlyEqual(String text, List<String> choices, UnaryOperator<String> normaliser) {
        String normal = normaliser.apply(text);
        return only(choices, choice -> !normal.isEmpty() && normal.equals(normaliser.apply(choice)));
    }

    private static OptionalInt onlyContained(String text, List<String> choices) {
        String words = " " + AnswerText.squad(text) + " ";
        return only(choices, choice -> {
            String wanted = AnswerText.squad(choice);
            return !wanted.isEmpty() && words.contains(" " + wanted + " ");
        });
    }

    private static OptionalInt only(List<String> choices, Predicate<String> test) {
        OptionalInt found = OptionalInt.empty();
        for (int i = 0; i < choices.size(); i++) {
            if (test.test(choices.get(i))) {
                if (found.isPresent()) {
                    return OptionalInt.empty();
                }
                found = OptionalInt.of(i);
            }
        }
        return found;
    }
}
