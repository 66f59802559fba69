package dev.retort.pipelines;

import dev.retort.teacher.TeacherMeter;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a worker in the same process says how far it has come, for a runner tells nothing before a stage is done. A worker of a
 * cluster finds no board and says nothing.
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

    private final String key = UUID.randomUUID().toString();
    private final Listener listener;

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

    @Override
    public void close() {
        OPEN.remove(key);
    }
}
