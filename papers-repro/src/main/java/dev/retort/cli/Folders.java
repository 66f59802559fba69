package dev.retort.cli;

import dev.retort.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

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

    /** Versions of what computes. */
    static Map<String, String> libraries() {
        ai.djl.engine.Engine engine = ai.djl.engine.Engine.getEngine("PyTorch");
        return Map.of("djl", ai.djl.engine.Engine.getDjlVersion(), "pytorch", engine.getVersion());
    }

    /** Threads that tensor operations use. */
    static int threads(Common common) {
        return common.threads() != null
                ? common.threads()
                : Runtime.getRuntime().availableProcessors();
    }

    /** Writes run.json; a resumed run keeps its first record and adds its time. */
    static void record(Path folder, RunRecord record, Duration spent) throws IOException {
        RunRecord written = Files.exists(folder.resolve(RunRecord.FILE)) ? RunRecord.read(folder) : record;
        written.plus(spent).write(folder);
    }
}
