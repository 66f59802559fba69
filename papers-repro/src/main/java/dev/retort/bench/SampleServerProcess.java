package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A {@link SampleServer} in a process of its own; it does not outlive this one. */
final class SampleServerProcess implements AutoCloseable {

    private final Process process;
    private final int port;
    private final HttpClient client = HttpClient.newHttpClient();

    /**
     * Starts it and waits until it listens.
     *
     * @param log takes what it writes to stderr
     */
    SampleServerProcess(long latencyMillis, double leastAgreement, Path log) throws IOException {
        process = new ProcessBuilder(OurJvm.command(
                        SampleServer.class, Long.toString(latencyMillis), Double.toString(leastAgreement)))
                .redirectError(log.toFile())
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the teacher's server did not start; its messages are in " + log);
        }
        port = Integer.parseInt(line);
    }

    /** What is given to whoever asks it. */
    String baseUrl() {
        return "http://127.0.0.1:" + port + "/v1";
    }

    /** What was asked since the last call; see {@link SampleServer#takeCounts}. */
    ObjectNode takeCounts() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/counts"))
                .build();
        String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return (ObjectNode) Rows.mapper().readTree(body);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
