package dev.retort.pipelines;

import dev.retort.data.AtomicFiles;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;

/** Sorts more lines than fit in memory: sorted runs on disk, merged at the end. */
final class LineSorter implements Closeable {

    private static final Comparator<KeyedLine> ORDER = Comparator.comparing(KeyedLine::key);
    private static final KeyedLine.LineCoder CODER = new KeyedLine.LineCoder();

    private final Path folder;
    private final long memory;
    private final List<KeyedLine> held = new ArrayList<>();
    private final List<Run> runs = new ArrayList<>();
    private long heldMemory;

    private record Run(Path file, int lines) {}

    /**
     * A sorter.
     *
     * @param folder for the runs; emptied now, made when needed, deleted by {@link #close}
     * @param memory about how many bytes of lines are held before they become a run
     */
    LineSorter(Path folder, long memory) throws IOException {
        AtomicFiles.deleteTree(folder);
        this.folder = folder;
        this.memory = memory;
    }

    void add(KeyedLine line) throws IOException {
        held.add(line);
        heldMemory += line.memory();
        if (heldMemory >= memory) {
            spill();
        }
    }

    private void spill() throws IOException {
        held.sort(ORDER);
        Files.createDirectories(folder);
        Path file = folder.resolve("run-" + runs.size());
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            for (KeyedLine line : held) {
                CODER.encode(line, out);
            }
        }
        runs.add(new Run(file, held.size()));
        held.clear();
        heldMemory = 0;
    }

    /**
     * Writes all lines in order.
     *
     * @return how many
     * @throws IOException where two lines have one key
     */
    long writeTo(Writer out) throws IOException {
        long count = 0;
        try (Lines lines = sorted()) {
            for (; lines.hasNext(); count++) {
                out.write(lines.next().line());
                out.write('\n');
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return count;
    }

    /** All lines in order; no more are added. */
    Lines sorted() throws IOException {
        held.sort(ORDER);
        Lines lines = new Lines();
        try {
            lines.open();
            return lines;
        } catch (IOException e) {
            lines.close();
            throw e;
        }
    }

    /**
     * Lines in order. Reading on throws {@link UncheckedIOException} where the disk fails, or where two lines have one key.
     */
    final class Lines implements Iterator<KeyedLine>, Closeable {

        private final PriorityQueue<Cursor> queue = new PriorityQueue<>(Comparator.comparing(Cursor::line, ORDER));
        private final List<Cursor> cursors = new ArrayList<>();
        private RowKey last;

        private void open() throws IOException {
            cursors.add(new Cursor(null, held.size()));
            for (Run run : runs) {
                InputStream in = new BufferedInputStream(Files.newInputStream(run.file()), 1 << 16);
                cursors.add(new Cursor(in, run.lines()));
            }
            for (Cursor cursor : cursors) {
                if (cursor.advance()) {
                    queue.add(cursor);
                }
            }
        }

        @Override
        public boolean hasNext() {
            return !queue.isEmpty();
        }

        @Override
        public KeyedLine next() {
            try {
                Cursor cursor = queue.remove();
                KeyedLine next = cursor.line();
                if (next.key().equals(last)) {
                    throw new IOException("two rows with " + last + " for one file");
                }
                last = next.key();
                if (cursor.advance()) {
                    queue.add(cursor);
                }
                return next;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            for (Cursor cursor : cursors) {
                cursor.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        AtomicFiles.deleteTree(folder);
    }

    /** Where the merge stands in one run, or in the lines still held. */
    private final class Cursor implements Closeable {

        private final InputStream in;
        private final int lines;
        private int next;
        private KeyedLine line;

        Cursor(InputStream in, int lines) {
            this.in = in;
            this.lines = lines;
        }

        KeyedLine line() {
            return line;
        }

        boolean advance() throws IOException {
            if (next == lines) {
                return false;
            }
            line = in == null ? held.get(next) : CODER.decode(in);
            next++;
            return true;
        }

        @Override
        public void close() throws IOException {
            if (in != null) {
                in.close();
            }
        }
    }
}
