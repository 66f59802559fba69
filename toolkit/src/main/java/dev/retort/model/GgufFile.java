package dev.retort.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One GGUF file, version 2 or 3, little-endian: metadata and tensors. The whole header is checked when the file is
 * opened. Values are dequantised as ggml does; shapes are row-major (ggml names the fastest dimension first).
 */
public final class GgufFile implements TensorSource {

    /** The four bytes "GGUF" as a little-endian number. */
    static final int MAGIC = 0x46554747;

    static final int DEFAULT_ALIGNMENT = 32;
    static final int MOST_DIMENSIONS = 4;
    static final String ALIGNMENT_KEY = "general.alignment";

    static final int UINT32 = 4;
    static final int INT32 = 5;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private static final int UINT8 = 0;
    private static final int INT8 = 1;
    private static final int UINT16 = 2;
    private static final int INT16 = 3;
    private static final int UINT64 = 10;
    private static final int INT64 = 11;
    private static final int FLOAT64 = 12;

    /** Far above any model's header (a vocabulary of 262,144 takes some 20 MB); bounds what a hostile one can take. */
    private static final long LONGEST_HEADER = 1L << 26;

    private static final int DEEPEST_ARRAY = 4;
    private static final int LEAST_ENTRY_BYTES = 13;
    private static final int LEAST_TENSOR_BYTES = 24;
    private static final int LEAST_ARRAY_BYTES = 12;
    private static final int LARGEST_ALIGNMENT = 1 << 20;
    private static final String AGAIN = "; convert or download the model again";

    private final WeightChannel channel;
    private final long dataStart;

    /** Values are Long, Float, Double, Boolean or String, and for arrays long[], float[], double[], boolean[] or List. */
    private final Map<String, Object> metadata = new LinkedHashMap<>();

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private static final class Tensor {
        private final String name;
        private final GgufType type;
        private final long[] shape;
        private final long elements;
        private final long offset;

        private Tensor(String name, GgufType type, long[] shape, long elements, long offset) {
            this.name = name;
            this.type = type;
            this.shape = shape;
            this.elements = elements;
            this.offset = offset;
        }

        private long bytes() {
            return elements / type.blockElements() * type.blockBytes();
        }
    }

    private GgufFile(WeightChannel channel) throws ModelFileException {
        this.channel = channel;
        LittleEndianCursor cursor = new LittleEndianCursor(channel, Math.min(channel.size(), LONGEST_HEADER));
        if (cursor.int32("a GGUF header") != MAGIC) {
            throw new ModelFileException(path(), "is not a GGUF file; " + channel.advice());
        }
        int version = cursor.int32("the version");
        if (version != 2 && version != 3) {
            boolean swapped = Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3;
            throw new ModelFileException(
                    path(),
                    swapped
                            ? "is a big-endian GGUF file, and only little-endian ones are read; convert it"
                            : "is GGUF version " + Integer.toUnsignedString(version)
                                    + ", and 2 and 3 are read; convert it with a current llama.cpp");
        }
        int tensorCount = cursor.count(LEAST_TENSOR_BYTES, "tensors");
        int entryCount = cursor.count(LEAST_ENTRY_BYTES, "metadata entries");
        for (int i = 0; i < entryCount; i++) {
            readEntry(cursor);
        }
        long alignment = alignment();
        for (int i = 0; i < tensorCount; i++) {
            readTensor(cursor, alignment);
        }
        dataStart = (cursor.position() + alignment - 1) / alignment * alignment;
        checkPositions();
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws ModelFileException when there is no such file, it is not a whole, valid GGUF file, or a tensor's type is
     *     not among {@link GgufType}
     */
    public static GgufFile open(Path file) throws ModelFileException {
        WeightChannel channel = WeightChannel.open(file, "download the model's GGUF file, or correct the path");
        try {
            return new GgufFile(channel);
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

    @Override
    public long[] shape(String name) throws ModelFileException {
        return tensor(name).shape.clone();
    }

    /** The tensor's type in the file, with its blocks. */
    public GgufType type(String name) throws ModelFileException {
        return tensor(name).type;
    }

    @Override
    public WeightDtype dtype(String name) throws ModelFileException {
        return switch (tensor(name).type) {
            case F16 -> WeightDtype.F16;
            case BF16 -> WeightDtype.BF16;
            case F32, Q4_0, Q4_1, Q8_0 -> WeightDtype.F32;
        };
    }

    @Override
    public void readFloats(String name, FloatBuffer target) throws ModelFileException {
        Tensor tensor = tensor(name);
        channel.readFloats(
                name,
                dataStart + tensor.offset,
                tensor.elements,
                tensor.type.blockElements(),
                tensor.type.blockBytes(),
                (bytes, blocks, floats) -> FloatDecoder.decode(tensor.type, bytes, blocks, floats),
                target);
    }

    @Override
    public ByteBuffer readRaw(String name) throws ModelFileException {
        Tensor tensor = tensor(name);
        if (tensor.type.blockElements() == 1) {
            return channel.readRaw(name, dataStart + tensor.offset, tensor.bytes());
        }
        ByteBuffer bytes = channel.allocate(name, Math.multiplyExact(tensor.elements, (long) Float.BYTES));
        readFloats(name, bytes.asFloatBuffer());
        return bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** The metadata's keys, in the order of the file. */
    public Set<String> keys() {
        return Collections.unmodifiableSet(metadata.keySet());
    }

    /** @throws ModelFileException when the key is missing or no string */
    public String string(String key) throws ModelFileException {
        return required(key, optionalString(key));
    }

    /** The string of this key, empty when the key is missing. */
    public Optional<String> optionalString(String key) throws ModelFileException {
        return optional(key, String.class, "a string");
    }

    /**
     * An integer of any stored width.
     *
     * @throws ModelFileException when the key is missing or not a whole number from 0 to 2,147,483,647
     */
    public int uint32(String key) throws ModelFileException {
        OptionalInt value = optionalUint32(key);
        if (value.isEmpty()) {
            throw missing(key);
        }
        return value.getAsInt();
    }

    /** The integer of this key, 0 to 2,147,483,647, empty when the key is missing. */
    public OptionalInt optionalUint32(String key) throws ModelFileException {
        String wanted = "a whole number from 0 to " + Integer.MAX_VALUE;
        Optional<Long> value = optional(key, Long.class, wanted);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        long number = value.get();
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw metadataError(key, "is " + number + ", and must be " + wanted + AGAIN);
        }
        return OptionalInt.of((int) number);
    }

    /** @throws ModelFileException when the key is missing or no float */
    public float float32(String key) throws ModelFileException {
        return required(key, optionalFloat32(key));
    }

    /** The float of this key (a float64 is rounded), empty when the key is missing. */
    public Optional<Float> optionalFloat32(String key) throws ModelFileException {
        if (metadata.get(key) instanceof Double number) {
            return Optional.of(number.floatValue());
        }
        return optional(key, Float.class, "a float");
    }

    /** @throws ModelFileException when the key is missing or no boolean */
    public boolean bool(String key) throws ModelFileException {
        return required(key, optionalBool(key));
    }

    /** The boolean of this key, empty when the key is missing. */
    public Optional<Boolean> optionalBool(String key) throws ModelFileException {
        return optional(key, Boolean.class, "a boolean");
    }

    /** @throws ModelFileException when the key is missing or no array of strings */
    public List<String> strings(String key) throws ModelFileException {
        return required(key, optionalStrings(key));
    }

    /** The array of strings of this key, empty when the key is missing. */
    public Optional<List<String>> optionalStrings(String key) throws ModelFileException {
        Optional<?> list = optional(key, List.class, "an array of strings");
        if (list.isEmpty()) {
            return Optional.empty();
        }
        List<String> strings = new ArrayList<>();
        for (Object element : (List<?>) list.get()) {
            if (!(element instanceof String string)) {
                throw metadataError(key, "is an array of arrays, and must be an array of strings" + AGAIN);
            }
            strings.add(string);
        }
        return Optional.of(Collections.unmodifiableList(strings));
    }

    /** @throws ModelFileException when the key is missing or no array of integers that fit an int */
    public int[] ints(String key) throws ModelFileException {
        return required(key, optionalInts(key));
    }

    /** The array of integers of this key, empty when the key is missing. */
    public Optional<int[]> optionalInts(String key) throws ModelFileException {
        Optional<long[]> values = optional(key, long[].class, "an array of whole numbers");
        if (values.isEmpty()) {
            return Optional.empty();
        }
        int[] ints = new int[values.get().length];
        for (int i = 0; i < ints.length; i++) {
            long value = values.get()[i];
            if (value != (int) value) {
                throw metadataError(key, "holds " + value + ", which is beyond 32 bits" + AGAIN);
            }
            ints[i] = (int) value;
        }
        return Optional.of(ints);
    }

    /** @throws ModelFileException when the key is missing or no array of floats */
    public float[] floats(String key) throws ModelFileException {
        return required(key, optionalFloats(key));
    }

    /** The array of floats of this key (float64 is rounded), empty when the key is missing. */
    public Optional<float[]> optionalFloats(String key) throws ModelFileException {
        if (metadata.get(key) instanceof double[] numbers) {
            float[] floats = new float[numbers.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) numbers[i];
            }
            return Optional.of(floats);
        }
        return optional(key, float[].class, "an array of floats").map(float[]::clone);
    }

    private <T> Optional<T> optional(String key, Class<T> kind, String wanted) throws ModelFileException {
        Object value = metadata.get(key);
        if (value != null && !kind.isInstance(value)) {
            throw metadataError(key, "is " + kindOf(value) + ", and must be " + wanted + AGAIN);
        }
        return Optional.ofNullable(value).map(kind::cast);
    }

    private <T> T required(String key, Optional<T> value) throws ModelFileException {
        return value.orElseThrow(() -> missing(key));
    }

    private ModelFileException missing(String key) {
        return metadataError(key, "is missing" + AGAIN);
    }

    private ModelFileException metadataError(String key, String what) {
        return new ModelFileException(path(), "metadata " + ModelFileException.printable(key) + ": " + what);
    }

    private static String kindOf(Object value) {
        if (value instanceof Long) {
            return "a whole number";
        } else if (value instanceof Float || value instanceof Double) {
            return "a float";
        } else if (value instanceof Boolean) {
            return "a boolean";
        } else if (value instanceof String) {
            return "a string";
        } else if (value instanceof long[]) {
            return "an array of whole numbers";
        } else if (value instanceof float[] || value instanceof double[]) {
            return "an array of floats";
        } else if (value instanceof boolean[]) {
            return "an array of booleans";
        }
        return "an array of strings or arrays";
    }

    private Tensor tensor(String name) throws ModelFileException {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw ModelFileException.tensor(path(), name, "is not among the " + tensors.size() + " tensors" + AGAIN);
        }
        return tensor;
    }

    private void readEntry(LittleEndianCursor cursor) throws ModelFileException {
        String key = cursor.string("a metadata key");
        String what = "metadata " + ModelFileException.printable(key);
        int type = cursor.int32(what);
        Object value = type == ARRAY ? readArray(cursor, key, what, 1) : readScalar(cursor, key, what, type);
        if (metadata.put(key, value) != null) {
            throw metadataError(key, "stands there twice" + AGAIN);
        }
    }

    private Object readScalar(LittleEndianCursor cursor, String key, String what, int type) throws ModelFileException {
        return switch (type) {
            case FLOAT32 -> cursor.float32(what);
            case FLOAT64 -> cursor.float64(what);
            case BOOL -> readBool(cursor, key, what);
            case STRING -> cursor.string(what);
            default -> readInteger(cursor, key, what, type);
        };
    }

    private long readInteger(LittleEndianCursor cursor, String key, String what, int type) throws ModelFileException {
        return switch (type) {
            case UINT8 -> Byte.toUnsignedLong(cursor.int8(what));
            case INT8 -> cursor.int8(what);
            case UINT16 -> Short.toUnsignedLong(cursor.int16(what));
            case INT16 -> cursor.int16(what);
            case UINT32 -> Integer.toUnsignedLong(cursor.int32(what));
            case INT32 -> cursor.int32(what);
            case INT64 -> cursor.int64(what);
            case UINT64 -> {
                long value = cursor.int64(what);
                // No getter gives more than 31 bits, so the largest long says "too large" as well as the true value.
                yield value < 0 ? Long.MAX_VALUE : value;
            }
            default -> throw metadataError(key, "has the unknown type " + Integer.toUnsignedString(type) + AGAIN);
        };
    }

    private boolean readBool(LittleEndianCursor cursor, String key, String what) throws ModelFileException {
        byte value = cursor.int8(what);
        if (value != 0 && value != 1) {
            throw metadataError(key, "is a boolean of " + value + ", not 0 or 1" + AGAIN);
        }
        return value == 1;
    }

    private Object readArray(LittleEndianCursor cursor, String key, String what, int depth) throws ModelFileException {
        if (depth > DEEPEST_ARRAY) {
            throw metadataError(key, "has arrays more than " + DEEPEST_ARRAY + " deep" + AGAIN);
        }
        int type = cursor.int32(what);
        int count = cursor.count(leastBytes(key, type), "elements of " + what);
        switch (type) {
            case FLOAT32 -> {
                float[] values = new float[count];
                for (int i = 0; i < count; i++) {
                    values[i] = cursor.float32(what);
                }
                return values;
            }
            case FLOAT64 -> {
                double[] values = new double[count];
                for (int i = 0; i < count; i++) {
                    values[i] = cursor.float64(what);
                }
                return values;
            }
            case BOOL -> {
                boolean[] values = new boolean[count];
                for (int i = 0; i < count; i++) {
                    values[i] = readBool(cursor, key, what);
                }
                return values;
            }
            case STRING -> {
                List<Object> values = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    values.add(cursor.string(what));
                }
                return values;
            }
            case ARRAY -> {
                List<Object> values = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    values.add(readArray(cursor, key, what, depth + 1));
                }
                return values;
            }
            default -> {
                long[] values = new long[count];
                for (int i = 0; i < count; i++) {
                    values[i] = readInteger(cursor, key, what, type);
                }
                return values;
            }
        }
    }

    private int leastBytes(String key, int type) throws ModelFileException {
        return switch (type) {
            case UINT8, INT8, BOOL -> Byte.BYTES;
            case UINT16, INT16 -> Short.BYTES;
            case UINT32, INT32, FLOAT32 -> Integer.BYTES;
            case UINT64, INT64, FLOAT64, STRING -> Long.BYTES;
            case ARRAY -> LEAST_ARRAY_BYTES;
            default -> throw metadataError(
                    key, "is an array of the unknown type " + Integer.toUnsignedString(type) + AGAIN);
        };
    }

    private long alignment() throws ModelFileException {
        long alignment = optionalUint32(ALIGNMENT_KEY).orElse(DEFAULT_ALIGNMENT);
        if (Long.bitCount(alignment) != 1 || alignment > LARGEST_ALIGNMENT) {
            throw metadataError(
                    ALIGNMENT_KEY,
                    "is " + alignment + ", and must be a power of two up to " + LARGEST_ALIGNMENT + AGAIN);
        }
        return alignment;
    }

    private void readTensor(LittleEndianCursor cursor, long alignment) throws ModelFileException {
        String name = cursor.string("a tensor's name");
        String what = "tensor " + ModelFileException.printable(name);
        int dimensions = cursor.int32(what);
        if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
            throw ModelFileException.tensor(
                    path(),
                    name,
                    "has " + Integer.toUnsignedString(dimensions) + " dimensions, and at most " + MOST_DIMENSIONS
                            + " are allowed" + AGAIN);
        }
        long[] shape = new long[dimensions];
        for (int i = dimensions - 1; i >= 0; i--) {
            shape[i] = cursor.int64(what);
        }
        int typeId = cursor.int32(what);
        GgufType type = GgufType.of(typeId)
                .orElseThrow(() -> ModelFileException.tensor(
                        path(),
                        name,
                        "has type " + GgufType.nameOf(typeId) + ", which is not supported; supported: "
                                + Arrays.toString(GgufType.values())));
        long offset = cursor.int64(what);
        if (offset < 0 || offset % alignment != 0) {
            throw ModelFileException.tensor(
                    path(),
                    name,
                    "begins at byte " + Long.toUnsignedString(offset) + " of the data, not a multiple of " + alignment
                            + AGAIN);
        }
        if (tensors.put(name, new Tensor(name, type, shape, elements(name, shape, type), offset)) != null) {
            throw ModelFileException.tensor(path(), name, "stands there twice" + AGAIN);
        }
    }

    /** The count of elements, once it is certain that neither it nor the bytes overflow and that rows are whole blocks. */
    private long elements(String name, long[] shape, GgufType type) throws ModelFileException {
        long row = shape.length == 0 ? 1 : shape[shape.length - 1];
        try {
            long elements = Shapes.elements(shape);
            if (row % type.blockElements() == 0 && Math.multiplyExact(elements, (long) Double.BYTES) >= 0) {
                return elements;
            }
        } catch (ArithmeticException e) {
            throw ModelFileException.tensor(
                    path(), name, "shape " + Arrays.toString(shape) + " is too large for any file" + AGAIN);
        }
        throw ModelFileException.tensor(
                path(),
                name,
                "has rows of " + row + ", and " + type + " needs multiples of " + type.blockElements() + AGAIN);
    }

    private void checkPositions() throws ModelFileException {
        List<Tensor> byPosition = new ArrayList<>(tensors.values());
        byPosition.sort(
                Comparator.<Tensor>comparingLong(tensor -> tensor.offset).thenComparingLong(Tensor::bytes));
        long dataBytes = channel.size() - dataStart;
        long taken = 0;
        for (Tensor tensor : byPosition) {
            if (tensor.offset < taken) {
                throw ModelFileException.tensor(
                        path(),
                        tensor.name,
                        "begins at byte " + tensor.offset + " of the data, inside the one before" + AGAIN);
            }
            if (tensor.bytes() > dataBytes - tensor.offset) {
                throw ModelFileException.tensor(
                        path(),
                        tensor.name,
                        "takes " + tensor.bytes() + " bytes from byte " + tensor.offset
                                + " of the data, but the file holds " + Math.max(0, dataBytes)
                                + "; the download was cut: repeat it");
            }
            taken = tensor.offset + tensor.bytes();
        }
    }
}
