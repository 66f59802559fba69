package dev.retort.teacher;

import dev.retort.data.TokenUsage;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens between those who ask and the teacher, from any number of threads. */
public final class TeacherMeter {

    private final LongAdder requests = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final LongAdder cached = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder completionTokens = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    /**
     * The counts so far.
     *
     * @param requests requests that were made, repeated ones included
     * @param answered completions that came back
     * @param cached completions that the cache had
     * @param retried requests that were made again
     * @param promptTokens of answered requests, as far as the teacher says
     * @param completionTokens likewise
     * @param nanos time that requests took, the answered and the others, all added up
     */
    public record Counts(
            long requests,
            long answered,
            long cached,
            long retried,
            long promptTokens,
            long completionTokens,
            long nanos) {}

    void request(long tookNanos) {
        requests.increment();
        nanos.add(tookNanos);
    }

    void retry() {
        retried.increment();
    }

    void answers(int completions, TokenUsage usage) {
        answered.add(completions);
        if (usage != null) {
            promptTokens.add(usage.promptTokens());
            completionTokens.add(usage.completionTokens());
        }
    }

    void hits(int completions) {
        cached.add(completions);
    }

    public Counts counts() {
        return new Counts(
                requests.sum(),
                answered.sum(),
                cached.sum(),
                retried.sum(),
                promptTokens.sum(),
                completionTokens.sum(),
                nanos.sum());
    }
}
