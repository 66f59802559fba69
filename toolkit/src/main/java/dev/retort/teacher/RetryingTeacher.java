package dev.retort.teacher;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Asks a teacher again where that may help, after a wait that doubles from half a second to a minute and of which a random
 * half is taken off; a teacher that says how long it wants to be left alone is left alone by all who ask. Holds requests
 * and tokens a minute to their limits.
 */
public final class RetryingTeacher implements Teacher {

    private static final long FIRST_WAIT_MILLIS = 500;
    /** More than this is no pause but an end. */
    private static final Duration LONGEST_QUIET = Duration.ofHours(1);

    private static final long LONGEST_WAIT_MILLIS = 60_000;
    private static final long FIRST_GUESS_TOKENS = 256;
    private static final int GUESSES_UNTIL_MEAN = 8;

    /** Passes time; a test's does so at once. */
    interface Clock {
        long nanos();

        void sleep(long nanos) throws InterruptedException;
    }

    private static final Clock SYSTEM = new Clock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
        }
    };

    private final Teacher teacher;
    private final RetrySettings settings;
    private final TeacherMeter meter;
    private final Clock clock;
    private final DoubleSupplier random;
    private final Pace requests;
    private final Pace tokens;
    private long quietUntil;
    private long observed;
    private long observedTokens;
    private volatile String closedBecause;

    /** Asks this teacher and closes it in the end. */
    public RetryingTeacher(Teacher teacher, RetrySettings settings, TeacherMeter meter) {
        this(teacher, settings, meter, SYSTEM, () -> ThreadLocalRandom.current().nextDouble());
    }

    RetryingTeacher(Teacher teacher, RetrySettings settings, TeacherMeter meter, Clock clock, DoubleSupplier random) {
        this.teacher = teacher;
        this.settings = settings;
        this.meter = meter;
        this.clock = clock;
        this.random = random;
        long now = clock.nanos();
        quietUntil = now;
        requests = settings.requestsPerMinute() == null ? null : new Pace(settings.requestsPerMinute(), now);
        tokens = settings.tokensPerMinute() == null ? null : new Pace(settings.tokensPerMinute(), now);
    }

    /** From now on every request fails with this message, and none is made. */
    public void closeBecause(String reason) {
        closedBecause = reason;
    }

    @Override
    public String name() {
        return teacher.name();
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            if (closedBecause != null) {
                throw TeacherException.unasked(closedBecause);
            }
            long guess = waitForTurn(question, params, sampleIndices.size());
            long start = clock.nanos();
            try {
                List<TeacherSample> samples = teacher.sample(question, params, sampleIndices);
                meter.request(clock.nanos() - start);
                account(samples, guess);
                return samples;
            } catch (TeacherException e) {
                meter.request(clock.nanos() - start);
                Duration quiet = e.retryAfter().orElse(Duration.ZERO);
                if (quiet.compareTo(LONGEST_QUIET) > 0) {
                    throw new TeacherException(
                                    e.getMessage() + "; the server wants to be left alone for " + quiet.toSeconds()
                                            + " seconds: ask again then",
                                    false,
                                    null,
                                    e)
                            .after(attempt);
                }
                long asked = quiet.toNanos();
                keepQuiet(asked);
                if (!e.retryable() || attempt == settings.maxAttempts()) {
                    throw e.after(attempt);
                }
                meter.retry();
                clock.sleep(waitAfter(asked, attempt, random.getAsDouble()));
            }
        }
    }

    @Override
    public int company() {
        return teacher.company();
    }

    /** Once, and as fast as it goes: who gains from company is no server that must be spared. */
    @Override
    public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
        if (closedBecause != null) {
            return asks.stream()
                    .map(ask -> new Reply(null, TeacherException.unasked(closedBecause)))
                    .toList();
        }
        long start = clock.nanos();
        List<Reply> replies = teacher.sampleAll(asks);
        meter.request(clock.nanos() - start);
        account(
                replies.stream()
                        .filter(reply -> reply.sample() != null)
                        .map(Reply::sample)
                        .toList(),
                Long.MAX_VALUE);
        return replies;
    }

    private synchronized void keepQuiet(long nanos) {
        quietUntil = Math.max(quietUntil, clock.nanos() + nanos);
    }

    /**
     * How long to wait after a failure, in nanoseconds.
     *
     * @param asked how long the server wants to be left alone, in nanoseconds; 0 where it did not say
     * @param attempt that failed, from 1
     * @param random 0 to 1
     */
    public static long waitAfter(long asked, int attempt, double random) {
        long longest = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(attempt - 1, 20));
        long own = Math.round(longest * 1e6 * (1 - random / 2));
        // Those who were sent away together do not come back together.
        return asked > 0 ? asked + own / 8 : own;
    }

    /** Waits until a request may be made; the tokens it was taken to cost. */
    private long waitForTurn(Question question, SamplingParams params, int samples) throws InterruptedException {
        long guess = tokens == null ? 0 : guess(question, params, samples);
        long now = clock.nanos();
        long wait =
                Math.max(requests == null ? 0 : requests.take(1, now), tokens == null ? 0 : tokens.take(guess, now));
        while (true) {
            synchronized (this) {
                wait = Math.max(wait, quietUntil - clock.nanos());
            }
            if (wait <= 0) {
                return guess;
            }
            clock.sleep(wait);
            wait = 0;
        }
    }

    /** The mean of what requests have cost once there are some; before, a generous guess. */
    private synchronized long guess(Question question, SamplingParams params, int samples) {
        if (observed >= GUESSES_UNTIL_MEAN) {
            return Math.max(1, observedTokens / observed);
        }
        long bytes = 0;
        for (Message message : question.messages()) {
            bytes += message.content().getBytes(StandardCharsets.UTF_8).length;
        }
        long completion = params.maxTokens() == null ? FIRST_GUESS_TOKENS : params.maxTokens();
        return bytes / 3 + 1 + samples * completion;
    }

    private void account(List<TeacherSample> samples, long guess) {
        // All samples of one request share its usage; several requests of one call have different ones.
        TokenUsage last = null;
        long used = 0;
        boolean known = true;
        int left = 0;
        for (TeacherSample sample : samples) {
            TokenUsage usage = sample.usage();
            if (usage == null) {
                known = false;
                meter.answers(1, null);
                continue;
            }
            boolean isNew = left == 0 || !usage.equals(last);
            if (isNew) {
                left = usage.samplesInRequest();
                used += usage.promptTokens() + usage.completionTokens();
                last = usage;
            }
            meter.answers(1, isNew ? usage : null);
            left--;
        }
        if (tokens == null || !known) {
            return;
        }
        synchronized (this) {
            observed++;
            observedTokens += used;
        }
        if (used > guess) {
            // What was guessed too low is paid by those who come later.
            tokens.take(used - guess, clock.nanos());
        }
    }

    @Override
    public int callsPerSample() {
        return teacher.callsPerSample();
    }

    @Override
    public void close() {
        teacher.close();
    }
}
