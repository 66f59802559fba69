package dev.retort.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A side's process while a benchmark runs. */
final class Worker implements AutoCloseable {

    private final Side side;
    private final Path log;
    private final Process process;
    private final BufferedReader out;

    /**
     * Starts it and waits until it is warm.
     *
     * @param log takes what it writes to stderr
     * @throws IOException if it ends before
     */
    Worker(Side side, Path log) throws IOException {
        this.side = side;
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(side.command()).redirectError(log.toFile());
        builder.environment().put("GOMP_SPINCOUNT", "20000");
        builder.environment().put("TOKENIZERS_PARALLELISM", "false");
        builder.environment().put("HF_HUB_OFFLINE", "1");
        process = builder.start();
        out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        read();
    }

    /** Does the work once; what it gives has its {@code seconds}. */
    JsonNode go() throws IOException {
        OutputStream in = process.getOutputStream();
        in.write("go\n".getBytes(StandardCharsets.UTF_8));
        in.flush();
        return read();
    }

    private JsonNode read() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException(side.name() + " ended early; its messages are in " + log);
        }
        return Rows.mapper().readTree(line);
    }

    /** The most memory that was resident so far, in bytes; 0 where the system does not say. */
    long peakResidentBytes() throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
