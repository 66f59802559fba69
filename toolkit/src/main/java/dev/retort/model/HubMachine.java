package dev.retort.model;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** What a download takes from the machine; tests put a clock and a disk of their own in its place. */
interface HubMachine {

    long nanoTime();

    void sleep(Duration time) throws InterruptedException;

    /** The free bytes of the disk on which a folder lies. */
    long usableBytes(Path folder) throws IOException;
}
