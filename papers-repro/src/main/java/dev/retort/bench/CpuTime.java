package dev.retort.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The processors' time since the machine started, as Linux tells it, in ticks. Where the machine is a virtual one, its host
 * may have given some of it to others.
 *
 * @param all of it, idle time too
 * @param stolen which the host gave to others while something here wanted to run
 */
record CpuTime(long all, long stolen) {

    private static final Path STAT = Path.of("/proc/stat");
    /** The fields after the word cpu: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user. */
    private static final int FIELDS = 8;

    /** Up to now; nothing but zeros where the system does not say. */
    static CpuTime now() throws IOException {
        return Files.isReadable(STAT) ? of(Files.readString(STAT)) : new CpuTime(0, 0);
    }

    /** From the text of /proc/stat. */
    static CpuTime of(String stat) {
        String[] first = stat.lines().findFirst().orElse("").split(" +");
        if (!first[0].equals("cpu") || first.length <= FIELDS) {
            return new CpuTime(0, 0);
        }
        long[] ticks =
                Arrays.stream(first, 1, FIELDS + 1).mapToLong(Long::parseLong).toArray();
        return new CpuTime(Arrays.stream(ticks).sum(), ticks[FIELDS - 1]);
    }

    /** Which share of the time since then was stolen, from 0 to 1. */
    double stolenSince(CpuTime before) {
        return all == before.all ? 0 : (double) (stolen - before.stolen) / (all - before.all);
    }
}
