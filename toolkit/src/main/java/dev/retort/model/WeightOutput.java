package dev.retort.model;

import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A weight file being written beside its final name; it gets that name when it is whole and on the disk. */
final class WeightOutput {
    private final Path file;
    private final OutputStream out;
    private final byte[] part = new byte[1 << 16];

    private WeightOutput(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /** What fills the file. */
    @FunctionalInterface
    interface Content {
        void write(WeightOutput out) throws IOException;
    }

    /** Replaces a file by what the content writes, or leaves everything as it was. */
    static void write(Path file, Content content) throws ModelFileException {
        try {
            AtomicFiles.write(file, out -> content.write(new WeightOutput(file, out)));
        } catch (ModelFileException e) {
            throw e;
        } catch (IOException e) {
            throw new ModelFileException(file, "cannot be written (" + e + "); check the disk and the folder", e);
        }
    }

    /** The final name, for messages. */
    Path file() {
        return file;
    }

    /** Writes from the buffer's position to its limit. */
    void write(ByteBuffer bytes) throws IOException {
        // Not through a channel: an interruption of the thread would close it.
        while (bytes.hasRemaining()) {
            int count = Math.min(bytes.remaining(), part.length);
            bytes.get(part, 0, count);
            out.write(part, 0, count);
        }
    }
}
