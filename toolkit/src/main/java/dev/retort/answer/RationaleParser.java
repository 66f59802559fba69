package dev.retort.answer;

import java.io.Serializable;
import java.util.Optional;

/**
 * Tells rationale and label of a few-shot chain-of-thought completion apart, as Distilling step-by-step's {@code
 * data_utils.py} does, with one rule for all its data sets:
 *
 * <ul>
 *   <li>Models run on: the completion ends where a line begins with the next question's header.
 *   <li>The connecting phrase must be there exactly once, where the authors' code gives up as well; so neither its first nor
 *       its last occurrence is preferred. It counts only where no letter or digit follows ("So the answer isn't").
 *   <li>The rationale is what stands before the phrase, less an echo of the answer's header at its beginning.
 *   <li>The label is the rest of the phrase's line, or the next line, less one final full stop.
 *   <li>With choice letters it is the text behind the first "(x)" and before a second one ({@link ChoiceAnswer#optionText}),
 *       so that "either (a) lake or (b) pond" is labelled "lake or": the authors' noise, kept.
 * </ul>
 *
 * <p>The authors' SVAMP label, the first equation in parentheses, is left to the task.
 *
 * @param questionHeader begins the next question's line
 * @param answerHeader begins an answer
 * @param connectingPhrase leads from the rationale to the label
 * @param fullStop whether the layout puts a full stop behind the label
 * @param choiceLetters whether labels are options with their letters
 */
public record RationaleParser(
        String questionHeader, String answerHeader, String connectingPhrase, boolean fullStop, boolean choiceLetters)
        implements Serializable {

    /** The phrase that leads to the label is not there. */
    public static final String NO_CONNECTING_PHRASE = "no-connecting-phrase";

    /** The phrase that leads to the label is there more than once. */
    public static final String REPEATED_CONNECTING_PHRASE = "repeated-connecting-phrase";

    /** Nothing stands before the phrase. */
    public static final String EMPTY_RATIONALE = "empty-rationale";

    /** Nothing stands behind the phrase. */
    public static final String EMPTY_LABEL = "empty-label";

    /** No option letter with a text stands behind the phrase, though labels have letters. */
    public static final String NO_CHOICE = "no-choice";

    /** The completion met its token limit before its label was surely complete. */
    public static final String TRUNCATED = "truncated";

    public RationaleParser {
        if (questionHeader.isBlank() || answerHeader.isBlank() || connectingPhrase.isBlank()) {
            throw new IllegalArgumentException("headers and connecting phrase must not be blank");
        }
    }

    /**
     * The parts of a completion, or why there are none.
     *
     * @param isCutOff whether the completion met its token limit; then its label counts only where something follows it, a
     *     line break or the next question
     */
    public RationaleAndLabel parse(String completion, boolean isCutOff) {
        String text = stripStart(completion);
        int next = text.startsWith(questionHeader) ? 0 : text.indexOf("\n" + questionHeader);
        boolean isOpen = isCutOff && next < 0;
        String block = next < 0 ? text : text.substring(0, next);
        int phrase = phraseFrom(block, 0);
        if (phrase < 0) {
            return unparsed(isOpen ? TRUNCATED : NO_CONNECTING_PHRASE);
        }
        int behind = phrase + connectingPhrase.length();
        if (phraseFrom(block, behind) >= 0) {
            return unparsed(REPEATED_CONNECTING_PHRASE);
        }
        String rest = stripStart(block.substring(behind));
        int lineEnd = rest.indexOf('\n');
        if (isOpen && lineEnd < 0) {
            return unparsed(TRUNCATED);
        }
        int start = block.startsWith(answerHeader) ? Math.min(answerHeader.length(), phrase) : 0;
        String rationale = strip(block.substring(start, phrase));
        if (rationale.isEmpty()) {
            return unparsed(EMPTY_RATIONALE);
        }
        return labelled(rationale, strip(lineEnd < 0 ? rest : rest.substring(0, lineEnd)));
    }

    private RationaleAndLabel labelled(String rationale, String sentence) {
        String label = sentence;
        if (choiceLetters && !sentence.isEmpty()) {
            Optional<String> option = ChoiceAnswer.optionText(sentence);
            if (option.isEmpty()) {
                return unparsed(NO_CHOICE);
            }
            label = strip(option.get());
        } else if (fullStop && sentence.endsWith(".")) {
            label = strip(sentence.substring(0, sentence.length() - 1));
        }
        return label.isEmpty() ? unparsed(EMPTY_LABEL) : new RationaleAndLabel.Parsed(rationale, label);
    }

    private int phraseFrom(String text, int from) {
        int at = text.indexOf(connectingPhrase, from);
        while (at >= 0) {
            int behind = at + connectingPhrase.length();
            if (behind == text.length() || !Character.isLetterOrDigit(text.codePointAt(behind))) {
                return at;
            }
            at = text.indexOf(connectingPhrase, behind);
        }
        return -1;
    }

    private static RationaleAndLabel unparsed(String reason) {
        return new RationaleAndLabel.Unparsed(reason);
    }

    private static String strip(String text) {
        int end = text.length();
        while (end > 0 && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return stripStart(text.substring(0, end));
    }

    private static String stripStart(String text) {
        int start = 0;
        while (start < text.length() && isBlank(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    /** What Python's {@code str.strip} takes off: no-break spaces and U+0085 too, which {@link String#strip} keeps. */
    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }
}
