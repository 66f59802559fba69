package dev.retort.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A teacher's server on the loopback address that speaks OpenAI's chat completions: each request is answered after the same
 * time, however many others wait. No thread waits for one, so that it takes little from those it is measured with.
 *
 * <p>The answer depends on the question and the request's seed alone. A question has a main answer, which a share of the seeds
 * give; the share is drawn for each question between the least agreement and 1. All other answers are wrong in different ways.
 */
final class SampleServer implements AutoCloseable {

    private static final String CHAT = "/v1/chat/completions";
    private static final int WRONG_ANSWERS = 1_000_000;

    private final HttpServer server;
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
    private final long latencyMillis;
    private final double leastAgreement;

    private final Set<String> asked = new HashSet<>();
    private long requests;
    private long active;
    private long mostActive;

    /**
     * Opens a free port.
     *
     * @param latencyMillis from the end of a request to its answer
     * @param leastAgreement in [0, 1]; at 1 every seed gives the main answer
     */
    SampleServer(long latencyMillis, double leastAgreement) throws IOException {
        this.latencyMillis = latencyMillis;
        this.leastAgreement = leastAgreement;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
        server.createContext(CHAT, this::chat);
        server.createContext("/counts", exchange -> send(exchange, 200, takeCounts()));
        server.start();
    }

    /**
     * Serves until the input ends. Arguments: the latency in milliseconds; the least agreement. Prints its
     * port.
     */
    public static void main(String[] arguments) throws IOException {
        // Without it an answer's second packet waits for the first one's acknowledgement, 40 ms.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        try (SampleServer server = new SampleServer(Long.parseLong(arguments[0]), Double.parseDouble(arguments[1]))) {
            System.out.println(server.port());
            System.out.flush();
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }

    int port() {
        return server.getAddress().getPort();
    }

    /**
     * What was asked since the last call: {@code requests} with a question, {@code distinct} ones among them (question and
     * seed together), and {@code most_at_once}.
     */
    synchronized ObjectNode takeCounts() {
        ObjectNode counts = Rows.mapper().createObjectNode();
        counts.put("requests", requests);
        counts.put("distinct", asked.size());
        counts.put("most_at_once", mostActive);
        asked.clear();
        requests = 0;
        mostActive = active;
        return counts;
    }

    private void chat(HttpExchange exchange) throws IOException {
        JsonNode request;
        try {
            request = Rows.mapper().readTree(exchange.getRequestBody().readAllBytes());
        } catch (JsonProcessingException e) {
            send(exchange, 400, Rows.mapper().createObjectNode().put("error", "not JSON"));
            return;
        }
        JsonNode messages = request.path("messages");
        String question = messages.path(messages.size() - 1).path("content").asText("");
        long seed = request.path("seed").asLong(0);
        int choices = Math.max(1, request.path("n").asInt(1));
        // curator asks once without a message, to see what the server is like.
        boolean isProbe = question.isEmpty();
        if (!isProbe) {
            enter(question, seed);
        }
        ObjectNode reply = reply(request.path("model").asText("model"), question, seed, choices);
        try {
            ScheduledFuture<?> unused =
                    later.schedule(() -> answer(exchange, reply, isProbe), latencyMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            exchange.close();
        }
    }

    private void answer(HttpExchange exchange, ObjectNode reply, boolean isProbe) {
        if (!isProbe) {
            leave();
        }
        try {
            send(exchange, 200, reply);
        } catch (IOException e) {
            // Who asked has gone.
            exchange.close();
        }
    }

    private synchronized void enter(String question, long seed) {
        requests++;
        active++;
        mostActive = Math.max(mostActive, active);
        asked.add(seed + " " + question);
    }

    private synchronized void leave() {
        active--;
    }

    private ObjectNode reply(String model, String question, long seed, int choices) {
        ObjectNode reply = Rows.mapper().createObjectNode();
        reply.put("id", "chatcmpl-1")
                .put("object", "chat.completion")
                .put("created", 0)
                .put("model", model);
        int words = 0;
        for (int i = 0; i < choices; i++) {
            String text = text(question, seed + i);
            words += text.length() / 4;
            ObjectNode choice = reply.withArray("choices").addObject();
            choice.put("index", i).putNull("logprobs").put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", text);
        }
        int promptWords = 1 + question.length() / 4;
        reply.putObject("usage")
                .put("prompt_tokens", promptWords)
                .put("completion_tokens", words)
                .put("total_tokens", promptWords + words);
        return reply;
    }

    /** A few sentences that end in the answer. */
    String text(String question, long seed) {
        SplittableRandom ofQuestion = SeededRandom.of(1, "sample-server", question);
        long answer = ofQuestion.nextLong(WRONG_ANSWERS);
        double agreement = leastAgreement + (1 - leastAgreement) * ofQuestion.nextDouble();
        SplittableRandom ofSample = SeededRandom.of(2, "sample-server", question, seed);
        if (ofSample.nextDouble() >= agreement) {
            answer += 1 + ofSample.nextInt(WRONG_ANSWERS);
        }
        return "Let us take it step by step. First we look at what is given, then at what is asked for, and we write"
                + " down how the one follows from the other. Putting the parts together gives the result that was asked"
                + " for, and a second look at every step finds no mistake in it. The answer is " + answer + ".";
    }

    private static void send(HttpExchange exchange, int status, ObjectNode body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        later.shutdownNow();
        server.stop(0);
    }
}
