package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** A side of a comparison while it is measured. */
interface Turns extends AutoCloseable {

    /** Does the work once; what it gives has its {@code seconds}. */
    ObjectNode go() throws IOException, InterruptedException;

    /** The most memory that was resident so far, in bytes; 0 where the system does not say. */
    long peakResidentBytes() throws IOException;

    @Override
    void close() throws IOException;
}
