package dev.retort.papers;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** What every run folder has: config.yaml, which later runs of the folder must share, and run.json. */
public final class RunFolder {

    private static final String CONFIG = "config.yaml";

    private RunFolder() {}

    /**
     * Refuses a folder that was made with other settings.
     *
     * @param advice what to do then
     * @throws IOException that names the file
     */
    public static void requireSame(Path folder, Record config, String advice) throws IOException {
        Path file = folder.resolve(CONFIG);
        if (Files.exists(file) && !Files.readString(file).equals(YamlConfig.write(config))) {
            throw new IOException(file + ": made with other settings than these; " + advice);
        }
    }

    /** Writes config.yaml. */
    public static void writeConfig(Path folder, Record config) throws IOException {
        AtomicFiles.writeText(folder.resolve(CONFIG), YamlConfig.write(config));
    }

    /** The record of a run, or of a part of it with its own seed, that starts now. */
    public static RunRecord start(RunOptions options, Record config, Integer usualThreads, long seed) {
        return start(seed, options.command(), config, options.device(), options.threadsOr(usualThreads));
    }

    /** The record of a run that starts now. */
    public static RunRecord start(long seed, String command, Record config, Device device, int threads) {
        return RunRecord.start(seed, command, config, libraries(), device.toString(), threads);
    }

    /** Versions of what computes, for a record. */
    public static Map<String, String> libraries() {
        return Map.of(
                "djl",
                Engine.getDjlVersion(),
                "pytorch",
                Engine.getEngine("PyTorch").getVersion());
    }

    /**
     * The names, sizes and times of a folder's files but run.json.
     *
     * @return empty where there is no folder
     */
    public static Map<Path, String> state(Path folder) throws IOException {
        Map<Path, String> state = new HashMap<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                    state.put(file, Files.size(file) + " " + Files.getLastModifiedTime(file));
                }
            }
            state.remove(folder.resolve(RunRecord.FILE));
        }
        return state;
    }

    /**
     * Writes run.json, unless it is there and the folder is as it was before: a finished run that is run again is left as it is.
     *
     * @param before what {@link #state} was when the run began
     */
    public static void record(Path folder, RunRecord record, Duration spent, Map<Path, String> before)
            throws IOException {
        if (!Files.exists(folder.resolve(RunRecord.FILE)) || !state(folder).equals(before)) {
            record(folder, record, spent);
        }
    }

    /** Writes run.json; a resumed run keeps its first record and adds its time. */
    public static void record(Path folder, RunRecord record, Duration spent) throws IOException {
        RunRecord written = Files.exists(folder.resolve(RunRecord.FILE)) ? RunRecord.read(folder) : record;
        written.plus(spent).write(folder);
    }

    /**
     * A record with the files of a catalogued data set as inputs, each with its conditions.
     *
     * @param below only files whose path within the set begins so; empty for all
     */
    public static RunRecord withFiles(RunRecord record, String set, String below) throws IOException {
        DataCatalogue catalogue = DataCatalogue.standard();
        RunRecord extended = record;
        for (DataFile file : catalogue.set(set).files()) {
            String name = file.path().substring(set.length() + 1);
            if (name.startsWith(below)) {
                extended = extended.withInput(file.path(), catalogue.resolve(set, name), file.conditions());
            }
        }
        return extended;
    }
}
