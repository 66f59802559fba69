package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the teacher is asked and the student is tested on.
 *
 * @param id unique within a file
 * @param task free text; decides which filters and metrics apply
 * @param messages at least one
 * @param reference the gold answer, or null where there is none
 * @param extra unknown fields of the line
 */
public record Question(String id, String task, List<Message> messages, String reference, Map<String, JsonNode> extra)
        implements Row {

    public Question {
        Rows.require(id != null && !id.isBlank(), "id is missing or blank");
        Rows.require(task != null && !task.isBlank(), "task is missing or blank");
        Rows.require(messages != null && !messages.isEmpty(), "messages is missing or empty");
        for (Message message : messages) {
            Rows.require(
                    message != null && message.role() != null && message.content() != null,
                    "every message needs a role and a content");
        }
        messages = List.copyOf(messages);
        extra = Rows.copy(extra);
    }

    public Question(String id, String task, List<Message> messages, String reference) {
        this(id, task, messages, reference, Map.of());
    }

    /** A question of one user turn. */
    public static Question ofText(String id, String task, String text, String reference) {
        return new Question(id, task, List.of(Message.user(text)), reference);
    }

    /** The content of the last user turn, or of the last message where there is none. */
    public String text() {
        return messages.get(textTurn()).content();
    }

    /** The index of the message that {@link #text} gives. */
    public int textTurn() {
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).role().equals("user")) {
                return i;
            }
        }
        return messages.size() - 1;
    }

    /** Whether {@link #text} is a user's. */
    public boolean hasUserTurn() {
        return messages.get(textTurn()).role().equals("user");
    }

    /**
     * The options of a multiple-choice question, from the field "choices"; none where it is missing.
     *
     * @throws IllegalArgumentException where the field is something else than an array of texts
     */
    public List<String> choices() {
        JsonNode field = extra.get("choices");
        if (field == null || field.isNull()) {
            return List.of();
        }
        boolean isTexts = field.isArray();
        List<String> choices = new ArrayList<>();
        for (JsonNode choice : field) {
            isTexts &= choice.isTextual();
            choices.add(choice.asText());
        }
        Rows.require(isTexts, "question " + id + ": the field choices must be an array of texts");
        return List.copyOf(choices);
    }
}
