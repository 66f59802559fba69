package dev.retort.teacher;

import dev.retort.data.AtomicFiles;
import dev.retort.data.JsonLines;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The state folder of one run at a time. A plan is NAME.requests.jsonl until its file is uploaded, then also NAME.state.json,
 * at last NAME.state.json with NAME.output.jsonl and NAME.errors.jsonl, where the server gave such. A file of requests without
 * a state has made no batch and is deleted.
 */
final class BatchFolder implements AutoCloseable {

    private static final String REQUESTS = ".requests.jsonl";
    private static final String STATE = ".state.json";
    private static final String OUTPUT = ".output.jsonl";
    private static final String ERRORS = ".errors.jsonl";
    private static final long MOST_STATE_BYTES = 64 << 10;

    private final Path folder;
    private final FileChannel lock;

    private BatchFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Takes a folder, makes it where there is none, and clears away what a killed run has left unfinished.
     *
     * @throws IOException where another run has it
     */
    static BatchFolder open(Path folder) throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!isLocked(channel)) {
                throw new IOException(folder + ": another run uses this folder; let it end, or give this one another");
            }
            BatchFolder opened = new BatchFolder(folder, channel);
            opened.clear();
            return opened;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private void clear() throws IOException {
        for (Path file : files()) {
            String name = file.getFileName().toString();
            String plan = name.substring(0, Math.max(0, name.indexOf('.')));
            boolean isOurs = BatchPlan.NAME.matcher(plan).matches();
            boolean isUnfinished = name.endsWith(AtomicFiles.PARTIAL)
                    || (name.equals(plan + REQUESTS) && !Files.exists(folder.resolve(plan + STATE)));
            if (isOurs && isUnfinished) {
                Files.delete(file);
            }
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** The plans that something was sent of, by name. */
    List<BatchPlan> plans() throws IOException {
        List<BatchPlan> plans = new ArrayList<>();
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (name.endsWith(STATE)) {
                plans.add(plan(file, name.substring(0, name.length() - STATE.length())));
            }
        }
        return plans;
    }

    private static BatchPlan plan(Path file, String name) throws IOException {
        String problem;
        if (Files.size(file) > MOST_STATE_BYTES) {
            problem = "too long";
        } else {
            try {
                BatchPlan plan = BatchPlan.parse(Files.readString(file));
                if (plan.name().equals(name) && plan.fileId() != null) {
                    return plan;
                }
                problem = "it belongs to another file";
            } catch (IllegalArgumentException e) {
                problem = e.getMessage();
            } catch (CharacterCodingException e) {
                problem = "not UTF-8";
            }
        }
        throw new IOException(
                file + ": not the state of a batch: " + problem + "; put it right, or delete it if its batch is lost");
    }

    /**
     * The custom ids of a plan that has not ended, in the order of its requests.
     *
     * @throws IOException where the file is not the one that was planned
     */
    Set<String> customIds(BatchPlan plan) throws IOException {
        Set<String> ids = new LinkedHashSet<>();
        Path file = requests(plan);
        try (BufferedReader reader = JsonLines.open(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                ids.add(String.valueOf(BatchLine.customIdOf(line)));
            }
        } catch (NoSuchFileException | CharacterCodingException e) {
            ids.clear();
        }
        if (!BatchPlan.hash(ids).equals(plan.hash())) {
            throw new IOException(file + ": not the requests that " + state(plan)
                    + " was made for; put it right, or delete both if their batch is lost");
        }
        return ids;
    }

    /** Writes the requests of a new plan. */
    BatchPlan create(Collection<String> customIds, String server, AtomicFiles.Content<BufferedWriter> requests)
            throws IOException {
        String hash = BatchPlan.hash(customIds);
        String name = hash;
        for (int again = 2; isTaken(name); again++) {
            name = hash + "-" + again;
        }
        BatchPlan plan = BatchPlan.of(name, server);
        AtomicFiles.writeText(requests(plan), requests);
        return plan;
    }

    private boolean isTaken(String name) {
        return Stream.of(REQUESTS, STATE, OUTPUT, ERRORS).anyMatch(end -> Files.exists(folder.resolve(name + end)));
    }

    void save(BatchPlan plan) throws IOException {
        AtomicFiles.writeText(state(plan), plan.format());
        if (plan.ended() != null) {
            // Whatever is asked again is planned again.
            Files.deleteIfExists(requests(plan));
        }
    }

    /** Forgets a plan that no batch was made of. */
    void delete(BatchPlan plan) throws IOException {
        Files.deleteIfExists(state(plan));
        Files.deleteIfExists(requests(plan));
    }

    Path requests(BatchPlan plan) {
        return folder.resolve(plan.name() + REQUESTS);
    }

    Path state(BatchPlan plan) {
        return folder.resolve(plan.name() + STATE);
    }

    Path output(BatchPlan plan) {
        return folder.resolve(plan.name() + OUTPUT);
    }

    Path errors(BatchPlan plan) {
        return folder.resolve(plan.name() + ERRORS);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
