package dev.retort.pipelines;

import dev.retort.teacher.RetrySettings;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * How a teacher is asked by a job; the limits hold for the whole job.
 *
 * @param concurrency most requests at a time
 * @param retry attempts and pace
 * @param budget the most that may be spent
 * @param cache the folder of the answers, which the worker can see; null to keep none
 */
public record AskSettings(int concurrency, RetrySettings retry, Budget budget, String cache) implements Serializable {

    private static final int USUAL_CONCURRENCY = 16;
    private static final int MOST_CONCURRENCY = 4096;

    public AskSettings {
        if (concurrency < 1 || concurrency > MOST_CONCURRENCY) {
            throw new IllegalArgumentException(
                    "the concurrency must be 1 to " + MOST_CONCURRENCY + ", not " + concurrency);
        }
    }

    /** Sixteen requests at a time, six attempts each, no limits and no cache. */
    public static AskSettings usual() {
        return new AskSettings(USUAL_CONCURRENCY, RetrySettings.usual(), Budget.none(), null);
    }

    public AskSettings withConcurrency(int requests) {
        return new AskSettings(requests, retry, budget, cache);
    }

    public AskSettings withRetry(RetrySettings newRetry) {
        return new AskSettings(concurrency, newRetry, budget, cache);
    }

    public AskSettings withBudget(Budget newBudget) {
        return new AskSettings(concurrency, retry, newBudget, cache);
    }

    /** With a folder for the answers; one folder can serve any number of jobs. */
    public AskSettings withCache(Path folder) {
        return new AskSettings(
                concurrency, retry, budget, folder.toAbsolutePath().toString());
    }

    /** With the folder {@code cache} of a job's output folder, unless another is named. */
    AskSettings withCacheIn(Path out) {
        return cache == null ? withCache(out.resolve(SampleRequest.CACHE)) : this;
    }
}
