package dev.retort.teacher;

import dev.retort.data.AtomicFiles;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One file of a {@link TeacherCache}, which one process writes and any number read. A record is four bytes of mark, the body's
 * length, the body's CRC-32C, then the body: the key and the answer.
 *
 * <p>A record whose sum is wrong is set aside, and reading goes on behind it. What is not whole at the end of the file may
 * still be on its way, and is looked at again.
 */
final class CacheSegment implements Closeable {

    /** Tells where a record was found. */
    @FunctionalInterface
    interface Found {
        void record(SampleKey key, long offset);
    }

    /** The longest body, in bytes. */
    static final int MOST_BYTES = 64 << 20;

    private static final int MARK = 0x52745331;
    private static final int HEADER = 12;
    private static final int WINDOW = 1 << 20;

    private final Path file;
    private final RandomAccessFile in;
    private long read;
    private int damaged;

    CacheSegment(Path file) throws IOException {
        this.file = file;
        this.in = new RandomAccessFile(file.toFile(), "r");
    }

    /** A record's bytes. */
    static byte[] encode(SampleKey key, byte[] answer) {
        ByteBuffer record = ByteBuffer.allocate(HEADER + SampleKey.BYTES + answer.length);
        record.putInt(MARK).putInt(SampleKey.BYTES + answer.length).putInt(0);
        record.put(key.bytes()).put(answer);
        record.putInt(8, sum(record.array(), HEADER, record.capacity() - HEADER));
        return record.array();
    }

    private static int sum(byte[] bytes, int from, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, length);
        return (int) sum.getValue();
    }

    /** How many stretches of damage were set aside so far. */
    synchronized int damaged() {
        return damaged;
    }

    /** Reads what has been added since the last time. */
    synchronized void readOn(Found found) throws IOException {
        long end = in.length();
        while (read < end) {
            Optional<byte[]> body = bodyAt(read, end);
            if (body.isPresent()) {
                found.record(keyOf(body.get()), read);
                read += HEADER + body.get().length;
                continue;
            }
            long next = nextRecord(read + 1, end);
            if (next == end && !isWholeAt(read, end)) {
                return;
            }
            setAside(read, next);
            read = next;
        }
    }

    private static SampleKey keyOf(byte[] body) {
        return SampleKey.of(Arrays.copyOf(body, SampleKey.BYTES));
    }

    /** Whether as many bytes are there as the header at this place says. */
    private boolean isWholeAt(long offset, long end) throws IOException {
        if (end - offset < HEADER) {
            return false;
        }
        in.seek(offset);
        int mark = in.readInt();
        int length = in.readInt();
        return mark != MARK || length < SampleKey.BYTES || length > MOST_BYTES || length <= end - offset - HEADER;
    }

    /** The body of a good record at this place. */
    private Optional<byte[]> bodyAt(long offset, long end) throws IOException {
        if (end - offset < HEADER) {
            return Optional.empty();
        }
        in.seek(offset);
        byte[] header = new byte[HEADER];
        in.readFully(header);
        ByteBuffer fields = ByteBuffer.wrap(header);
        int mark = fields.getInt();
        int length = fields.getInt();
        int sum = fields.getInt();
        if (mark != MARK || length < SampleKey.BYTES || length > MOST_BYTES || length > end - offset - HEADER) {
            return Optional.empty();
        }
        byte[] body = new byte[length];
        in.readFully(body);
        return sum(body, 0, length) == sum ? Optional.of(body) : Optional.empty();
    }

    /** Where the next good record begins, or the end. */
    private long nextRecord(long from, long end) throws IOException {
        for (long start = from; start < end; start += WINDOW - 3) {
            byte[] window = new byte[Math.toIntExact(Math.min(WINDOW, end - start))];
            in.seek(start);
            in.readFully(window);
            ByteBuffer bytes = ByteBuffer.wrap(window);
            for (int i = 0; i + 4 <= window.length; i++) {
                if (bytes.getInt(i) == MARK && bodyAt(start + i, end).isPresent()) {
                    return start + i;
                }
            }
        }
        return end;
    }

    private void setAside(long from, long to) throws IOException {
        damaged++;
        Path aside = file.resolveSibling("damaged").resolve(file.getFileName() + "-" + from);
        if (Files.exists(aside)) {
            return;
        }
        AtomicFiles.write(aside, out -> {
            byte[] part = new byte[WINDOW];
            in.seek(from);
            for (long left = to - from; left > 0; ) {
                int count = in.read(part, 0, Math.toIntExact(Math.min(WINDOW, left)));
                if (count < 0) {
                    throw new EOFException(file + " became shorter while it was read");
                }
                out.write(part, 0, count);
                left -= count;
            }
        });
    }

    /** The answer at a place, or nothing where it is not this key's, or damaged since it was found. */
    synchronized Optional<byte[]> answer(SampleKey key, long offset) throws IOException {
        Optional<byte[]> body = bodyAt(offset, in.length());
        return body.filter(bytes -> keyOf(bytes).equals(key))
                .map(bytes -> Arrays.copyOfRange(bytes, SampleKey.BYTES, bytes.length));
    }

    @Override
    public synchronized void close() throws IOException {
        in.close();
    }
}
