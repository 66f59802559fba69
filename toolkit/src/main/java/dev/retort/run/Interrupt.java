package dev.retort.run;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a loop end in good order when it is asked to stop.
 *
 * <p>The loop polls {@link #requested} between steps. It becomes true on Ctrl-C or another signal that ends the
 * process, where {@link #onSignals} was used, and when the loop's thread is interrupted, as notebooks do. On a signal
 * the virtual machine waits until {@link #close}: whatever the loop still writes and prints before that is done. It
 * then exits with 128 plus the signal's number, 130 for Ctrl-C, whatever the program itself would have exited with.
 */
public final class Interrupt implements AutoCloseable {

    /** Work that ends soon once its thread is interrupted. */
    @FunctionalInterface
    public interface Waiting<T> {
        T run() throws IOException, InterruptedException;
    }

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean requested;
    private volatile Thread interrupted;
    private Thread waiting;
    private boolean sent;

    private Interrupt(boolean signals, Runnable notice) {
        hook = signals ? new Thread(() -> waitForLoop(notice), "interrupt") : null;
        if (hook != null) {
            Runtime.getRuntime().addShutdownHook(hook);
        }
    }

    /** Reacts to thread interruption and {@link #request} only. */
    public static Interrupt onThread() {
        return new Interrupt(false, () -> {});
    }

    /** Reacts to signals as well. */
    public static Interrupt onSignals() {
        return onSignals(() -> {});
    }

    /**
     * Reacts to signals as well.
     *
     * @param notice runs at once when a signal comes, on a thread of its own, for example to say that the write in hand
     *     is finished first
     */
    public static Interrupt onSignals(Runnable notice) {
        return new Interrupt(true, notice);
    }

    private void waitForLoop(Runnable notice) {
        request();
        try {
            if (closed.getCount() > 0) {
                notice.run();
            }
            // A loop that hangs must not make the process immortal: the virtual machine takes no second Ctrl-C while it
            // ends.
            if (!closed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                System.err.println("the loop did not end within " + PATIENCE.toMinutes() + " minutes: stopping it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the loop should end now. An interruption of the calling thread is taken over until {@link #close}. */
    public boolean requested() {
        if (Thread.interrupted()) {
            interrupted = Thread.currentThread();
            requested = true;
        }
        return requested;
    }

    /** Asks the loop to end. */
    public synchronized void request() {
        requested = true;
        if (waiting != null) {
            sent = true;
            waiting.interrupt();
        }
    }

    /**
     * Does work that does not poll, such as a pipeline's, and interrupts it when it should end. Not for work that writes by
     * channels on the calling thread and must not lose what it has in hand: an interruption closes them.
     *
     * @throws InterruptedException where the work ended for that, or was not begun; {@link #requested} is true from then on
     */
    public <T> T interrupting(Waiting<T> work) throws IOException, InterruptedException {
        synchronized (this) {
            if (requested()) {
                throw new InterruptedException("asked to end");
            }
            waiting = Thread.currentThread();
        }
        try {
            return work.run();
        } catch (InterruptedException e) {
            requested = true;
            throw e;
        } finally {
            synchronized (this) {
                waiting = null;
                if (sent) {
                    Thread.interrupted();
                }
            }
        }
    }

    /**
     * Says that the loop has ended and all is written: a process that waits for it may exit. The calling thread is
     * interrupted again where that was taken over from it.
     */
    @Override
    public void close() {
        if (interrupted == Thread.currentThread()) {
            interrupted = null;
            Thread.currentThread().interrupt();
        }
        closed.countDown();
        if (hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending already, which is what the hook was for.
                requested = true;
            }
        }
    }
}
