package dev.retort.teacher;

import java.io.Serializable;

/**
 * How a teacher is asked: how often at most, and how fast.
 *
 * @param maxAttempts most requests for one answer, at least 1
 * @param requestsPerMinute repeated requests included; null for no limit
 * @param tokensPerMinute of prompts and completions; null for no limit
 */
public record RetrySettings(int maxAttempts, Integer requestsPerMinute, Integer tokensPerMinute)
        implements Serializable {

    public RetrySettings {
        require(maxAttempts >= 1, "a question needs at least 1 attempt, not " + maxAttempts);
        require(requestsPerMinute == null || requestsPerMinute >= 1, "requests per minute must be at least 1");
        require(tokensPerMinute == null || tokensPerMinute >= 1, "tokens per minute must be at least 1");
    }

    /** Six attempts, as fast as the teacher answers. */
    public static RetrySettings usual() {
        return new RetrySettings(6, null, null);
    }

    public RetrySettings withMaxAttempts(int attempts) {
        return new RetrySettings(attempts, requestsPerMinute, tokensPerMinute);
    }

    public RetrySettings withRequestsPerMinute(Integer requests) {
        return new RetrySettings(maxAttempts, requests, tokensPerMinute);
    }

    public RetrySettings withTokensPerMinute(Integer tokens) {
        return new RetrySettings(maxAttempts, requestsPerMinute, tokens);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
