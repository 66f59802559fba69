package dev.retort.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes GGUF files of version 3, one tensor in memory at a time; a file is whole or absent. Metadata and tensors lie in
 * the order in which they were added.
 */
public final class GgufWriter {
    private static final int VERSION = 3;

    /** ggml keeps 64 bytes for a tensor's name, the terminating zero included. */
    private static final int LONGEST_TENSOR_NAME = 63;

    private final Map<String, Consumer<Output>> metadata = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private static final class Tensor {
        private final String name;
        private final GgufType type;
        private final long[] shape;
        private final long elements;
        private final TensorSupplier<FloatBuffer> values;

        private Tensor(String name, GgufType type, long[] shape, TensorSupplier<FloatBuffer> values) {
            this.name = name;
            this.type = type;
            this.shape = shape.clone();
            this.elements = Shapes.elements(shape);
            this.values = values;
        }

        private long bytes() {
            return Math.multiplyExact(elements / type.blockElements(), (long) type.blockBytes());
        }
    }

    /** Collects the header. */
    private static final class Output {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        private void int32(int value) {
            for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                bytes.write(value >> shift);
            }
        }

        private void int64(long value) {
            int32((int) value);
            int32((int) (value >> Integer.SIZE));
        }

        private void string(String value) {
            byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
            int64(encoded.length);
            bytes.write(encoded, 0, encoded.length);
        }

        private void arrayOf(int type, int count) {
            int32(GgufFile.ARRAY);
            int32(type);
            int64(count);
        }
    }

    /** Adds a string to the metadata. */
    public GgufWriter string(String key, String value) {
        return add(key, out -> {
            out.int32(GgufFile.STRING);
            out.string(value);
        });
    }

    /**
     * Adds an unsigned 32-bit integer to the metadata.
     *
     * @throws IllegalArgumentException when it is negative
     */
    public GgufWriter uint32(String key, int value) {
        if (value < 0) {
            throw new IllegalArgumentException("metadata " + key + " may not be negative, but is " + value);
        }
        return add(key, out -> {
            out.int32(GgufFile.UINT32);
            out.int32(value);
        });
    }

    /** Adds a 32-bit float to the metadata. */
    public GgufWriter float32(String key, float value) {
        return add(key, out -> {
            out.int32(GgufFile.FLOAT32);
            out.int32(Float.floatToRawIntBits(value));
        });
    }

    /** Adds a boolean to the metadata. */
    public GgufWriter bool(String key, boolean value) {
        return add(key, out -> {
            out.int32(GgufFile.BOOL);
            out.bytes.write(value ? 1 : 0);
        });
    }

    /** Adds an array of strings to the metadata. */
    public GgufWriter strings(String key, List<String> values) {
        List<String> kept = List.copyOf(values);
        return add(key, out -> {
            out.arrayOf(GgufFile.STRING, kept.size());
            kept.forEach(out::string);
        });
    }

    /** Adds an array of signed 32-bit integers to the metadata. */
    public GgufWriter ints(String key, int... values) {
        int[] kept = values.clone();
        return add(key, out -> {
            out.arrayOf(GgufFile.INT32, kept.length);
            for (int value : kept) {
                out.int32(value);
            }
        });
    }

    /** Adds an array of 32-bit floats to the metadata. */
    public GgufWriter floats(String key, float... values) {
        float[] kept = values.clone();
        return add(key, out -> {
            out.arrayOf(GgufFile.FLOAT32, kept.length);
            for (float value : kept) {
                out.int32(Float.floatToRawIntBits(value));
            }
        });
    }

    /**
     * Adds a tensor of F32, F16, BF16 or Q8_0, its values given as float32.
     *
     * @param shape row-major, 1 to 4 dimensions; for Q8_0 the last one is a multiple of 32
     * @throws IllegalArgumentException when the name is taken or too long, or the type or shape does not fit
     */
    public GgufWriter tensor(String name, GgufType type, long[] shape, TensorSupplier<FloatBuffer> values) {
        if (type == GgufType.Q4_0 || type == GgufType.Q4_1) {
            throw new IllegalArgumentException(
                    "tensor " + name + ": " + type + " is read, not written; use F32, F16, BF16 or Q8_0");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_TENSOR_NAME) {
            throw new IllegalArgumentException(
                    "tensor " + name + ": a name has at most " + LONGEST_TENSOR_NAME + " bytes");
        }
        if (shape.length < 1 || shape.length > GgufFile.MOST_DIMENSIONS) {
            throw new IllegalArgumentException("tensor " + name + ": has " + shape.length
                    + " dimensions, and must have 1 to " + GgufFile.MOST_DIMENSIONS);
        }
        if (shape[shape.length - 1] % type.blockElements() != 0) {
            throw new IllegalArgumentException("tensor " + name + ": has rows of " + shape[shape.length - 1] + ", and "
                    + type + " needs multiples of " + type.blockElements());
        }
        if (tensors.putIfAbsent(name, new Tensor(name, type, shape, values)) != null) {
            throw new IllegalArgumentException("tensor " + name + " is there already");
        }
        return this;
    }

    /**
     * Writes the file, replacing an older one only when the new one is whole and on the disk.
     *
     * @throws ModelFileException when a value cannot be stored in its tensor's type
     */
    public void write(Path file) throws IOException {
        WeightOutput.write(file, out -> {
            byte[] header = header();
            out.write(ByteBuffer.wrap(header));
            pad(out, header.length);
            for (Tensor tensor : tensors.values()) {
                FloatBuffer values = tensor.values.get();
                if (values.remaining() != tensor.elements) {
                    throw new IllegalArgumentException("tensor " + tensor.name + " takes " + tensor.elements
                            + " values, but was given " + values.remaining());
                }
                new FloatEncoder(out, tensor.name).write(tensor.type, values);
                pad(out, tensor.bytes());
            }
        });
    }

    private GgufWriter add(String key, Consumer<Output> value) {
        if (key.equals(GgufFile.ALIGNMENT_KEY)) {
            throw new IllegalArgumentException(key + " is the writer's own to set");
        }
        if (metadata.putIfAbsent(key, value) != null) {
            throw new IllegalArgumentException("metadata " + key + " is there already");
        }
        return this;
    }

    private byte[] header() {
        Output out = new Output();
        out.int32(GgufFile.MAGIC);
        out.int32(VERSION);
        out.int64(tensors.size());
        out.int64(metadata.size());
        metadata.forEach((key, value) -> {
            out.string(key);
            value.accept(out);
        });
        long offset = 0;
        for (Tensor tensor : tensors.values()) {
            out.string(tensor.name);
            out.int32(tensor.shape.length);
            for (int i = tensor.shape.length - 1; i >= 0; i--) {
                out.int64(tensor.shape[i]);
            }
            out.int32(tensor.type.id());
            out.int64(offset);
            offset += tensor.bytes() + padding(tensor.bytes());
        }
        return out.bytes.toByteArray();
    }

    private static void pad(WeightOutput out, long length) throws IOException {
        out.write(ByteBuffer.allocate(padding(length)));
    }

    private static int padding(long length) {
        return (int) (-length & (GgufFile.DEFAULT_ALIGNMENT - 1));
    }
}
