package dev.retort.answer;

import dev.retort.data.Nearest;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the final answer is cut from a completion. Where a completion is ambiguous there is no answer: nothing is guessed. The
 * papers do not say how they cut; the rules are ours.
 */
public enum AnswerCut {
    /** The whole text, blanks collapsed ({@link AnswerText#plain}); none where it is blank. */
    WHOLE,

    /**
     * The number of {@link NumericAnswer}, in plain decimals without trailing zeros: behind {@code ####}, else the last in
     * the last box, else the last in the text.
     */
    LAST_NUMBER,

    /**
     * "yes" or "no", as the last sentence says that says one of them clearly: behind "answer is" or "answer:", or at the end
     * of a clause. Questions, what follows "if" or "whether", "yes or no", and phrases such as "no one" say nothing; a
     * sentence that says both is ambiguous.
     */
    YES_NO,

    /**
     * The string of a last letter concatenation, in lower case: the token, quoted or at the end of its clause, behind the last
     * "answer is", "answer:", "gives", "we get", "results in" or "concatenat... is"; else the completion itself where it is
     * one token; else the token that the last quoting sentence quotes. Questions, examples, requests and sentences about one
     * letter do not count, and the last resort does not take a sentence that speaks of words, names or letters.
     */
    LETTERS,

    /** The text of the option that {@link ChoiceAnswer} picks, as the choices have it. */
    CHOICE,

    /** The content of the last {@code \boxed}, trimmed ({@link MathEquivalence#lastBoxed}); none where it is empty. */
    BOXED,

    /**
     * "A", "B" or "tie" of a judgement of two responses: the verdict in double brackets, [[C]] and [[tie]] being ties, where
     * all such are equal; where there is none, a last line that is A, B or tie and nothing else.
     */
    VERDICT,

    /**
     * The line behind the first "answer:" that begins a line, else behind the first "answer is" or "answer:" that stands in no
     * question, else the first line; blanks collapsed. A line that ends in a question mark is no answer.
     */
    SHORT;

    private static final Pattern BRACKETED =
            Pattern.compile("\\[\\[\\s?(A|B|C|tie)\\s?\\]\\]", Pattern.CASE_INSENSITIVE);
    private static final Pattern LONE_VERDICT = Pattern.compile("[\\s*\"'`(\\[]*+(A|B|(?i:tie))[\\s*\"'`)\\].,!]*+");

    private static final Pattern ANSWER_LINE = Pattern.compile(
            "^[ \\t*#>]*+(?:(?:the|final|short)\\s++){0,2}+answer\\s*+:", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
    private static final Pattern ANSWER_PHRASE =
            Pattern.compile("\\banswer(?:\\s++is\\b|\\s*+:)\\s*+:?+", Pattern.CASE_INSENSITIVE);

    /** Where a completion that restates its question turns to the answer. */
    private static final Pattern TURN = Pattern.compile(
            "\\b(?:answer|response|solution)(?:\\s++is\\b|[*\\s]*+:)|####|\\\\boxed", Pattern.CASE_INSENSITIVE);

    /** The name in recipes and on the command line, in kebab-case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The cut of a kebab-case name.
     *
     * @throws IllegalArgumentException for another name; the message lists the names and the nearest one
     */
    public static AnswerCut of(String kebabName) {
        List<String> titles = Arrays.stream(values()).map(AnswerCut::title).toList();
        int at = titles.indexOf(kebabName);
        if (at < 0) {
            throw new IllegalArgumentException("unknown answer cut \"" + kebabName + "\": did you mean "
                    + Nearest.of(kebabName, titles).orElseThrow() + "? The cuts are " + String.join(", ", titles));
        }
        return values()[at];
    }

    /**
     * The answer of a completion that does nothing but answer, with or without steps before.
     *
     * @param choices the question's options, at least one for {@link #CHOICE}; the other cuts do not look at them
     */
    public Optional<String> cut(String completion, List<String> choices) {
        return switch (this) {
            case WHOLE -> present(AnswerText.plain(completion));
            case LAST_NUMBER -> number(completion);
            case YES_NO -> YesNo.cut(completion);
            case LETTERS -> LastLetters.cut(completion);
            case CHOICE -> choice(completion, choices);
            case BOXED -> MathEquivalence.lastBoxed(completion)
                    .map(String::strip)
                    .filter(box -> !box.isEmpty());
            case VERDICT -> verdict(completion);
            case SHORT -> shortAnswer(completion, true);
        };
    }

    /**
     * The answer of a completion that may restate its question before it answers, as in one-step Rephrase and Respond.
     * {@link #LAST_NUMBER} and {@link #CHOICE} count only from the last "answer is", "answer:", "response:", "solution:",
     * {@code ####} or box on, {@link #SHORT} only behind its phrases, and {@link #WHOLE} gives nothing: the question's own
     * numbers, options and words are no answer. The other rules pass the question over anyway.
     */
    public Optional<String> cutRestated(String completion, List<String> choices) {
        return switch (this) {
            case WHOLE -> Optional.empty();
            case LAST_NUMBER, CHOICE -> turn(completion).flatMap(part -> cut(part, choices));
            case SHORT -> shortAnswer(completion, false);
            default -> cut(completion, choices);
        };
    }

    private static Optional<String> present(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static Optional<String> number(String completion) {
        OptionalDouble number = NumericAnswer.extract(completion);
        return number.isPresent()
                ? Optional.of(BigDecimal.valueOf(number.getAsDouble())
                        .stripTrailingZeros()
                        .toPlainString())
                : Optional.empty();
    }

    private static Optional<String> choice(String completion, List<String> choices) {
        if (choices.isEmpty()) {
            throw new IllegalArgumentException("the cut choice needs the question's choices, and there are none");
        }
        return ChoiceAnswer.choice(completion, choices);
    }

    private static Optional<String> verdict(String completion) {
        Set<String> verdicts = new HashSet<>();
        Matcher bracketed = BRACKETED.matcher(completion);
        while (bracketed.find()) {
            verdicts.add(verdictOf(bracketed.group(1)));
        }
        if (verdicts.isEmpty()) {
            String stripped = completion.stripTrailing();
            Matcher lone = LONE_VERDICT.matcher(stripped.substring(stripped.lastIndexOf('\n') + 1));
            return lone.matches() ? Optional.of(verdictOf(lone.group(1))) : Optional.empty();
        }
        return verdicts.size() == 1 ? Optional.of(verdicts.iterator().next()) : Optional.empty();
    }

    private static String verdictOf(String mark) {
        return switch (mark.toUpperCase(Locale.ROOT)) {
            case "A" -> "A";
            case "B" -> "B";
            default -> "tie";
        };
    }

    private static Optional<String> shortAnswer(String completion, boolean isFirstLineEnough) {
        Matcher answerLine = ANSWER_LINE.matcher(completion);
        if (answerLine.find()) {
            return line(completion.substring(answerLine.end()));
        }
        for (Sentence sentence : Sentence.of(completion)) {
            Matcher phrase = ANSWER_PHRASE.matcher(sentence.text());
            if (!sentence.isQuestion() && phrase.find()) {
                return line(completion.substring(sentence.start() + phrase.end()));
            }
        }
        return isFirstLineEnough ? line(completion) : Optional.empty();
    }

    /** The first line that is not blank, without asterisks around it. */
    private static Optional<String> line(String text) {
        String lines = stripMarkup(text);
        int end = lines.indexOf('\n');
        String line = AnswerText.plain(stripMarkup(end < 0 ? lines : lines.substring(0, end)));
        return line.endsWith("?") ? Optional.empty() : present(line);
    }

    private static String stripMarkup(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isMarkup(text.charAt(start))) {
            start++;
        }
        while (end > start && isMarkup(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isMarkup(char c) {
        return c == '*' || Character.isWhitespace(c);
    }

    /** The text from the last turn on that stands in no question. */
    private static Optional<String> turn(String completion) {
        int start = -1;
        for (Sentence sentence : Sentence.of(completion)) {
            Matcher turn = TURN.matcher(sentence.text());
            while (!sentence.isQuestion() && turn.find()) {
                start = sentence.start() + turn.start();
            }
        }
        return start < 0 ? Optional.empty() : Optional.of(completion.substring(start));
    }
}
