package dev.retort.run;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file of scalars.
 *
 * <p>The file is a sequence of TFRecords (length as uint64, masked CRC32C of the length, data, masked CRC32C of the
 * data, all little-endian); the data are Event messages of the protocol-buffer schema
 * tensorboard/compat/proto/event.proto: wall_time = 1 (double), step = 2 (int64), file_version = 3 (string), summary =
 * 5; Summary.value = 1; Value.tag = 1, simple_value = 2.
 */
final class EventFile implements Closeable {

    private static final int RECORD_LIMIT = 1 << 24;
    private static final int HEADER = 12;
    /** Field 2 as a varint. */
    private static final int STEP_KEY = 16;

    private final FileOutputStream file;
    private final OutputStream out;

    private EventFile(FileOutputStream file) {
        this.file = file;
        this.out = new BufferedOutputStream(file, 1 << 14);
    }

    /**
     * A file to append to, cut to a length. It is no channel: one that a thread writes to is closed when the thread is
     * interrupted.
     */
    static FileOutputStream append(Path file, long keep) throws IOException {
        try (RandomAccessFile whole = new RandomAccessFile(file.toFile(), "rw")) {
            whole.setLength(keep);
        }
        return new FileOutputStream(file.toFile(), true);
    }

    /** Opens a file to append to, cut after the last whole event whose step is at most {@code lastStep}. */
    static EventFile open(Path file, long lastStep, double wallTime) throws IOException {
        long keep = Files.exists(file) ? lengthUpTo(file, lastStep) : 0;
        EventFile events = new EventFile(append(file, keep));
        if (keep == 0) {
            Message version = new Message();
            version.putDouble(1, wallTime);
            version.putText(3, "brain.Event:2");
            events.writeRecord(version);
        }
        return events;
    }

    /** Appends the scalars of a step. */
    void append(long step, Map<String, Double> values, double wallTime) throws IOException {
        Message summary = new Message();
        values.forEach((tag, number) -> {
            Message value = new Message();
            value.putText(1, tag);
            value.putFloat(2, number.floatValue());
            summary.putMessage(1, value);
        });
        Message event = new Message();
        event.putDouble(1, wallTime);
        event.putLong(2, step);
        event.putMessage(5, summary);
        writeRecord(event);
    }

    void flush() throws IOException {
        out.flush();
    }

    void sync() throws IOException {
        out.flush();
        file.getFD().sync();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private void writeRecord(Message event) throws IOException {
        byte[] data = event.bytes();
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(data.length);
        header.putInt(maskedCrc(header.array(), 8));
        out.write(header.array());
        out.write(data);
        ByteBuffer check = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        check.putInt(maskedCrc(data, data.length));
        out.write(check.array());
    }

    static int maskedCrc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        int value = (int) crc.getValue();
        return Integer.rotateRight(value, 15) + 0xa282ead8;
    }

    /** The file's length up to the first record that is torn, damaged or of a later step. */
    private static long lengthUpTo(Path file, long lastStep) throws IOException {
        long good = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            byte[] header = new byte[HEADER];
            while (in.readNBytes(header, 0, HEADER) == HEADER) {
                ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
                long length = fields.getLong();
                if (fields.getInt() != maskedCrc(header, 8) || length < 0 || length > RECORD_LIMIT) {
                    return good;
                }
                byte[] data = in.readNBytes((int) length);
                byte[] check = in.readNBytes(4);
                if (data.length < length
                        || check.length < 4
                        || ByteBuffer.wrap(check).order(ByteOrder.LITTLE_ENDIAN).getInt()
                                != maskedCrc(data, data.length)
                        || stepOf(data) > lastStep) {
                    return good;
                }
                good += HEADER + length + 4;
            }
        } catch (EOFException e) {
            return good;
        }
        return good;
    }

    /** The step of an Event that this class wrote: its fields come in order, wall_time first. */
    private static long stepOf(byte[] event) {
        ByteBuffer in = ByteBuffer.wrap(event);
        if (in.remaining() < 10 || in.get(9) != STEP_KEY) {
            return 0;
        }
        in.position(10);
        long value = 0;
        for (int shift = 0; in.hasRemaining() && shift < 64; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        return value;
    }

    /** A protocol-buffer message under construction. */
    private static final class Message {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        byte[] bytes() {
            return bytes.toByteArray();
        }

        void putDouble(int field, double value) {
            key(field, 1);
            ByteBuffer fixed = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            fixed.putDouble(value);
            bytes.writeBytes(fixed.array());
        }

        void putFloat(int field, float value) {
            key(field, 5);
            ByteBuffer fixed = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            fixed.putFloat(value);
            bytes.writeBytes(fixed.array());
        }

        void putLong(int field, long value) {
            key(field, 0);
            varint(value);
        }

        void putText(int field, String value) {
            putBytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        void putMessage(int field, Message value) {
            putBytes(field, value.bytes());
        }

        private void putBytes(int field, byte[] value) {
            key(field, 2);
            varint(value.length);
            bytes.writeBytes(value);
        }

        private void key(int field, int wireType) {
            varint((field << 3) | wireType);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                bytes.write((int) ((rest & 0x7f) | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }
    }
}
