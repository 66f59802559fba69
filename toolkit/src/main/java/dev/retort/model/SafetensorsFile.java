package dev.retort.model;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file: a little-endian header length, a JSON header, and the tensors, which must cover the rest of the
 * file without gap or overlap. The whole header is checked when the file is opened.
 */
public final class SafetensorsFile implements TensorSource {
    private static final int LENGTH_BYTES = Long.BYTES;
    private static final int MOST_DIMENSIONS = 32;
    private static final String METADATA = "__metadata__";

    private final WeightChannel channel;
    private final long dataStart;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> metadata;

    /** Where a tensor lies: begin and end count from the end of the header. */
    private static final class Tensor {
        private final String name;
        private final WeightDtype dtype;
        private final long[] shape;
        private final long begin;
        private final long end;
        private final long elements;

        private Tensor(String name, WeightDtype dtype, long[] shape, long begin, long end, long elements) {
            this.name = name;
            this.dtype = dtype;
            this.shape = shape;
            this.begin = begin;
            this.end = end;
            this.elements = elements;
        }

        private long bytes() {
            return end - begin;
        }
    }

    private SafetensorsFile(WeightChannel channel) throws ModelFileException {
        this.channel = channel;
        tensors = new LinkedHashMap<>();
        metadata = new LinkedHashMap<>();
        long headerLength = headerLength();
        ByteBuffer header = ByteBuffer.allocate((int) headerLength);
        channel.read(LENGTH_BYTES, header);
        if (headerLength == 0 || header.get(0) != '{') {
            throw new ModelFileException(
                    path(), "is not a safetensors file: its header is no JSON object; " + channel.advice());
        }
        parse(header.array());
        dataStart = LENGTH_BYTES + headerLength;
        checkCoverage(channel.size() - dataStart);
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws ModelFileException when there is no such file or it is not a whole, valid safetensors file
     */
    public static SafetensorsFile open(Path file) throws ModelFileException {
        WeightChannel channel =
                WeightChannel.open(file, "download the model's safetensors weights, or correct the path");
        try {
            return new SafetensorsFile(channel);
        } catch (ModelFileException | RuntimeException e) {
            try {
                channel.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    @Override
    public Path path() {
        return channel.file();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /** The header's own strings, such as format = pt; empty when it has none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public long[] shape(String name) throws ModelFileException {
        return tensor(name).shape.clone();
    }

    @Override
    public WeightDtype dtype(String name) throws ModelFileException {
        return tensor(name).dtype;
    }

    @Override
    public void readFloats(String name, FloatBuffer target) throws ModelFileException {
        Tensor tensor = tensor(name);
        channel.readFloats(
                name,
                dataStart + tensor.begin,
                tensor.elements,
                1,
                tensor.dtype.bytes(),
                (bytes, count, floats) -> FloatDecoder.decode(tensor.dtype, bytes, count, floats),
                target);
    }

    @Override
    public ByteBuffer readRaw(String name) throws ModelFileException {
        Tensor tensor = tensor(name);
        return channel.readRaw(name, dataStart + tensor.begin, tensor.bytes());
    }

    /**
     * Part of a tensor, its elements taken row-major, as {@link #readRaw(String)} gives the whole.
     *
     * @param first elements to pass over
     * @param count elements to read
     * @throws IllegalArgumentException when the tensor has no such elements
     */
    public ByteBuffer readRaw(String name, long first, long count) throws ModelFileException {
        Tensor tensor = tensor(name);
        if (first < 0 || count < 0 || first > tensor.elements - count) {
            throw new IllegalArgumentException("tensor " + name + " has " + tensor.elements + " elements, none of the "
                    + count + " from " + first + " on");
        }
        int bytes = tensor.dtype.bytes();
        return channel.readRaw(name, dataStart + tensor.begin + first * bytes, count * bytes);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private Tensor tensor(String name) throws ModelFileException {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw ModelFileException.tensor(
                    path(),
                    name,
                    "is not among the " + tensors.size() + " tensors; check that the weights belong to config.json");
        }
        return tensor;
    }

    private long headerLength() throws ModelFileException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw new ModelFileException(
                    path(), "has " + size + " bytes, too few for a safetensors file; the download was cut: repeat it");
        }
        ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        channel.read(0, length);
        long headerLength = length.getLong(0);
        if (headerLength < 0 || headerLength > WeightJson.LONGEST) {
            throw new ModelFileException(
                    path(),
                    "is not a safetensors file: a header of " + Long.toUnsignedString(headerLength)
                            + " bytes, more than the " + WeightJson.LONGEST + " allowed; " + channel.advice());
        }
        if (headerLength > size - LENGTH_BYTES) {
            throw new ModelFileException(
                    path(),
                    "has " + size + " bytes and a header of " + headerLength + "; the download was cut: repeat it");
        }
        return headerLength;
    }

    private void parse(byte[] header) throws ModelFileException {
        try (WeightJson json = new WeightJson(path(), "header", header)) {
            json.expect(JsonToken.START_OBJECT, "header: is no object");
            boolean hasMetadata = false;
            for (String name = json.nextField(); name != null; name = json.nextField()) {
                if (name.equals(METADATA)) {
                    if (hasMetadata) {
                        throw new ModelFileException(path(), METADATA + " stands there twice; download it again");
                    }
                    hasMetadata = true;
                    parseMetadata(json);
                } else if (tensors.put(name, parseTensor(json, name)) != null) {
                    throw corrupt(name, "stands there twice");
                }
            }
            json.end();
        }
    }

    private void parseMetadata(WeightJson json) throws ModelFileException {
        json.expect(JsonToken.START_OBJECT, METADATA + ": is no object");
        for (String key = json.nextField(); key != null; key = json.nextField()) {
            String value = json.nextString(METADATA + ": " + ModelFileException.printable(key) + " is no string");
            if (metadata.put(key, value) != null) {
                throw new ModelFileException(
                        path(),
                        METADATA + ": " + ModelFileException.printable(key) + " stands there twice; download it again");
            }
        }
    }

    private Tensor parseTensor(WeightJson json, String name) throws ModelFileException {
        String label = "tensor " + ModelFileException.printable(name) + ": ";
        WeightDtype dtype = null;
        long[] shape = null;
        long[] offsets = null;
        json.expect(JsonToken.START_OBJECT, label + "is no object");
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            boolean again =
                    switch (field) {
                        case "dtype" -> {
                            boolean seen = dtype != null;
                            dtype = dtype(name, json.nextString(label + "dtype is no string"));
                            yield seen;
                        }
                        case "shape" -> {
                            boolean seen = shape != null;
                            shape = counts(json, label + "shape is not a list of whole numbers of 0 or more");
                            yield seen;
                        }
                        case "data_offsets" -> {
                            boolean seen = offsets != null;
                            offsets = counts(json, label + "data_offsets are not two whole numbers of 0 or more");
                            yield seen;
                        }
                        default -> {
                            // The reference implementation passes over what it does not know.
                            json.skipNext();
                            yield false;
                        }
                    };
            if (again) {
                throw corrupt(name, ModelFileException.printable(field) + " stands there twice");
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw corrupt(name, "lacks one of dtype, shape and data_offsets");
        }
        if (offsets.length != 2) {
            throw corrupt(name, "data_offsets are not two whole numbers of 0 or more");
        }
        return tensor(name, dtype, shape, offsets[0], offsets[1]);
    }

    private WeightDtype dtype(String name, String dtype) throws ModelFileException {
        return WeightDtype.named(dtype)
                .orElseThrow(() -> ModelFileException.tensor(
                        path(),
                        name,
                        "has dtype " + ModelFileException.printable(dtype) + ", which is not supported; supported: "
                                + Arrays.toString(WeightDtype.values())));
    }

    private static long[] counts(WeightJson json, String what) throws ModelFileException {
        json.expect(JsonToken.START_ARRAY, what);
        long[] values = new long[MOST_DIMENSIONS];
        int count = 0;
        while (json.next() != JsonToken.END_ARRAY) {
            long value = json.count(what);
            if (count == MOST_DIMENSIONS) {
                throw json.wrong(what + ", or more than " + MOST_DIMENSIONS);
            }
            values[count++] = value;
        }
        return Arrays.copyOf(values, count);
    }

    private Tensor tensor(String name, WeightDtype dtype, long[] shape, long begin, long end)
            throws ModelFileException {
        long elements;
        long bytes;
        try {
            elements = Shapes.elements(shape);
            bytes = Math.multiplyExact(elements, (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw corrupt(name, "shape " + Arrays.toString(shape) + " is too large for any file");
        }
        if (begin > end || end - begin != bytes) {
            throw corrupt(
                    name,
                    "data_offsets " + begin + " to " + end + " do not fit shape " + Arrays.toString(shape) + " of "
                            + dtype + ", which takes " + bytes + " bytes");
        }
        return new Tensor(name, dtype, shape, begin, end, elements);
    }

    /** The reference implementation's rule: in order of position, each tensor begins where the one before ended. */
    private void checkCoverage(long dataBytes) throws ModelFileException {
        List<Tensor> byPosition = new ArrayList<>(tensors.values());
        byPosition.sort(
                Comparator.<Tensor>comparingLong(tensor -> tensor.begin).thenComparingLong(tensor -> tensor.end));
        long covered = 0;
        for (Tensor tensor : byPosition) {
            if (tensor.end > dataBytes) {
                throw ModelFileException.tensor(
                        path(),
                        tensor.name,
                        "ends at byte " + tensor.end + " of the data, but the file holds " + dataBytes
                                + "; the download was cut: repeat it");
            }
            if (tensor.begin != covered) {
                throw corrupt(
                        tensor.name,
                        "begins at byte " + tensor.begin + " of the data, where " + covered
                                + " was due: tensors overlap or leave a gap");
            }
            covered = tensor.end;
        }
        if (covered != dataBytes) {
            throw new ModelFileException(
                    path(),
                    "holds " + dataBytes + " bytes of data, but its tensors take " + covered + "; download it again");
        }
    }

    private ModelFileException corrupt(String name, String what) {
        return ModelFileException.tensor(path(), name, what + "; the file is corrupt: download it again");
    }
}
