package dev.retort.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text from outside: UTF-8, bounded, errors name the line. */
final class TextLines {

    /** The longest text or line, in bytes. */
    private static final int LIMIT = 32 << 20;

    private TextLines() {}

    /** What is done with each line; numbers start at 1. */
    @FunctionalInterface
    interface Action {
        void accept(String line, long number) throws IOException;
    }

    /**
     * The whole input as it stands, a final line feed included.
     *
     * @param name what errors call it
     */
    static String read(InputStream in, String name) throws IOException {
        byte[] bytes = in.readNBytes(LIMIT + 1);
        if (bytes.length > LIMIT) {
            throw new IOException(name + ": longer than " + LIMIT + " bytes");
        }
        return text(bytes, name);
    }

    /**
     * Hands on line by line, cut at line feeds only and not trimmed; a last line without one counts.
     *
     * @param name what errors call the input
     */
    static void forEach(InputStream in, String name, Action action) throws IOException {
        InputStream buffered = new BufferedInputStream(in, 1 << 16);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        long number = 1;
        for (int b = buffered.read(); b >= 0; b = buffered.read()) {
            if (b == '\n') {
                action.accept(text(line.toByteArray(), name + ":" + number), number);
                line.reset();
                number++;
            } else if (line.size() == LIMIT) {
                throw new IOException(name + ":" + number + ": the line is longer than " + LIMIT + " bytes");
            } else {
                line.write(b);
            }
        }
        if (line.size() > 0) {
            action.accept(text(line.toByteArray(), name + ":" + number), number);
        }
    }

    private static String text(byte[] bytes, String where) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException(where + ": not UTF-8 text", e);
        }
    }
}
