package dev.retort.pipelines;

import dev.retort.data.Malformed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** The lines of a UTF-8 file, however long or broken they are: never more than one line and its bound are in memory. */
final class BoundedLines implements RowLines {

    private static final int LINE_FEED = '\n';

    private final Path file;
    private final InputStream in;
    private final int limit;
    private final byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private long number;

    private BoundedLines(Path file, InputStream in, int limit) {
        this.file = file;
        this.in = in;
        this.limit = limit;
    }

    /**
     * Opens a file, through gzip where its name ends in .gz.
     *
     * @param limit most bytes of a line
     */
    static BoundedLines open(Path file, int limit) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file + ": no such file");
        }
        InputStream in = Files.newInputStream(file);
        if (!file.toString().endsWith(".gz")) {
            return new BoundedLines(file, in, limit);
        }
        try {
            return new BoundedLines(file, new GZIPInputStream(in, 1 << 16), limit);
        } catch (IOException e) {
            in.close();
            throw new IOException(file + ": not a gzip file: " + e.getMessage(), e);
        }
    }

    /** The next line, or null after the last. */
    @Override
    public Line next() throws IOException {
        if (start == end && !fill()) {
            return null;
        }
        number++;
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean isTooLong = false;
        while (start < end || fill()) {
            int stop = start;
            while (stop < end && buffer[stop] != LINE_FEED) {
                stop++;
            }
            int room = limit - line.size();
            isTooLong |= stop - start > room;
            line.write(buffer, start, Math.min(stop - start, room));
            boolean isComplete = stop < end;
            start = isComplete ? stop + 1 : stop;
            if (isComplete) {
                break;
            }
        }
        return isTooLong ? tooLong(line.toByteArray()) : decoded(line.toByteArray());
    }

    private boolean fill() throws IOException {
        start = 0;
        try {
            end = Math.max(0, in.read(buffer));
        } catch (IOException e) {
            end = 0;
            throw new IOException(file + ": cannot be read: " + e.getMessage(), e);
        }
        return end > 0;
    }

    private Line tooLong(byte[] beginning) {
        return new Line(number, lenient(beginning), "line is longer than " + limit + " bytes");
    }

    private Line decoded(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return new Line(number, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text, null);
        } catch (CharacterCodingException e) {
            return new Line(number, lenient(bytes), "line is not UTF-8");
        }
    }

    private static String lenient(byte[] bytes) {
        byte[] beginning = Arrays.copyOf(bytes, Math.min(bytes.length, Malformed.TEXT_LIMIT));
        return new String(beginning, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
