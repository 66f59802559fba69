package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The answers a folder holds, found by what was asked ({@link SampleKey}). Any number of processes may use a folder at once,
 * over a shared file system too: each writes a file of its own and reads those of all.
 *
 * <p>Records are appended and brought to disk in groups, no more than {@link #WINDOW_MILLIS} apart; a process that is killed
 * loses what came in since the last group and nothing else. Damaged records are set aside in the folder {@code damaged} and
 * count as absent. About 200 bytes of memory an answer.
 */
public final class TeacherCache implements Closeable {

    /** The longest time between an answer's coming in and its being on disk, the disk's own time apart. */
    public static final long WINDOW_MILLIS = 50;

    private static final String SUFFIX = ".answers";
    private static final long GATHER_MILLIS = 25;
    private static final long REFRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(WINDOW_MILLIS);
    private static final int MOST_PENDING = 10_000;

    private record Place(CacheSegment segment, long offset) {}

    private final Path folder;
    private final Map<Path, CacheSegment> segments = new LinkedHashMap<>();
    private final Map<SampleKey, Place> places = new HashMap<>();
    private final Path ownFile;
    private long lastRefresh;

    private final Object pendingLock = new Object();
    private final Map<SampleKey, byte[]> unwritten = new LinkedHashMap<>();
    private boolean isWriting;
    private boolean isClosed;
    private IOException failure;
    private final Thread writer;

    /**
     * Opens a folder, which is made where it is not there.
     *
     * @throws IOException where it cannot be read or written
     */
    public TeacherCache(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        ownFile = folder.resolve(UUID.randomUUID() + SUFFIX);
        refresh();
        writer = new Thread(this::write, "teacher-cache");
        writer.setDaemon(true);
        writer.start();
    }

    /** Answers that can be found now. */
    public synchronized int size() {
        return places.size();
    }

    /** Stretches of damage that were set aside while the folder was read. */
    public synchronized int damaged() {
        return segments.values().stream().mapToInt(CacheSegment::damaged).sum();
    }

    /** Looks for what other processes have added. */
    private synchronized void refresh() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            entries.forEach(files::add);
        }
        // In an order of their own, so that of two answers to one question every process takes the same.
        files.sort(null);
        for (Path file : files) {
            CacheSegment segment = segments.get(file);
            if (segment == null) {
                segment = new CacheSegment(file);
                segments.put(file, segment);
            }
            CacheSegment read = segment;
            read.readOn((key, offset) -> places.putIfAbsent(key, new Place(read, offset)));
        }
        lastRefresh = System.nanoTime();
    }

    /** The answer to a question, as a sample of this question; answers of other processes are seen too. */
    public Optional<TeacherSample> get(SampleKey key, Question question, SamplingParams params, int sampleIndex)
            throws IOException {
        Optional<byte[]> answer = bytes(key);
        return answer.isEmpty() ? Optional.empty() : Optional.of(decode(answer.get(), question, params, sampleIndex));
    }

    private Optional<byte[]> bytes(SampleKey key) throws IOException {
        synchronized (pendingLock) {
            byte[] fresh = unwritten.get(key);
            if (fresh != null) {
                return Optional.of(fresh);
            }
        }
        Place place;
        synchronized (this) {
            if (!places.containsKey(key) && System.nanoTime() - lastRefresh > REFRESH_NANOS) {
                refresh();
            }
            place = places.get(key);
        }
        return place == null ? Optional.empty() : place.segment().answer(key, place.offset());
    }

    /**
     * Adds an answer, which can be found at once and is on disk a little later.
     *
     * @throws IOException where an earlier answer could not be written
     */
    public void put(SampleKey key, TeacherSample sample) throws IOException, InterruptedException {
        byte[] answer = encode(sample);
        synchronized (pendingLock) {
            while (unwritten.size() >= MOST_PENDING && failure == null) {
                pendingLock.wait();
            }
            check();
            unwritten.putIfAbsent(key, answer);
            pendingLock.notifyAll();
        }
    }

    /** Waits until all answers are on disk. */
    public void flush() throws IOException, InterruptedException {
        synchronized (pendingLock) {
            while ((!unwritten.isEmpty() || isWriting) && failure == null) {
                pendingLock.wait();
            }
            check();
        }
    }

    private void check() throws IOException {
        if (failure != null) {
            throw new IOException(ownFile + ": the cache cannot be written: " + failure.getMessage(), failure);
        }
        if (isClosed) {
            throw new IOException(folder + ": the cache is closed");
        }
    }

    private void write() {
        // No channel: one that a thread writes to is closed when the thread is interrupted.
        try (FileOutputStream out = openWhenNeeded()) {
            if (out == null) {
                return;
            }
            AtomicFiles.sync(folder);
            while (true) {
                Map<SampleKey, byte[]> group = nextGroup();
                if (group.isEmpty()) {
                    return;
                }
                for (Map.Entry<SampleKey, byte[]> entry : group.entrySet()) {
                    out.write(CacheSegment.encode(entry.getKey(), entry.getValue()));
                }
                out.getFD().sync();
                refresh();
                synchronized (pendingLock) {
                    group.keySet().forEach(unwritten::remove);
                    isWriting = false;
                    pendingLock.notifyAll();
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            // Whatever it was, who waits for this thread must hear of it.
            synchronized (pendingLock) {
                failure = e instanceof IOException io ? io : new IOException(e.toString(), e);
                pendingLock.notifyAll();
            }
        }
    }

    /** A run that adds nothing leaves no empty file. */
    private FileOutputStream openWhenNeeded() throws IOException {
        synchronized (pendingLock) {
            waitForNews();
            if (unwritten.isEmpty()) {
                return null;
            }
        }
        return new FileOutputStream(ownFile.toFile(), true);
    }

    /** What came in, once something has and others had time to join it; nothing when the cache is closed. */
    private Map<SampleKey, byte[]> nextGroup() {
        synchronized (pendingLock) {
            waitForNews();
            waitForOthers();
            isWriting = !unwritten.isEmpty();
            return new LinkedHashMap<>(unwritten);
        }
    }

    private void waitForNews() {
        try {
            while (unwritten.isEmpty() && !isClosed) {
                pendingLock.wait();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void waitForOthers() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        try {
            for (long left = GATHER_MILLIS; left > 0 && !isClosed; ) {
                pendingLock.wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Nobody else knows this thread, so nobody interrupts it. */
    private static IllegalStateException interrupted(InterruptedException e) {
        return new IllegalStateException("the cache's own thread was interrupted", e);
    }

    private static byte[] encode(TeacherSample sample) {
        ObjectNode tree = Rows.mapper().valueToTree(sample);
        tree.remove(List.of("id", "task", "messages", "sample_index", "params"));
        return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static TeacherSample decode(byte[] answer, Question question, SamplingParams params, int sampleIndex)
            throws IOException {
        ObjectNode tree = (ObjectNode) Rows.mapper().readTree(answer);
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        JsonNode stored = tree.remove("extra");
        if (stored != null) {
            stored.fields().forEachRemaining(field -> extra.put(field.getKey(), field.getValue()));
        }
        tree.put("id", question.id()).put("sample_index", sampleIndex);
        TeacherSample sample = Rows.mapper().treeToValue(tree, TeacherSample.class);
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                sampleIndex,
                sample.text(),
                sample.rationale(),
                sample.answer(),
                sample.finishReason(),
                sample.teacher(),
                params,
                sample.usage(),
                extra);
    }

    /** Brings what is there to disk and ends; waits for it even when interrupted. */
    @Override
    public void close() throws IOException {
        synchronized (pendingLock) {
            isClosed = true;
            pendingLock.notifyAll();
        }
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            for (CacheSegment segment : segments.values()) {
                segment.close();
            }
        }
        if (failure != null) {
            throw new IOException(ownFile + ": the cache cannot be written: " + failure.getMessage(), failure);
        }
    }
}
