package dev.retort.teacher;

import java.time.Duration;
import java.util.Optional;

/** A teacher gave no sample; the message is one line that says why. */
public final class TeacherException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean retryable;
    private final Duration retryAfter;

    /** A failure that asking again would not mend. */
    public TeacherException(String message) {
        this(message, false, null, null);
    }

    /**
     * A failure of any kind.
     *
     * @param retryable whether asking the same again may help
     * @param retryAfter how long the teacher wants to be left alone, or null where it did not say
     * @param cause or null
     */
    public TeacherException(String message, boolean retryable, Duration retryAfter, Throwable cause) {
        super(message, cause);
        this.retryable = retryable;
        this.retryAfter = retryAfter;
    }

    /** Whether asking the same again may help. */
    public boolean retryable() {
        return retryable;
    }

    /** How long the teacher wants to be left alone, where it said so. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
