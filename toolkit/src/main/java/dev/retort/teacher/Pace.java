package dev.retort.teacher;

import java.util.concurrent.TimeUnit;

/**
 * A rate that is held at every moment and not only on average: what is taken is spread evenly, so that no stretch of a minute
 * holds more than a minute's worth and one. Nothing is saved up while nothing is asked.
 */
final class Pace {

    private static final double NANOS_A_MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final double nanosEach;
    private long free;

    /** A pace; at least 1 a minute. */
    Pace(long perMinute, long now) {
        nanosEach = NANOS_A_MINUTE / perMinute;
        free = now;
    }

    /**
     * Takes an amount.
     *
     * @param now in nanoseconds
     * @return how long to wait before using it, in nanoseconds
     */
    synchronized long take(long amount, long now) {
        long start = Math.max(now, free);
        free = start + Math.round(amount * nanosEach);
        return start - now;
    }
}
