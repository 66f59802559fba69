package dev.retort.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files, one tensor in memory at a time; a file is whole or absent. Tensors lie in the order in which
 * they were added, those of wider types first, so that every one is aligned; the metadata says format = pt.
 */
public final class SafetensorsWriter {

    /** What Hugging Face libraries put in a shard at most by default, in bytes. */
    public static final long USUAL_SHARD_BYTES = 5_000_000_000L;

    private static final int HEADER_ALIGNMENT = 8;
    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private static final class Tensor {
        private final String name;
        private final WeightDtype dtype;
        private final long[] shape;
        private final long bytes;
        private final WeightOutput.Content content;

        private Tensor(String name, WeightDtype dtype, long[] shape, WeightOutput.Content content) {
            this.name = name;
            this.dtype = dtype;
            this.shape = shape.clone();
            this.bytes = Math.multiplyExact(Shapes.elements(shape), (long) dtype.bytes());
            this.content = content;
        }
    }

    /** Starts with no tensors. */
    public SafetensorsWriter() {
        metadata.put("format", "pt");
    }

    /** Adds a string to the header's metadata. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a tensor whose values are given as float32 and stored as F32, F16 or BF16, rounded to nearest, ties to even.
     * A finite value that float16 cannot hold fails the write.
     *
     * @throws IllegalArgumentException when there is a tensor of that name or the type is another
     */
    public SafetensorsWriter floats(String name, WeightDtype dtype, long[] shape, TensorSupplier<FloatBuffer> values) {
        GgufType encoding =
                switch (dtype) {
                    case F32 -> GgufType.F32;
                    case F16 -> GgufType.F16;
                    case BF16 -> GgufType.BF16;
                    default -> throw new IllegalArgumentException("tensor " + name
                            + ": float32 values are not stored as " + dtype + "; use F32, F16 or BF16");
                };
        long elements = Shapes.elements(shape);
        return add(new Tensor(name, dtype, shape, out -> {
            FloatBuffer buffer = values.get();
            requireSize(name, elements, buffer.remaining(), "values");
            new FloatEncoder(out, name).write(encoding, buffer);
        }));
    }

    /**
     * Adds a tensor whose values are given as the little-endian bytes to store.
     *
     * @throws IllegalArgumentException when there is a tensor of that name
     */
    public SafetensorsWriter bytes(String name, WeightDtype dtype, long[] shape, TensorSupplier<ByteBuffer> values) {
        long length = Math.multiplyExact(Shapes.elements(shape), (long) dtype.bytes());
        return add(new Tensor(name, dtype, shape, out -> {
            ByteBuffer buffer = values.get().duplicate();
            requireSize(name, length, buffer.remaining(), "bytes");
            out.write(buffer);
        }));
    }

    /**
     * Adds a tensor as another source holds it; the source must stay open until the write.
     *
     * @throws ModelFileException when the source has no tensor of that name
     */
    public SafetensorsWriter copy(TensorSource source, String name) throws ModelFileException {
        return bytes(name, source.dtype(name), source.shape(name), () -> source.readRaw(name));
    }

    /** Writes all tensors to one file, replacing an older one only when the new one is whole and on the disk. */
    public void writeFile(Path file) throws IOException {
        write(file, List.copyOf(tensors.values()));
    }

    /**
     * Writes model.safetensors, or, where that would take more than maxShardBytes of tensors, shards of at most that (a
     * larger tensor has a shard of its own) and, last, their index. The folder is made when it is missing.
     *
     * @throws ModelFileException when the folder holds safetensors weights already, or cannot be written
     */
    public void writeFolder(Path folder, long maxShardBytes) throws IOException {
        if (maxShardBytes < 1) {
            throw new IllegalArgumentException("a shard must hold at least 1 byte, not " + maxShardBytes);
        }
        Path single = folder.resolve(SafetensorsFolder.SINGLE_FILE);
        Path index = folder.resolve(SafetensorsFolder.INDEX);
        for (Path present : List.of(single, index)) {
            if (Files.exists(present)) {
                throw new ModelFileException(present, "is there already; choose an empty folder or remove it");
            }
        }
        List<List<Tensor>> shards = shards(maxShardBytes);
        if (shards.size() <= 1) {
            writeFile(single);
            return;
        }
        Map<String, String> fileOfTensor = new TreeMap<>();
        long totalBytes = 0;
        for (int i = 0; i < shards.size(); i++) {
            String fileName = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            write(folder.resolve(fileName), shards.get(i));
            for (Tensor tensor : shards.get(i)) {
                fileOfTensor.put(tensor.name, fileName);
                totalBytes += tensor.bytes;
            }
        }
        // Until the index is there, the shards are no model.
        byte[] json = index(fileOfTensor, totalBytes);
        WeightOutput.write(index, out -> out.write(ByteBuffer.wrap(json)));
    }

    private SafetensorsWriter add(Tensor tensor) {
        if (tensor.name.equals("__metadata__")) {
            throw new IllegalArgumentException("__metadata__ is no name for a tensor");
        }
        if (tensors.putIfAbsent(tensor.name, tensor) != null) {
            throw new IllegalArgumentException("tensor " + tensor.name + " is there already");
        }
        return this;
    }

    private static void requireSize(String name, long wanted, long given, String unit) {
        if (given != wanted) {
            throw new IllegalArgumentException(
                    "tensor " + name + " takes " + wanted + " " + unit + ", but was given " + given);
        }
    }

    private List<List<Tensor>> shards(long maxShardBytes) {
        List<List<Tensor>> shards = new ArrayList<>();
        long filled = 0;
        for (Tensor tensor : tensors.values()) {
            if (shards.isEmpty() || tensor.bytes > maxShardBytes - filled) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.get(shards.size() - 1).add(tensor);
            filled += tensor.bytes;
        }
        return shards;
    }

    private void write(Path file, List<Tensor> unordered) throws IOException {
        List<Tensor> ordered = new ArrayList<>(unordered);
        // A stable sort. Readers that map the file need every tensor to begin at a multiple of its element size.
        ordered.sort(Comparator.comparingInt(tensor -> -tensor.dtype.bytes()));
        byte[] header = header(ordered);
        if (header.length > WeightJson.LONGEST) {
            throw new ModelFileException(
                    file,
                    "would need a header of " + header.length + " bytes, more than readers accept ("
                            + WeightJson.LONGEST + "); write fewer tensors to a file");
        }
        WeightOutput.write(file, out -> {
            out.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .flip());
            out.write(ByteBuffer.wrap(header));
            for (Tensor tensor : ordered) {
                tensor.content.write(out);
            }
        });
    }

    private byte[] header(List<Tensor> ordered) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeObjectFieldStart("__metadata__");
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            long begin = 0;
            for (Tensor tensor : ordered) {
                json.writeObjectFieldStart(tensor.name);
                json.writeStringField("dtype", tensor.dtype.name());
                json.writeFieldName("shape");
                json.writeArray(tensor.shape, 0, tensor.shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, begin + tensor.bytes}, 0, 2);
                json.writeEndObject();
                begin += tensor.bytes;
            }
            json.writeEndObject();
        }
        while (bytes.size() % HEADER_ALIGNMENT != 0) {
            bytes.write(' ');
        }
        return bytes.toByteArray();
    }

    private static byte[] index(Map<String, String> fileOfTensor, long totalBytes) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            json.writeStartObject();
            json.writeObjectFieldStart("metadata");
            json.writeNumberField("total_size", totalBytes);
            json.writeEndObject();
            json.writeObjectFieldStart("weight_map");
            for (Map.Entry<String, String> entry : fileOfTensor.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        bytes.write("\n".getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }
}
