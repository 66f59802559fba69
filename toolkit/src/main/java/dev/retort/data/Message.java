package dev.retort.data;

/**
 * One turn of a conversation.
 *
 * @param role system, user or assistant, as in OpenAI's wire format
 * @param content the text of the turn
 */
public record Message(String role, String content) {

    public static Message system(String content) {
        return new Message("system", content);
    }

    public static Message user(String content) {
        return new Message("user", content);
    }

    public static Message assistant(String content) {
        return new Message("assistant", content);
    }
}
