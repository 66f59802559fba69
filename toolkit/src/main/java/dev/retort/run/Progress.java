package dev.retort.run;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows how far a loop has come: a line that rewrites itself on a terminal, else at most one line every ten seconds.
 *
 * <p>The loop only leaves its numbers here; a thread of its own prints and tells the listeners, so that a stopped
 * terminal or a slow notebook does not hold the loop up.
 */
public final class Progress implements AutoCloseable {

    /**
     * The system property by which the launcher says that standard error is a terminal; Java itself cannot tell.
     * Without it no line is rewritten.
     */
    public static final String TERMINAL = "retort.terminal";

    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
    private static final long TICK_MILLIS = 100;
    private static final long LINE_NANOS = 10_000_000_000L;
    private static final int WIDTH = 79;
    /** How long the end of a loop waits for a stopped terminal or a slow listener. */
    private static final long CLOSE_MILLIS = 2_000;

    private final String label;
    private final long first;
    private final long total;
    private final PrintStream out;
    private final boolean terminal;
    private final List<ProgressListener> listeners;
    private final LongSupplier nanoTime;
    private final long start;
    private final Thread thread;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);

    private volatile State state;

    // Used by the printing thread only.
    private State told;
    private State shown;
    private long lastLine;

    private record State(long done, long tokens, double loss, long at) {}

    /**
     * Progress on standard error.
     *
     * @param done steps that an earlier process has done
     * @param total steps in all
     * @param quiet prints nothing; listeners are still told
     */
    public static Progress onStandardError(
            String label, long done, long total, boolean quiet, List<ProgressListener> listeners) {
        return onStandardError(label, done, total, System.nanoTime(), quiet, listeners);
    }

    /**
     * As before, of a loop that began earlier.
     *
     * @param start of the loop, as {@link System#nanoTime} gave it
     */
    public static Progress onStandardError(
            String label, long done, long total, long start, boolean quiet, List<ProgressListener> listeners) {
        return new Progress(
                label,
                done,
                total,
                start,
                quiet ? null : System.err,
                Boolean.getBoolean(TERMINAL),
                listeners,
                System::nanoTime,
                true);
    }

    Progress(
            String label,
            long done,
            long total,
            long start,
            PrintStream out,
            boolean terminal,
            List<ProgressListener> listeners,
            LongSupplier nanoTime,
            boolean threaded) {
        this.label = label;
        this.first = done;
        this.total = total;
        this.out = out;
        this.terminal = terminal;
        this.listeners = new ArrayList<>(listeners);
        this.nanoTime = nanoTime;
        this.start = start;
        this.lastLine = nanoTime.getAsLong() - LINE_NANOS;
        this.thread = threaded && (out != null || !listeners.isEmpty()) ? new Thread(this::run, "progress") : null;
        if (thread != null) {
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Notes the steps done so far. */
    public void update(long done) {
        update(done, -1, Double.NaN);
    }

    /**
     * Notes the steps done so far.
     *
     * @param tokens that this process has worked through in this loop; negative where they are not counted
     * @param loss of the last step, or NaN
     */
    public void update(long done, long tokens, double loss) {
        state = new State(done, tokens, loss, nanoTime.getAsLong());
    }

    private void run() {
        try {
            while (!ended.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                tick(false);
            }
            tick(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finished.countDown();
        }
    }

    /** Shows the latest state where it is new and due. */
    void tick(boolean last) {
        State now = state;
        if (now == null) {
            return;
        }
        if (!now.equals(told)) {
            told = now;
            tellListeners(update(now));
        }
        if (out == null) {
            return;
        }
        boolean due = terminal || last || nanoTime.getAsLong() - lastLine >= LINE_NANOS;
        if (due && !now.equals(shown)) {
            String line = update(now).format();
            if (terminal) {
                out.print("\r" + (line.length() > WIDTH ? line.substring(0, WIDTH) : line) + "\u001b[K");
            } else {
                out.print(line + "\n");
            }
            lastLine = nanoTime.getAsLong();
            shown = now;
        }
        if (last && terminal) {
            out.print("\n");
        }
        out.flush();
    }

    private void tellListeners(ProgressUpdate update) {
        for (ProgressListener listener : List.copyOf(listeners)) {
            try {
                listener.onProgress(update);
            } catch (RuntimeException e) {
                listeners.remove(listener);
                LOG.warn("a progress listener failed and is dropped: {}", e.toString());
            }
        }
    }

    private ProgressUpdate update(State now) {
        double elapsed = (now.at - start) / 1e9;
        long steps = now.done - first;
        return new ProgressUpdate(
                label,
                now.done,
                total,
                now.tokens < 0 || elapsed <= 0 ? Double.NaN : now.tokens / elapsed,
                now.loss,
                elapsed,
                steps <= 0 ? Double.NaN : elapsed / steps * (total - now.done));
    }

    /** Shows the last state and ends. */
    @Override
    public void close() {
        if (thread == null) {
            tick(true);
            return;
        }
        ended.countDown();
        try {
            if (!finished.await(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.debug("the last progress line was not shown in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
