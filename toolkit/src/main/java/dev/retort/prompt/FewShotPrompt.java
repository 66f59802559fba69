package dev.retort.prompt;

import dev.retort.data.Message;
import dev.retort.data.Question;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Few-shot chain-of-thought (Wei et al. 2022, arXiv 2201.11903; step 1 of Distilling step-by-step, section 3.1): worked
 * questions, then the one that is asked, with a blank line between them.
 *
 * @param demonstrations at least one
 * @param layout how each is written
 */
public record FewShotPrompt(List<Demonstration> demonstrations, FewShotLayout layout) implements Serializable {

    /** Checks that every demonstration can be told apart into its parts again, as the teacher's completions must be. */
    public FewShotPrompt {
        demonstrations = List.copyOf(demonstrations);
        if (demonstrations.isEmpty()) {
            throw new IllegalArgumentException("a few-shot prompt needs at least one demonstration");
        }
        for (int i = 0; i < demonstrations.size(); i++) {
            Demonstration demonstration = demonstrations.get(i);
            if (demonstration.rationale().contains(layout.connectingPhrase())
                    || demonstration.label().contains(layout.connectingPhrase())) {
                throw new IllegalArgumentException("demonstration " + (i + 1) + ": rationale or label contains \""
                        + layout.connectingPhrase() + "\", which the layout writes between them; leave it out");
            }
            if (("\n" + demonstration.rationale()).contains(layout.stop())) {
                throw new IllegalArgumentException(
                        "demonstration " + (i + 1) + ": a line of the rationale begins with \""
                                + layout.questionHeader() + "\", which begins the next question");
            }
        }
    }

    /** Demonstrations in the {@linkplain FewShotLayout#standard() standard layout}. */
    public static FewShotPrompt of(List<Demonstration> demonstrations) {
        return new FewShotPrompt(demonstrations, FewShotLayout.standard());
    }

    /** The prompt for a question; it ends with the answer's header, without a blank. */
    public String text(String question) {
        StringBuilder text = new StringBuilder();
        for (Demonstration demonstration : demonstrations) {
            text.append(layout.block(demonstration)).append("\n\n");
        }
        return text.append(layout.asked(question.strip())).toString();
    }

    /**
     * The question with this prompt as its only user turn; system turns stay before it.
     *
     * @throws IllegalArgumentException where the question has another number of turns than one, or a blank one
     */
    public Question apply(Question question) {
        List<Message> messages = new ArrayList<>();
        List<Message> turns = new ArrayList<>();
        for (Message message : question.messages()) {
            (message.role().equals("system") ? messages : turns).add(message);
        }
        if (turns.size() != 1 || !turns.get(0).role().equals("user")) {
            throw new IllegalArgumentException(
                    "question " + question.id() + " is no single user turn, as a few-shot prompt"
                            + " takes it; its turns: " + String.join(", ", roles(turns)));
        }
        String asked = turns.get(0).content();
        if (asked.isBlank()) {
            throw new IllegalArgumentException("question " + question.id() + " has no text");
        }
        messages.add(Message.user(text(asked)));
        return new Question(question.id(), question.task(), messages, question.reference(), question.extra());
    }

    private static List<String> roles(List<Message> turns) {
        return turns.isEmpty()
                ? List.of("none")
                : turns.stream().limit(10).map(Message::role).toList();
    }
}
