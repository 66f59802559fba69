package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A side that is started anew for every turn, in an empty folder: its time is that of the whole command, its start too. */
final class WholeRun implements Turns {

    /** Stands for the turn's folder in a side's command. */
    static final String FOLDER = "{folder}";

    private static final long LOOK_EVERY_MILLIS = 500;

    /** What is done before a turn and after it, outside the measured time. */
    interface Around {
        void before() throws IOException, InterruptedException;

        /** Checks what the turn did, and says it in figures. */
        ObjectNode after(Side side, Path folder) throws IOException, InterruptedException;
    }

    private final Side side;
    private final Path log;
    private final Path folder;
    private final Around around;
    private long peakResidentBytes;

    /**
     * Starts nothing yet.
     *
     * @param log takes what the command writes in its latest turn
     * @param folder the turns' folder, emptied before each
     */
    WholeRun(Side side, Path log, Path folder, Around around) {
        this.side = side;
        this.log = log;
        this.folder = folder;
        this.around = around;
    }

    /**
     * Runs the command.
     *
     * @throws IOException if it fails, or did not do what it should
     */
    @Override
    public ObjectNode go() throws IOException, InterruptedException {
        AtomicFiles.deleteTree(folder);
        Files.createDirectories(folder);
        around.before();
        List<String> command = side.command().stream()
                .map(word -> word.replace(FOLDER, folder.toAbsolutePath().toString()))
                .toList();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("HF_HUB_OFFLINE", "1");
        long start = System.nanoTime();
        Process process = builder.start();
        Thread killer = new Thread(() -> kill(process), "kill " + side.name());
        Runtime.getRuntime().addShutdownHook(killer);
        long end;
        try {
            do {
                peakResidentBytes = Math.max(peakResidentBytes, ResidentMemory.ofTree(process.toHandle()));
            } while (!process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS));
            end = System.nanoTime();
        } finally {
            kill(process);
            forget(killer);
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    side.name() + " ended with status " + process.exitValue() + "; its messages are in " + log);
        }
        ObjectNode values = around.after(side, folder);
        values.put("seconds", (end - start) / 1e9);
        return values;
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static void forget(Thread killer) {
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // This process is ending: the hook runs, and finds nothing left to kill.
            killer.setName(killer.getName() + " too late");
        }
    }

    @Override
    public long peakResidentBytes() {
        return peakResidentBytes;
    }

    /** Removes the folder. */
    @Override
    public void close() throws IOException {
        AtomicFiles.deleteTree(folder);
    }
}
