package dev.retort.teacher;

import dev.retort.data.TeacherSample;
import java.io.IOException;

/**
 * Hears of every item of a run once, on the thread that runs. What it throws ends the run; the next run tells it of all items
 * again, and gives the answers that are there without a second request.
 */
public interface BatchListener {

    /** There is a sample. */
    void answered(BatchItem item, TeacherSample sample) throws IOException;

    /**
     * There is none.
     *
     * @param error one line that says why
     * @param retryable whether asking the same again may help
     */
    void failed(BatchItem item, String error, boolean retryable) throws IOException;

    /**
     * How far the run has come; the default does nothing.
     *
     * @param submitted items that need no more sending
     * @param done items that were heard of, or that the server says it is done with
     * @param total items of the run
     */
    default void progress(int submitted, int done, int total) {}
}
