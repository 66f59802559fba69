package dev.retort.model;

import java.io.IOException;
import java.time.Duration;

/** A failure of the network or a busy server, which may be gone at the next attempt. */
final class HubUnreachableException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    /** @param wait what the server asked for before the next attempt; null where it said nothing */
    HubUnreachableException(String message, Duration wait, Throwable cause) {
        super(message, cause);
        this.wait = wait;
    }

    /** How long to wait before the next attempt. */
    Duration waitOr(Duration otherwise) {
        return wait == null ? otherwise : wait;
    }

    /** The error that ends the attempts. */
    HubUnreachableException last(int attempts) {
        return new HubUnreachableException(
                getMessage() + " (" + attempts + (attempts == 1 ? " attempt" : " attempts")
                        + "); check the network and HF_ENDPOINT, or try again later",
                wait,
                this);
    }
}
