package dev.retort.op;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Threads that each run tensor operations on one core of the CPU. Work that falls into parts by itself, rows say, goes so at the
 * pace of its operations: an operation shared by all cores has them wait for one another, which costs more than a small one takes.
 */
public final class Lanes {

    private static final long LOOK_AROUND_MILLIS = 50;

    private static final ThreadPoolExecutor THREADS = pool(Runtime.getRuntime().availableProcessors());

    private static CountDownLatch starting = new CountDownLatch(0);

    private Lanes() {}

    private static ThreadPoolExecutor pool(int most) {
        return new ThreadPoolExecutor(most, most, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Lanes::thread);
    }

    private static Thread thread(Runnable work) {
        CountDownLatch started = starting;
        Thread thread = new Thread(
                () -> {
                    // Asked for it first, PyTorch gives the thread the usual number; else it would do so after the
                    // setting.
                    Ops.threads();
                    Ops.setThreads(1);
                    started.countDown();
                    work.run();
                },
                "retort-lane");
        thread.setDaemon(true);
        return thread;
    }

    /** How many parts are worth making: the cores that an operation of this thread may use. */
    public static int most() {
        return Math.min(Ops.threads(), Runtime.getRuntime().availableProcessors());
    }

    /**
     * Makes all threads, for the pool would make a missing one unseen when it is given a part. The number set last is also what later
     * threads of others begin with, so the caller's is set again.
     */
    private static synchronized void start() {
        int missing = THREADS.getCorePoolSize() - THREADS.getPoolSize();
        if (missing <= 0) {
            return;
        }
        int own = Ops.threads();
        starting = new CountDownLatch(missing);
        THREADS.prestartAllCoreThreads();
        boolean isInterrupted = false;
        while (starting.getCount() > 0) {
            try {
                starting.await();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        Ops.setThreads(own);
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Does all parts, each on a thread of its own, and waits for them.
     *
     * @param meanwhile done on the calling thread some times a second, and at the end; no more once it has thrown something
     * @throws RuntimeException what meanwhile or a part has thrown, the first of them where several have; all parts have ended then
     */
    public static void run(List<Runnable> parts, Runnable meanwhile) {
        start();
        List<Future<?>> running = new ArrayList<>();
        parts.forEach(part -> running.add(THREADS.submit(part)));
        Wait wait = new Wait(meanwhile);
        running.forEach(wait::forEnd);
        wait.lookAround();
        if (wait.isInterrupted) {
            Thread.currentThread().interrupt();
        }
        if (wait.failure instanceof Error error) {
            throw error;
        }
        if (wait.failure != null) {
            throw (RuntimeException) wait.failure;
        }
    }

    /** The caller while it waits. */
    private static final class Wait {

        private Runnable meanwhile;
        private Throwable failure;
        private boolean isInterrupted;

        Wait(Runnable meanwhile) {
            this.meanwhile = meanwhile;
        }

        void forEnd(Future<?> part) {
            while (true) {
                try {
                    part.get(LOOK_AROUND_MILLIS, TimeUnit.MILLISECONDS);
                    return;
                } catch (ExecutionException e) {
                    fail(e.getCause());
                    return;
                } catch (TimeoutException e) {
                    lookAround();
                } catch (InterruptedException e) {
                    // Whoever looks around may want to know, and take it over.
                    Thread.currentThread().interrupt();
                    lookAround();
                    isInterrupted |= Thread.interrupted();
                }
            }
        }

        void lookAround() {
            try {
                meanwhile.run();
            } catch (RuntimeException | Error e) {
                // The parts still use what the caller will free.
                meanwhile = () -> {};
                fail(e);
            }
        }

        private void fail(Throwable e) {
            failure = failure == null ? e : failure;
        }
    }
}
