package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a benchmark ran on. */
final class Machine {

    private Machine() {}

    static ObjectNode describe(int threads) throws IOException {
        ObjectNode machine = Rows.mapper().createObjectNode();
        machine.put("device", "cpu");
        machine.put("threads", threads);
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        machine.put("java", System.getProperty("java.version"));
        // On Linux; the sides inherit what the launcher has set.
        machine.put("freed_memory", System.getenv("MALLOC_TRIM_THRESHOLD_") == null ? "given back" : "kept");
        Path cpu = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpu)) {
            Files.readAllLines(cpu).stream()
                    .filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .ifPresent(line -> machine.put(
                            "processor", line.substring(line.indexOf(':') + 1).strip()));
        }
        Path memory = Path.of("/proc/meminfo");
        if (Files.isReadable(memory)) {
            String total = Files.readAllLines(memory).get(0).replaceAll("\\D", "");
            machine.put("memory_gb", Math.round(Long.parseLong(total) / 1048576.0));
        }
        return machine;
    }
}
