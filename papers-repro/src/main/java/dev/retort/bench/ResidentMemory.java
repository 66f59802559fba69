package dev.retort.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** How much memory processes have resident, as Linux tells it; elsewhere it is 0. */
final class ResidentMemory {

    private static final Path PROC = Path.of("/proc");

    private ResidentMemory() {}

    /** Of a process and all it has started, in bytes; what several of them share counts once. */
    static long ofTree(ProcessHandle process) {
        long bytes = 0;
        for (ProcessHandle each :
                Stream.concat(Stream.of(process), process.descendants()).toList()) {
            // A share of what is shared: half each where it is two that share it.
            bytes += kilobytes(each.pid(), "smaps_rollup", "Pss:") << 10;
        }
        return bytes;
    }

    /** The most that one process has had, in bytes. */
    static long peakOf(long pid) {
        return kilobytes(pid, "status", "VmHWM:") << 10;
    }

    private static long kilobytes(long pid, String file, String field) {
        List<String> lines;
        try {
            lines = Files.readAllLines(PROC.resolve(Long.toString(pid)).resolve(file));
        } catch (IOException e) {
            // This is no Linux, or the process has ended.
            return 0;
        }
        for (String line : lines) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }
}
