package dev.retort.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much more memory this process has had resident since a moment, at the most; 0 where the system does not say. */
final class MemoryGrowth {

    private static final Path RESET = Path.of("/proc/self/clear_refs");

    private final long before;

    private MemoryGrowth(long before) {
        this.before = before;
    }

    static MemoryGrowth start() {
        try {
            // Linux: 5 sets the peak to what is resident now.
            Files.writeString(RESET, "5");
        } catch (IOException e) {
            return new MemoryGrowth(0);
        }
        return new MemoryGrowth(ResidentMemory.peakOf(ProcessHandle.current().pid()));
    }

    long megabytes() {
        return before == 0 ? 0 : (ResidentMemory.peakOf(ProcessHandle.current().pid()) - before) >> 20;
    }
}
