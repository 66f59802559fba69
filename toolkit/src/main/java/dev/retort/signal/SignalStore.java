package dev.retort.signal;

import dev.retort.data.AtomicFiles;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import dev.retort.run.RunRecord;
import java.io.BufferedInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A folder of teacher signals, written once and found by {@link SignalKey}: shards signals-00001.safetensors with the tensors
 * {@code ids} (int32) and {@code logprobs} (float32), both [M, k], and index.jsonl, which says where each signal lies.
 *
 * <p>A shard is written beside, synced and renamed before the index names it, with a sum of both. So a killed writer loses what
 * came in since the last {@link #flush} and nothing else. Opening reads every shard once: lines of the index that are torn
 * or changed, or whose shard is missing or not the one they were written for, are set aside, and their keys count as missing. A shard
 * that no line names is overwritten by the next one. Safe for use by several threads.
 */
public final class SignalStore implements AutoCloseable {

    /** How much is gathered until a shard is written, in bytes. */
    private static final long SHARD_BYTES = 16L << 20;

    private static final String INDEX = "index.jsonl";
    private static final String IDS = "ids";
    private static final String LOG_PROBS = "logprobs";
    private static final int MOST_LINE_BYTES = 1_000;
    private static final Shard DAMAGED = new Shard("", 0, 0);

    private final Path folder;
    /** Null where the store is only read. */
    private final FileChannel lock;

    private final long shardBytes;
    private final Map<SignalKey, SignalEntry> places = new LinkedHashMap<>();
    private final Map<SignalKey, TopKLogProbs> gathered = new LinkedHashMap<>();
    private long gatheredBytes;
    private int lastShard;
    private int damaged;

    private record Shard(String sha256, long rows, long k) {

        boolean holds(SignalEntry entry) {
            return entry.isOf(sha256) && k == entry.k() && entry.first() <= rows - entry.rows();
        }
    }

    private SignalStore(Path folder, FileChannel lock, long shardBytes) throws IOException {
        this.folder = folder;
        this.lock = lock;
        this.shardBytes = shardBytes;
        readIndex();
    }

    /**
     * Opens a folder to read and add to, and makes it where there is none. Close the store: that writes what it has gathered.
     *
     * @throws IOException where another writer has it open
     */
    public static SignalStore open(Path folder) throws IOException {
        return open(folder, SHARD_BYTES);
    }

    static SignalStore open(Path folder, long shardBytes) throws IOException {
        Files.createDirectories(folder);
        FileChannel lock =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!isLocked(lock)) {
                throw new IOException(
                        folder + ": another run writes signals there; let it end, or give another folder");
            }
            return new SignalStore(folder, lock, shardBytes);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Opens a folder as it is now, to read only; a writer may have it open.
     *
     * @throws IOException where it holds no index
     */
    public static SignalStore openToRead(Path folder) throws IOException {
        if (!Files.isRegularFile(folder.resolve(INDEX))) {
            throw new IOException(folder + ": no " + INDEX + " there; give a folder of teacher signals");
        }
        return new SignalStore(folder, null, 0);
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private void readIndex() throws IOException {
        Path index = folder.resolve(INDEX);
        if (!Files.exists(index)) {
            return;
        }
        Map<String, Shard> shards = new HashMap<>();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(index))) {
            byte[] line = new byte[MOST_LINE_BYTES];
            int length = 0;
            for (int next = in.read(); next >= 0 || length > 0; next = in.read()) {
                if (next >= 0 && next != '\n') {
                    if (length < line.length) {
                        line[length] = (byte) next;
                    }
                    length = Math.min(length + 1, line.length + 1);
                } else if (length > 0) {
                    boolean isTooLong = length > line.length;
                    readLine(isTooLong ? "" : new String(line, 0, length, StandardCharsets.UTF_8), shards);
                    length = 0;
                }
            }
        }
    }

    private void readLine(String line, Map<String, Shard> shards) {
        Optional<SignalEntry> parsed = SignalEntry.parse(line);
        if (parsed.isEmpty()) {
            damaged++;
            return;
        }
        SignalEntry entry = parsed.get();
        lastShard = Math.max(lastShard, entry.shardNumber());
        if (shards.computeIfAbsent(entry.shard(), this::inspect).holds(entry)) {
            places.putIfAbsent(new SignalKey(entry.key()), entry);
        } else {
            damaged++;
        }
    }

    private Shard inspect(String name) {
        Path file = folder.resolve(name);
        try (SafetensorsFile shard = SafetensorsFile.open(file)) {
            long[] shape = shard.shape(IDS);
            boolean isOurs = shape.length == 2
                    && Arrays.equals(shape, shard.shape(LOG_PROBS))
                    && shard.dtype(IDS) == WeightDtype.I32
                    && shard.dtype(LOG_PROBS) == WeightDtype.F32;
            return isOurs ? new Shard(RunRecord.sha256(file), shape[0], shape[1]) : DAMAGED;
        } catch (IOException e) {
            return DAMAGED;
        }
    }

    /** Lines of the index that were set aside when the store was opened. */
    public int damaged() {
        return damaged;
    }

    /** The keys that are there, in the order in which they came. */
    public synchronized List<SignalKey> keys() {
        LinkedHashSet<SignalKey> keys = new LinkedHashSet<>(places.keySet());
        keys.addAll(gathered.keySet());
        return List.copyOf(keys);
    }

    public synchronized boolean contains(SignalKey key) {
        return places.containsKey(key) || gathered.containsKey(key);
    }

    /** Those of the keys that are not there, in their order, each once. */
    public synchronized List<SignalKey> missing(Collection<SignalKey> keys) {
        return keys.stream().filter(key -> !contains(key)).distinct().toList();
    }

    /** The signal of a key; empty where it is not there. */
    public synchronized Optional<TopKLogProbs> get(SignalKey key) throws IOException {
        TopKLogProbs waiting = gathered.get(key);
        SignalEntry entry = places.get(key);
        if (waiting != null || entry == null) {
            return Optional.ofNullable(waiting);
        }
        Path file = folder.resolve(entry.shard());
        int[] ids = new int[entry.rows() * entry.k()];
        float[] logProbs = new float[ids.length];
        long first = entry.first() * entry.k();
        try (SafetensorsFile shard = SafetensorsFile.open(file)) {
            shard.readRaw(IDS, first, ids.length).asIntBuffer().get(ids);
            shard.readRaw(LOG_PROBS, first, ids.length).asFloatBuffer().get(logProbs);
            return Optional.of(new TopKLogProbs(entry.rows(), entry.k(), ids, logProbs));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    file + ": " + e.getMessage() + "; delete the shard to have its signals made again", e);
        }
    }

    /** Adds a signal, which can be got at once and is on disk after the next {@link #flush}; one that is there stays. */
    public synchronized void put(SignalKey key, TopKLogProbs signal) throws IOException {
        requireWriter();
        if (contains(key)) {
            return;
        }
        // A shard's tensors have one width.
        if (!gathered.isEmpty() && width() != signal.k()) {
            flush();
        }
        gathered.put(key, signal);
        gatheredBytes += (long) signal.ids().length * (Integer.BYTES + Float.BYTES);
        if (gatheredBytes >= shardBytes) {
            flush();
        }
    }

    /** Brings all signals to disk. */
    public synchronized void flush() throws IOException {
        requireWriter();
        if (gathered.isEmpty()) {
            return;
        }
        String shard = SignalEntry.shardName(lastShard + 1);
        writeShard(folder.resolve(shard));
        String sha256 = RunRecord.sha256(folder.resolve(shard));
        Map<SignalKey, SignalEntry> entries = new LinkedHashMap<>();
        long first = 0;
        for (Map.Entry<SignalKey, TopKLogProbs> signal : gathered.entrySet()) {
            int rows = signal.getValue().positions();
            entries.put(signal.getKey(), SignalEntry.of(signal.getKey(), shard, first, rows, width(), sha256));
            first += rows;
        }
        appendToIndex(entries.values());
        lastShard++;
        places.putAll(entries);
        gathered.clear();
        gatheredBytes = 0;
    }

    private int width() {
        return gathered.values().iterator().next().k();
    }

    private void writeShard(Path file) throws IOException {
        int k = width();
        int rows = gathered.values().stream().mapToInt(TopKLogProbs::positions).sum();
        ByteBuffer ids = ByteBuffer.allocate(Math.multiplyExact(Math.multiplyExact(rows, k), Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        FloatBuffer logProbs = FloatBuffer.allocate(rows * k);
        for (TopKLogProbs signal : gathered.values()) {
            for (int id : signal.ids()) {
                ids.putInt(id);
            }
            logProbs.put(signal.logProbs());
        }
        long[] shape = {rows, k};
        new SafetensorsWriter()
                .bytes(IDS, WeightDtype.I32, shape, ids::flip)
                .floats(LOG_PROBS, WeightDtype.F32, shape, logProbs::flip)
                .writeFile(file);
    }

    private void appendToIndex(Collection<SignalEntry> entries) throws IOException {
        Path index = folder.resolve(INDEX);
        StringBuilder lines = new StringBuilder();
        // What a killed writer has left of a line ends here.
        lines.append(endsWithinALine(index) ? "\n" : "");
        entries.forEach(entry -> lines.append(entry.format()).append('\n'));
        // No channel: one that a thread writes to is closed when the thread is interrupted.
        try (FileOutputStream out = new FileOutputStream(index.toFile(), true)) {
            out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            out.getFD().sync();
        }
        AtomicFiles.sync(folder);
    }

    private static boolean endsWithinALine(Path index) throws IOException {
        if (!Files.exists(index) || Files.size(index) == 0) {
            return false;
        }
        try (RandomAccessFile in = new RandomAccessFile(index.toFile(), "r")) {
            in.seek(in.length() - 1);
            return in.read() != '\n';
        }
    }

    private void requireWriter() {
        if (lock == null || !lock.isOpen()) {
            throw new IllegalStateException(folder + ": the store of signals is not open to write");
        }
    }

    /** Brings all signals to disk and lets another writer in. */
    @Override
    public synchronized void close() throws IOException {
        if (lock != null && lock.isOpen()) {
            try (lock) {
                flush();
            }
        }
    }
}
