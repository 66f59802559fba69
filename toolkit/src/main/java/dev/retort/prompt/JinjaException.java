package dev.retort.prompt;

/** What is wrong with a template or with the values it is given; {@link ChatTemplate} adds whose template and where. */
final class JinjaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean raisedByTemplate;

    JinjaException(String message) {
        this(message, false);
    }

    JinjaException(String message, boolean raisedByTemplate) {
        super(message, null, false, false);
        this.raisedByTemplate = raisedByTemplate;
    }

    /** True when the template called raise_exception: the messages are at fault, not the template. */
    boolean raisedByTemplate() {
        return raisedByTemplate;
    }
}
