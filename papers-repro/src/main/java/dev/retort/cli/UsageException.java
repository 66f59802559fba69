package dev.retort.cli;

/** A command that was called wrongly: one line on stderr and exit status 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
