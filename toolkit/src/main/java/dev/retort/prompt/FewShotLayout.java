package dev.retort.prompt;

import java.io.Serializable;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a worked question is written in a few-shot prompt: {@code QUESTION_HEADER question}, a new line with {@code
 * ANSWER_HEADER rationale CONNECTING_PHRASE label.}
 *
 * @param questionHeader what begins a question's line
 * @param answerHeader what begins the line of rationale and label
 * @param connectingPhrase what leads from the rationale to the label
 * @param phraseOnNewLine whether the phrase begins a line; else it follows the rationale in its line
 * @param fullStop whether a full stop follows the label
 */
public record FewShotLayout(
        String questionHeader, String answerHeader, String connectingPhrase, boolean phraseOnNewLine, boolean fullStop)
        implements Serializable {

    private static final String WORDS = "([^\\s{}](?:[^\\n{}]*[^\\s{}])?)";
    private static final Pattern BLOCK = Pattern.compile(
            WORDS + " \\{question\\}\\n" + WORDS + " \\{rationale\\}([ \\n])" + WORDS + " \\{label\\}(\\.?)");
    private static final List<String> SLOTS = List.of("question", "rationale", "label");

    public FewShotLayout {
        requireWords("question header", questionHeader);
        requireWords("answer header", answerHeader);
        requireWords("connecting phrase", connectingPhrase);
    }

    private static void requireWords(String name, String words) {
        if (words == null
                || words.isBlank()
                || !words.equals(words.strip())
                || words.lines().count() > 1) {
            throw new IllegalArgumentException(
                    "the " + name + " must be words of one line without blanks around them, not \"" + words + "\"");
        }
    }

    /**
     * The layout of CommonsenseQA's prompt in Distilling step-by-step: {@code Q: question}, new line, {@code A: rationale So
     * the answer is label.}
     */
    public static FewShotLayout standard() {
        return new FewShotLayout("Q:", "A:", "So the answer is", false, true);
    }

    /**
     * A layout that comes with the toolkit.
     *
     * @throws IllegalArgumentException where no layout has that name; the message lists those there are
     */
    public static FewShotLayout named(String name) {
        List<String> names = names();
        if (!names.contains(name)) {
            throw new IllegalArgumentException(
                    "no layout of demonstrations is named " + name + "; there are " + String.join(", ", names));
        }
        return of(PromptTemplate.named(name));
    }

    /** The names of the layouts that come with the toolkit, sorted. */
    public static List<String> names() {
        return PromptTemplate.names().stream()
                .filter(name -> List.copyOf(PromptTemplate.named(name).slots()).equals(SLOTS))
                .toList();
    }

    /**
     * The layout that a template of one worked question shows.
     *
     * @throws IllegalArgumentException where the template has another form
     */
    public static FewShotLayout of(PromptTemplate template) {
        Matcher block = BLOCK.matcher(template.text());
        if (!block.matches()) {
            throw new IllegalArgumentException(
                    "prompt " + template.name() + " shows no layout of demonstrations; one is \"Q: {question}\", a"
                            + " line break, \"A: {rationale} So the answer is {label}.\", with"
                            + " words of its own");
        }
        return new FewShotLayout(
                block.group(1),
                block.group(2),
                block.group(4),
                block.group(3).equals("\n"),
                !block.group(5).isEmpty());
    }

    /** A worked question in this layout, without a line break at its end. */
    public String block(Demonstration demonstration) {
        return asked(demonstration.question()) + " " + demonstration.rationale() + (phraseOnNewLine ? "\n" : " ")
                + connectingPhrase + " " + demonstration.label() + (fullStop ? "." : "");
    }

    /** A question that is to be answered, up to the answer's header. */
    public String asked(String question) {
        return questionHeader + " " + question + "\n" + answerHeader;
    }

    /** The text that ends a completion: the next question's header at the beginning of a line. */
    public String stop() {
        return "\n" + questionHeader;
    }
}
