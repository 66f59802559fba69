package dev.retort.run;

/** Sees a loop's progress, to show it; it cannot change the loop. */
@FunctionalInterface
public interface ProgressListener {

    /**
     * Called at most ten times a second and once at the end, on a thread of its own: a slow listener misses updates.
     */
    void onProgress(ProgressUpdate update);
}
