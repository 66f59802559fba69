package dev.retort.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Set;

/** Named tensors to be read one at a time. Readers may be used by several threads at once. */
public interface TensorSource extends AutoCloseable {

    /** The file or folder, for messages. */
    Path path();

    /** The tensors' names, in the order of the file. */
    Set<String> names();

    /**
     * The sizes of the dimensions, slowest first (row-major); empty for a scalar.
     *
     * @throws ModelFileException when there is no tensor of that name
     */
    long[] shape(String name) throws ModelFileException;

    /**
     * The type that the file holds; F32 for a quantised tensor, whose blocks are no plain numbers.
     *
     * @throws ModelFileException when there is no tensor of that name
     */
    WeightDtype dtype(String name) throws ModelFileException;

    /**
     * Puts all values as float32, row-major, at the target's position and moves it. Integers beyond 2^24 and float64
     * values are rounded to the nearest float32; booleans are 0 and 1.
     *
     * @throws IllegalArgumentException when the target has not room for the tensor
     * @throws ModelFileException when there is no tensor of that name or the file cannot be read
     */
    void readFloats(String name, FloatBuffer target) throws IOException;

    /**
     * The values as little-endian bytes of {@link #dtype}, in a new direct buffer at position 0 (a quantised tensor's
     * are dequantised).
     *
     * @throws ModelFileException when there is no tensor of that name, it has 2 GiB or more, or the file cannot be read
     */
    ByteBuffer readRaw(String name) throws IOException;

    @Override
    void close() throws IOException;
}
