package dev.retort.teacher;

import java.time.Duration;
import java.util.Optional;

/** A teacher gave no sample; the message is one line that says why. */
public final class TeacherException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean retryable;
    private final Duration retryAfter;
    private final int attempts;

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
        this(message, retryable, retryAfter, 1, cause);
    }

    private TeacherException(String message, boolean retryable, Duration retryAfter, int attempts, Throwable cause) {
        super(message, cause);
        this.retryable = retryable;
        this.retryAfter = retryAfter;
        this.attempts = attempts;
    }

    /** A failure of a question that was not asked. */
    static TeacherException unasked(String reason) {
        return new TeacherException(reason, false, null, 0, null);
    }

    /** The same after so many attempts, the last of which ended like this. */
    public TeacherException after(int newAttempts) {
        return new TeacherException(getMessage(), retryable, retryAfter, newAttempts, this);
    }

    /** Whether asking the same again may help. */
    public boolean retryable() {
        return retryable;
    }

    /** How long the teacher wants to be left alone, where it said so. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** How often the teacher was asked before this was the end of it; 0 where it was not asked at all. */
    public int attempts() {
        return attempts;
    }
}
