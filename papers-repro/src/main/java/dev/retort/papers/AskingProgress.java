package dev.retort.papers;

import dev.retort.pipelines.ProgressBoard;
import dev.retort.run.Interrupt;
import dev.retort.run.Progress;
import dev.retort.run.ProgressListener;
import dev.retort.teacher.TeacherMeter;
import java.io.IOException;
import java.util.List;

/** The progress of a pipeline that asks, shown once the number of its questions is known. */
public final class AskingProgress implements ProgressBoard.Listener, AutoCloseable {

    /** A pipeline that asks. */
    @FunctionalInterface
    public interface Asking<T> {

        /** @param shown is to see how far it has come */
        T run(ProgressBoard.Listener shown) throws IOException, InterruptedException;
    }

    private final String label;
    private final boolean quiet;
    private final List<ProgressListener> listeners;
    private Progress progress;
    private long kept;
    private long since = System.nanoTime();

    private AskingProgress(String label, boolean quiet, List<ProgressListener> listeners) {
        this.label = label;
        this.quiet = quiet;
        this.listeners = listeners;
    }

    /**
     * Asks, showing how far it has come.
     *
     * @param label of the line
     * @param quiet no line; listeners are still told
     * @param interrupt ends the asking at once
     * @throws InterruptedException where it was ended so
     */
    public static <T> T of(
            String label, boolean quiet, List<ProgressListener> listeners, Interrupt interrupt, Asking<T> asking)
            throws IOException, InterruptedException {
        try (AskingProgress shown = new AskingProgress(label, quiet, listeners)) {
            return interrupt.interrupting(() -> asking.run(shown));
        }
    }

    @Override
    public synchronized void onProgress(long done, long total, TeacherMeter.Counts counts) {
        if (progress == null && counts.requests() == 0 && done < total) {
            // Answers of an earlier run: they say nothing of the pace.
            kept = done;
            since = System.nanoTime();
            return;
        }
        if (progress == null) {
            progress = Progress.onStandardError(label, kept, total, since, quiet, listeners);
        }
        progress.update(done, counts.promptTokens() + counts.completionTokens(), Double.NaN);
    }

    @Override
    public synchronized void close() {
        if (progress != null) {
            progress.close();
        }
    }
}
