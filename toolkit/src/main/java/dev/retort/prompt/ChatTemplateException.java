package dev.retort.prompt;

/** A chat template that cannot be read, or that cannot or will not render some messages; the message is one line. */
public final class ChatTemplateException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public ChatTemplateException(String message) {
        super(message);
    }
}
