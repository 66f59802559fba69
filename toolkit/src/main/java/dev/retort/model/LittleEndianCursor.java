package dev.retort.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the numbers and strings of a GGUF header forwards, through a window; nothing is taken that is not there. */
final class LittleEndianCursor {
    private static final int WINDOW_BYTES = 1 << 16;

    private final WeightChannel channel;
    private final long limit;
    private final ByteBuffer window;
    private long windowEnd;

    /** @param limit the first byte that may not be read, at most the file's size */
    LittleEndianCursor(WeightChannel channel, long limit) {
        this.channel = channel;
        this.limit = limit;
        window = ByteBuffer.allocate((int) Math.min(WINDOW_BYTES, limit))
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
    }

    long position() {
        return windowEnd - window.remaining();
    }

    byte int8(String what) throws ModelFileException {
        return require(Byte.BYTES, what).get();
    }

    short int16(String what) throws ModelFileException {
        return require(Short.BYTES, what).getShort();
    }

    int int32(String what) throws ModelFileException {
        return require(Integer.BYTES, what).getInt();
    }

    long int64(String what) throws ModelFileException {
        return require(Long.BYTES, what).getLong();
    }

    float float32(String what) throws ModelFileException {
        return require(Float.BYTES, what).getFloat();
    }

    double float64(String what) throws ModelFileException {
        return require(Double.BYTES, what).getDouble();
    }

    /** A count of things of which each takes at least so many bytes of what is left. */
    int count(int bytesEach, String what) throws ModelFileException {
        long count = int64(what);
        if (count < 0 || count > (limit - position()) / bytesEach) {
            throw cut(Long.toUnsignedString(count) + " " + what);
        }
        return (int) count;
    }

    /** A length and that many bytes of UTF-8. */
    String string(String what) throws ModelFileException {
        byte[] bytes = new byte[count(1, "bytes of " + what)];
        int inWindow = Math.min(bytes.length, window.remaining());
        window.get(bytes, 0, inWindow);
        if (inWindow < bytes.length) {
            channel.read(windowEnd, ByteBuffer.wrap(bytes, inWindow, bytes.length - inWindow));
            windowEnd += bytes.length - inWindow;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ModelFileException(
                    channel.file(), what + " is not UTF-8; convert or download the model again", e);
        }
    }

    private ByteBuffer require(int bytes, String what) throws ModelFileException {
        if (window.remaining() < bytes) {
            long position = position();
            if (bytes > limit - position) {
                throw cut(what);
            }
            window.clear().limit((int) Math.min(window.capacity(), limit - position));
            channel.read(position, window);
            windowEnd = position + window.limit();
            window.flip();
        }
        return window;
    }

    private ModelFileException cut(String what) throws ModelFileException {
        return new ModelFileException(
                channel.file(),
                "has no room for " + what + " after byte " + position() + " (its header must end within byte " + limit
                        + "); " + channel.advice());
    }
}
