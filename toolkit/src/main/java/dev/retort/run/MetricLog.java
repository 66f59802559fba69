package dev.retort.run;

import dev.retort.data.AtomicFiles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a training loop measures, step by step: metrics.jsonl for programs and people, and the folder tensorboard/ for
 * TensorBoard. Rows are on disk for certain only after {@link #sync}; memory does not grow with the steps. An interruption
 * of the thread loses no row, and stands afterwards.
 *
 * <p>Common names: loss, learning_rate, grad_norm, tokens, tokens_per_second, seconds.
 */
public final class MetricLog implements Closeable {

    /** The file's name in a run folder. */
    public static final String FILE = "metrics.jsonl";

    /** The folder's name in a run folder. */
    public static final String EVENT_FOLDER = "tensorboard";

    private static final String EVENT_FILE = "events.out.tfevents.retort";
    private static final int LINE_LIMIT = 1 << 20;
    private static final long FLUSH_NANOS = 1_000_000_000L;

    private final FileOutputStream file;
    private final OutputStream out;
    private final EventFile events;
    private final Path folder;
    private long lastStep;
    private long lastFlush = System.nanoTime();

    private MetricLog(Path folder, FileOutputStream file, EventFile events, long lastStep) {
        this.folder = folder;
        this.file = file;
        this.out = new BufferedOutputStream(file, 1 << 14);
        this.events = events;
        this.lastStep = lastStep;
    }

    /** Opens an empty log in a run folder; an older one is replaced. */
    public static MetricLog create(Path folder) throws IOException {
        return open(folder, -1);
    }

    /**
     * Opens the log of a run folder to go on after a checkpoint: rows of later steps and a torn last line are cut off.
     * A log that is not there yet is begun.
     *
     * @param step the checkpoint's step
     * @throws IOException where a line before the last is not a metrics row
     */
    public static MetricLog resume(Path folder, long step) throws IOException {
        if (step < 0) {
            throw new IllegalArgumentException("step must not be negative");
        }
        return open(folder, step);
    }

    private static MetricLog open(Path folder, long step) throws IOException {
        Path eventFolder = folder.resolve(EVENT_FOLDER);
        if (step < 0) {
            AtomicFiles.deleteTree(eventFolder);
        }
        Files.createDirectories(eventFolder);
        Path file = folder.resolve(FILE);
        long keep = step < 0 || !Files.exists(file) ? 0 : lengthUpTo(file, step);
        FileOutputStream out = EventFile.append(file, keep);
        try {
            EventFile events = EventFile.open(eventFolder.resolve(EVENT_FILE), step, wallTime());
            return new MetricLog(folder, out, events, Math.max(step, 0));
        } catch (IOException | RuntimeException e) {
            out.close();
            throw e;
        }
    }

    /** The file's length up to the end of the last row whose step is at most this one. */
    private static long lengthUpTo(Path file, long step) throws IOException {
        long good = 0;
        long number = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long length = 0;
            for (int b = in.read(); b >= 0; b = in.read()) {
                length++;
                if (b != '\n') {
                    if (line.size() >= LINE_LIMIT) {
                        throw new IOException(file + ":" + (number + 1) + ": longer than " + LINE_LIMIT + " bytes");
                    }
                    line.write(b);
                    continue;
                }
                number++;
                try {
                    if (MetricRow.parse(line.toString(StandardCharsets.UTF_8)).step() > step) {
                        return good;
                    }
                } catch (IllegalArgumentException e) {
                    if (in.read() < 0) {
                        return good;
                    }
                    throw new IOException(
                            file + ":" + number + ": " + e.getMessage() + "; mend or remove the line, then resume", e);
                }
                line.reset();
                good = length;
            }
        }
        return good;
    }

    /**
     * Appends a row.
     *
     * @param step of the optimiser; not before the last row's
     */
    public void append(long step, Map<String, Double> values) throws IOException {
        if (step < lastStep) {
            throw new IllegalArgumentException(
                    folder.resolve(FILE) + ": step " + step + " comes after step " + lastStep);
        }
        MetricRow row = new MetricRow(step, values);
        out.write(row.format().getBytes(StandardCharsets.UTF_8));
        out.write('\n');
        events.append(step, row.values(), wallTime());
        lastStep = step;
        if (System.nanoTime() - lastFlush >= FLUSH_NANOS) {
            flush();
        }
    }

    private void flush() throws IOException {
        out.flush();
        events.flush();
        lastFlush = System.nanoTime();
    }

    /** Brings every row to disk. A checkpoint calls this before it is renamed into place. */
    public void sync() throws IOException {
        flush();
        file.getFD().sync();
        events.sync();
    }

    @Override
    public void close() throws IOException {
        try (events) {
            out.close();
        }
    }

    /**
     * Reads a metrics file row by row; a torn last line is left out.
     *
     * @throws IOException where another line is not a metrics row, naming file and line
     */
    public static void read(Path file, Consumer<MetricRow> rows) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            long number = 0;
            String line = reader.readLine();
            while (line != null) {
                number++;
                String next = reader.readLine();
                MetricRow row;
                try {
                    row = MetricRow.parse(line);
                } catch (IllegalArgumentException e) {
                    if (next == null) {
                        return;
                    }
                    throw new IOException(file + ":" + number + ": " + e.getMessage(), e);
                }
                rows.accept(row);
                line = next;
            }
        }
    }

    private static double wallTime() {
        return System.currentTimeMillis() / 1000.0;
    }
}
