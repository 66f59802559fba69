package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** What the tests of weight files share: bytes made by hand, and damage done to them. */
final class WeightFiles {
    private static final long[] EXTREMES = {0, -1, 1L << 31, 1L << 60, Long.MAX_VALUE, Long.MIN_VALUE};

    private WeightFiles() {}

    @FunctionalInterface
    interface Opener {
        TensorSource open(Path file) throws IOException;
    }

    /** Little-endian bytes, one after the other. */
    static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes int8(int... values) {
            for (int value : values) {
                out.write(value);
            }
            return this;
        }

        Bytes int16(int... values) {
            for (int value : values) {
                int8(value, value >> 8);
            }
            return this;
        }

        Bytes int32(int... values) {
            for (int value : values) {
                int16(value, value >> 16);
            }
            return this;
        }

        Bytes int64(long... values) {
            for (long value : values) {
                int32((int) value, (int) (value >> 32));
            }
            return this;
        }

        Bytes float32(float... values) {
            for (float value : values) {
                int32(Float.floatToRawIntBits(value));
            }
            return this;
        }

        Bytes raw(byte[] values) {
            out.write(values, 0, values.length);
            return this;
        }

        Bytes text(String text) {
            return raw(text.getBytes(StandardCharsets.UTF_8));
        }

        /** A GGUF string. */
        Bytes string(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return int64(bytes.length).raw(bytes);
        }

        Bytes zeros(int count) {
            return raw(new byte[count]);
        }

        /** Zeros up to a multiple of the alignment. */
        Bytes pad(int alignment) {
            return zeros(Math.floorMod(-out.size(), alignment));
        }

        byte[] toArray() {
            return out.toByteArray();
        }
    }

    static byte[] safetensors(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return new Bytes().int64(json.length).raw(json).raw(data).toArray();
    }

    static FloatBuffer floats(float... values) {
        return FloatBuffer.wrap(values);
    }

    static ByteBuffer bytes(byte... values) {
        return ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    }

    static float[] read(TensorSource source, String name) throws IOException {
        float[] floats = new float[Math.toIntExact(Shapes.elements(source.shape(name)))];
        FloatBuffer target = FloatBuffer.wrap(floats);
        source.readFloats(name, target);
        assertThat(target.remaining()).isZero();
        return floats;
    }

    /** A file or folder made by toolkit/src/test/python/make_models.py. */
    static Path fixture(String name) {
        URL url = WeightFiles.class.getResource("/models/" + name);
        assertThat(url).as("the fixture models/" + name).isNotNull();
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes without emptying the file first: many file systems go to the disk whenever a file is emptied and filled. */
    static void overwrite(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content));
            channel.truncate(content.length);
        }
    }

    /** The file loads whole, or fails with one line that names it; anything else fails the test. */
    static boolean loadsOrFailsCleanly(Path file, byte[] content, Opener opener, String damage) {
        try {
            overwrite(file, content);
            try (TensorSource source = opener.open(file)) {
                for (String name : source.names()) {
                    read(source, name);
                    source.readRaw(name);
                }
            }
            return true;
        } catch (ModelFileException e) {
            assertThat(e.getMessage()).as(damage).startsWith(file + ": ").contains(";");
            assertThat(e.getMessage().lines().count()).as(damage).isEqualTo(1);
            return false;
        } catch (IOException | RuntimeException e) {
            throw new AssertionError(damage, e);
        }
    }

    /** Changes single bytes at random, then writes extreme numbers over every place. */
    static void mutate(Path file, byte[] whole, Opener opener, long seed, int mutations) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < mutations; i++) {
            byte[] content = whole.clone();
            int at = random.nextInt(content.length);
            content[at] = (byte) random.nextInt(256);
            loadsOrFailsCleanly(file, content, opener, "byte " + at + " = " + content[at]);
        }
        for (int width : new int[] {Integer.BYTES, Long.BYTES}) {
            for (int at = 0; at + width <= whole.length; at++) {
                for (long extreme : EXTREMES) {
                    byte[] content = whole.clone();
                    ByteBuffer view = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
                    if (width == Long.BYTES) {
                        view.putLong(at, extreme);
                    } else {
                        view.putInt(at, (int) extreme);
                    }
                    loadsOrFailsCleanly(file, content, opener, width + " bytes at " + at + " = " + extreme);
                }
            }
        }
    }
}
