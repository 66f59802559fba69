package dev.retort.model;

/** Is told how far the download of a model's file has come. */
@FunctionalInterface
public interface DownloadListener {

    /**
     * Called by the downloading thread once a file has taken more than two seconds, then at most ten times a second and
     * at the file's end.
     *
     * @param file its name in the repository
     * @param bytes that are on this machine, those of an earlier, cut download included
     * @param total bytes of the file; negative where the server does not say
     */
    void onDownload(String file, long bytes, long total);
}
