package dev.retort.pipelines;

import dev.retort.teacher.TeacherMeter;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a worker in the same process says how far it has come, for a runner tells nothing before a stage is done; and where it
 * is told to stop, for the Direct runner lets it go on when a job is cancelled. A worker of a cluster finds no board.
 */
public final class ProgressBoard implements AutoCloseable {

    private static final Map<String, ProgressBoard> OPEN = new ConcurrentHashMap<>();

    /** Shows how far asking has come. */
    @FunctionalInterface
    public interface Listener {

        /**
         * Called after each question, on the thread that asks.
         *
         * @param done questions that have ended
         * @param total questions in all
         * @param counts of requests, answers and tokens so far
         */
        void onProgress(long done, long total, TeacherMeter.Counts counts);
    }

    /** The time that a worker asks. */
    interface Stay extends AutoCloseable {
        @Override
        void close();
    }

    private final String key = UUID.randomUUID().toString();
    private final Listener listener;
    private final Set<Thread> askers = new HashSet<>();
    private boolean isStopped;

    /** A board whose news this listener gets. */
    public ProgressBoard(Listener listener) {
        this.listener = listener;
        OPEN.put(key, this);
    }

    String key() {
        return key;
    }

    static void tell(String key, long done, long total, TeacherMeter.Counts counts) {
        ProgressBoard board = key == null ? null : OPEN.get(key);
        if (board != null) {
            board.listener.onProgress(done, total, counts);
        }
    }

    /**
     * Says that this thread asks now, until it closes what it gets.
     *
     * @param key of the board, or null
     * @throws InterruptedException if the board's job was stopped before
     */
    static Stay enter(String key) throws InterruptedException {
        ProgressBoard board = key == null ? null : OPEN.get(key);
        if (board == null) {
            return () -> {};
        }
        Thread asker = Thread.currentThread();
        synchronized (board.askers) {
            if (board.isStopped) {
                throw new InterruptedException("the job was stopped");
            }
            board.askers.add(asker);
        }
        return () -> board.leave(asker);
    }

    private void leave(Thread asker) {
        synchronized (askers) {
            askers.remove(asker);
            if (isStopped) {
                // The runner's thread goes on to something else.
                Thread.interrupted();
            }
            askers.notifyAll();
        }
    }

    /** Interrupts those who ask, and waits until they have stopped. */
    void stop() throws InterruptedException {
        synchronized (askers) {
            isStopped = true;
            askers.forEach(Thread::interrupt);
            while (!askers.isEmpty()) {
                askers.wait();
            }
        }
    }

    @Override
    public void close() {
        OPEN.remove(key);
    }
}
