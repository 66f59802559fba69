package dev.retort.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What commands that write a run folder have in common. */
final class Folders {

    /** Stopped by Ctrl-C. */
    static final int INTERRUPTED = 130;

    private Folders() {}

    /**
     * Refuses a folder that holds something.
     *
     * @throws IOException that says how to go on
     */
    static void requireEmptyUnless(boolean resume, Path folder) throws IOException {
        if (resume || !Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": not a folder");
        }
        try (var files = Files.list(folder)) {
            if (files.findAny().isPresent()) {
                throw new IOException(folder + ": not empty; go on with --resume, or choose another folder");
            }
        }
    }

    /** Threads that tensor operations use. */
    static int threads(Common common) {
        return common.threads() != null
                ? common.threads()
                : Runtime.getRuntime().availableProcessors();
    }
}
