package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resident memory of a process of its own, whose heap has one size from the start, stays flat. Linux only: it reads /proc. */
class MemoryTest {

    private static final long LIMIT_KIB = 32 * 1024;

    @TempDir
    Path temporary;

    @Test
    void trainingStaysFlatFromStep200To2000() throws IOException, InterruptedException {
        Map<Integer, Long> resident = run("train", temporary.toString());
        assertThat(resident).containsKeys(200, 2000);
        assertThat(resident.get(2000) - resident.get(200)).as("%s", resident).isLessThan(LIMIT_KIB);
    }

    @Test
    void generationStaysFlatOver500Calls() throws IOException, InterruptedException {
        Map<Integer, Long> resident = run("generate");
        assertThat(resident).containsKeys(50, 500);
        assertThat(resident.get(500) - resident.get(50)).as("%s", resident).isLessThan(LIMIT_KIB);
    }

    private static Map<Integer, Long> run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms160m",
                "-Xmx160m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty("java.class.path"),
                LongRun.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("OPT_OUT_TRACKING", "true");
        Process process = builder.start();
        Map<Integer, Long> resident = new TreeMap<>();
        List<String> other = new ArrayList<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] parts = line.split(" ");
                if (line.matches("\\d+ \\d+")) {
                    resident.put(Integer.valueOf(parts[0]), Long.valueOf(parts[1]));
                } else {
                    other.add(line);
                }
            }
        }
        assertThat(process.waitFor()).as("%s", other).isZero();
        return resident;
    }
}
