package dev.retort.teacher;

import java.time.Duration;

/**
 * How batches are cut and waited for.
 *
 * @param firstWait between two looks at the server; it doubles while nothing happens
 * @param mostWait what that grows to
 * @param mostRequests of one batch, at least 1
 * @param mostBytes of one batch's file of requests, at least 1
 * @param transferTimeout of one upload or download, from connecting to the last byte
 * @param deadline how long a run waits for its batches; what is not finished then is taken up by the next run
 */
public record BatchSettings(
        Duration firstWait,
        Duration mostWait,
        int mostRequests,
        long mostBytes,
        Duration transferTimeout,
        Duration deadline) {

    public BatchSettings {
        require(isPositive(firstWait), "the first wait for a batch must be more than 0 seconds");
        require(mostWait.compareTo(firstWait) >= 0, "the longest wait for a batch must not be shorter than the first");
        require(mostRequests >= 1, "a batch needs room for at least 1 request");
        require(mostBytes >= 1, "a batch needs room for at least 1 byte");
        require(
                isPositive(transferTimeout) && transferTimeout.compareTo(Duration.ofDays(1)) <= 0,
                "the timeout of a transfer must be more than 0 seconds and at most a day");
        require(isPositive(deadline), "the deadline of a run must be more than 0 seconds");
    }

    /**
     * OpenAI's limits: 50,000 requests and 200 MB a batch. Looks after 10 seconds and then less and less often, at last every
     * 5 minutes; an hour for a transfer, and 25 for a run, as a batch ends within 24.
     */
    public static BatchSettings usual() {
        return new BatchSettings(
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                50_000,
                200_000_000,
                Duration.ofHours(1),
                Duration.ofHours(25));
    }

    public BatchSettings withWaits(Duration first, Duration most) {
        return new BatchSettings(first, most, mostRequests, mostBytes, transferTimeout, deadline);
    }

    public BatchSettings withMostRequests(int requests) {
        return new BatchSettings(firstWait, mostWait, requests, mostBytes, transferTimeout, deadline);
    }

    public BatchSettings withMostBytes(long bytes) {
        return new BatchSettings(firstWait, mostWait, mostRequests, bytes, transferTimeout, deadline);
    }

    public BatchSettings withTransferTimeout(Duration timeout) {
        return new BatchSettings(firstWait, mostWait, mostRequests, mostBytes, timeout, deadline);
    }

    public BatchSettings withDeadline(Duration newDeadline) {
        return new BatchSettings(firstWait, mostWait, mostRequests, mostBytes, transferTimeout, newDeadline);
    }

    private static boolean isPositive(Duration duration) {
        return duration.compareTo(Duration.ZERO) > 0;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
