package dev.retort.model;

import java.io.IOException;
import java.nio.Buffer;

/** Gives one tensor's values, row-major from position to limit, at the moment they are to be written. */
@FunctionalInterface
public interface TensorSupplier<B extends Buffer> {

    /** The values; asked for once a write, and not kept after it. */
    B get() throws IOException;
}
