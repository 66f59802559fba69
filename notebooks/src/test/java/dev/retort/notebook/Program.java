package dev.retort.notebook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program to run to its end, with all that it prints in a file. */
final class Program {

    private static final long MINUTES = 15;

    private final List<String> command;
    private final Map<String, String> environment = new HashMap<>();

    Program(List<String> command) {
        this.command = List.copyOf(command);
    }

    Program with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs it; neither it nor what it has started outlives this call. */
    int run(Path log) throws IOException, InterruptedException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(
                        command + " has not ended within " + MINUTES + " minutes:\n" + Files.readString(log));
            }
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
