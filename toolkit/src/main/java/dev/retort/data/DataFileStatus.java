package dev.retort.data;

import java.nio.file.Path;

/**
 * What a check found of one catalogued file.
 *
 * @param set the data set's name
 * @param file the catalogue's entry
 * @param state of the file on this machine
 * @param path where it lies, or null where it is missing
 */
public record DataFileStatus(String set, DataFile file, State state, Path path) {

    /** Whether the file is there and is the catalogued one. */
    public enum State {
        OK,
        MISSING,
        /** There, with another hash than the catalogue's. */
        DIFFERENT
    }
}
