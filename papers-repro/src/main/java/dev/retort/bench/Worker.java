package dev.retort.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A side's process while a benchmark runs; it does not outlive this one. */
final class Worker implements Turns {

    private final Side side;
    private final Path log;
    private final Process process;
    private final BufferedReader out;
    private final Thread killer;

    /**
     * Starts it and waits until it is ready.
     *
     * @param log takes what it writes to stderr
     * @throws IOException if it ends before
     */
    Worker(Side side, Path log) throws IOException {
        this.side = side;
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(side.command()).redirectError(log.toFile());
        // The same for every side; the launcher says why.
        builder.environment().putIfAbsent("GOMP_SPINCOUNT", "20000");
        builder.environment().put("TOKENIZERS_PARALLELISM", "false");
        builder.environment().put("HF_HUB_OFFLINE", "1");
        // What torch.compile makes stays in the work folder, and no helper processes make it.
        builder.environment()
                .put(
                        "TORCHINDUCTOR_CACHE_DIR",
                        log.toAbsolutePath().resolveSibling("torch-compile").toString());
        builder.environment().put("TORCHINDUCTOR_COMPILE_THREADS", "1");
        process = builder.start();
        killer = new Thread(process::destroyForcibly, "kill " + side.name());
        Runtime.getRuntime().addShutdownHook(killer);
        out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        try {
            if (!read().path("ready").asBoolean()) {
                throw failed(" did not say that it is ready", null);
            }
        } catch (IOException e) {
            process.destroyForcibly();
            close();
            throw e;
        }
    }

    @Override
    public ObjectNode go() throws IOException {
        OutputStream in = process.getOutputStream();
        try {
            in.write("go\n".getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            throw endedEarly(e);
        }
        ObjectNode values = read();
        if (!values.path("seconds").isNumber()) {
            throw failed(" did not say how many seconds it took but " + values, null);
        }
        return values;
    }

    private ObjectNode read() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw endedEarly(null);
        }
        try {
            if (Rows.mapper().readTree(line) instanceof ObjectNode values) {
                return values;
            }
        } catch (JsonProcessingException e) {
            throw noObject(line, e);
        }
        throw noObject(line, null);
    }

    private IOException endedEarly(IOException cause) {
        return failed(" ended early", cause);
    }

    private IOException noObject(String line, IOException cause) {
        return failed(" printed '" + line + "' where a JSON object is due", cause);
    }

    private IOException failed(String what, IOException cause) {
        return new IOException(side.name() + what + "; its messages are in " + log, cause);
    }

    @Override
    public long peakResidentBytes() {
        return ResidentMemory.peakOf(process.pid());
    }

    /** Ends it: at once where it waits for its turn, else after at most 30 seconds. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended already.
            process.destroyForcibly();
        }
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException e) {
            // This process is ending: the hook runs, which is as good.
            process.destroyForcibly();
        }
    }
}
