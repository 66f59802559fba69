package dev.retort.model;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An open weight file of any size: reads by position, errors that name the file. */
final class WeightChannel implements Closeable {

    /** Bytes decoded at a time, a bound and not a size: a smaller tensor takes less. */
    private static final int CHUNK_BYTES = 1 << 18;

    /** Turns whole blocks, from the start of little-endian bytes, into floats. */
    @FunctionalInterface
    interface Decoder {
        void decode(byte[] bytes, int blocks, float[] floats);
    }

    private final Path file;
    private final FileChannel channel;
    private final long size;

    private WeightChannel(Path file, FileChannel channel, long size) {
        this.file = file;
        this.channel = channel;
        this.size = size;
    }

    /** @param missing what to do when there is no such file */
    static WeightChannel open(Path file, String missing) throws ModelFileException {
        if (Files.isDirectory(file)) {
            throw new ModelFileException(file, "is a folder; give the path of a file");
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new ModelFileException(file, "there is no such file; " + missing, e);
        } catch (AccessDeniedException e) {
            throw new ModelFileException(file, "may not be read; grant read permission", e);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        try {
            return new WeightChannel(file, channel, channel.size());
        } catch (IOException e) {
            ModelFileException failure = unreadable(file, e);
            try {
                channel.close();
            } catch (IOException closing) {
                failure.addSuppressed(closing);
            }
            throw failure;
        }
    }

    Path file() {
        return file;
    }

    long size() {
        return size;
    }

    /** Fills the target's remaining bytes from this position of the file. */
    void read(long position, ByteBuffer target) throws ModelFileException {
        long at = position;
        while (target.hasRemaining()) {
            int count;
            try {
                count = channel.read(target, at);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
            if (count < 0) {
                throw new ModelFileException(
                        file, "ended at byte " + at + " while being read; something else is writing it: try again");
            }
            at += count;
        }
    }

    /** Reads values of whole blocks as floats, a chunk at a time. */
    void readFloats(
            String name,
            long position,
            long elements,
            int blockElements,
            int blockBytes,
            Decoder decoder,
            FloatBuffer target)
            throws ModelFileException {
        if (target.remaining() < elements) {
            throw new IllegalArgumentException("tensor " + name + " has " + elements
                    + " elements, but the target has room for " + target.remaining());
        }
        long blocks = elements / blockElements;
        int chunkBlocks = (int) Math.min(blocks, CHUNK_BYTES / blockBytes);
        byte[] bytes = new byte[chunkBlocks * blockBytes];
        float[] floats = new float[chunkBlocks * blockElements];
        for (long done = 0; done < blocks; done += chunkBlocks) {
            int count = (int) Math.min(chunkBlocks, blocks - done);
            read(position + done * blockBytes, ByteBuffer.wrap(bytes, 0, count * blockBytes));
            decoder.decode(bytes, count, floats);
            target.put(floats, 0, count * blockElements);
        }
    }

    /** The bytes of one tensor in a new direct little-endian buffer. */
    ByteBuffer readRaw(String name, long position, long length) throws ModelFileException {
        ByteBuffer bytes = allocate(name, length);
        read(position, bytes);
        return bytes.flip();
    }

    /** A direct little-endian buffer for one tensor. */
    ByteBuffer allocate(String name, long length) throws ModelFileException {
        if (length > Integer.MAX_VALUE) {
            throw ModelFileException.tensor(
                    file,
                    name,
                    "has " + length + " bytes, and one buffer holds 2 GiB; use a model with smaller tensors");
        }
        return ByteBuffer.allocateDirect((int) length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What to do about a file that is no weight file: a cloned pointer of Git LFS is the usual reason. */
    String advice() throws ModelFileException {
        byte[] pointer = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);
        if (size >= pointer.length) {
            ByteBuffer start = ByteBuffer.allocate(pointer.length);
            read(0, start);
            if (start.flip().equals(ByteBuffer.wrap(pointer))) {
                return "it is a Git LFS pointer: run `git lfs pull` where it was cloned";
            }
        }
        return "download it again";
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static ModelFileException unreadable(Path file, IOException e) {
        return new ModelFileException(file, "cannot be read (" + e + "); check the disk and the file", e);
    }
}
