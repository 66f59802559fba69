package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A teacher's server that misbehaves by a schedule drawn from a seed: of each request, known by its message and its seed, a
 * part of the attempts meets a 429, a 500, silence, a cut connection, broken JSON or a wrong number of choices. The answer to
 * a request is always the same.
 */
final class FaultyServer implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final double faults;
    private final long latencyMillis;
    private final long patienceMillis;
    private final CountDownLatch closed = new CountDownLatch(1);

    private final Map<String, Integer> attempts = new HashMap<>();
    private final List<String> answered = new ArrayList<>();
    private final Map<String, Integer> kinds = new HashMap<>();
    private int generation;
    private int active;
    private int mostActive;
    private Runnable onAnswer = () -> {};
    private int answersUntil;

    /**
     * A server.
     *
     * @param faults the part of requests that meets one
     * @param latencyMillis of a good answer
     * @param patienceMillis a little less than those who ask wait for an answer
     */
    FaultyServer(double faults, long latencyMillis, long patienceMillis) throws IOException {
        this.faults = faults;
        this.patienceMillis = patienceMillis;
        this.latencyMillis = latencyMillis;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
        server.setExecutor(pool);
        server.createContext("/v1/chat/completions", this::handle);
        server.start();
    }

    String baseUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** From now on requests belong to a new process. */
    synchronized void newProcess() {
        generation++;
        active = 0;
    }

    /** The requests answered well so far, in that order: message and seed. */
    synchronized List<String> answered() {
        return List.copyOf(answered);
    }

    /** How often each fault was met. */
    synchronized Map<String, Integer> kinds() {
        return Map.copyOf(kinds);
    }

    /** The most requests that one process had under way at a time. */
    synchronized int mostActive() {
        return mostActive;
    }

    /** Runs something once so many more answers have been given. */
    synchronized void afterAnswers(int count, Runnable action) {
        answersUntil = count;
        onAnswer = action;
    }

    private void handle(HttpExchange exchange) throws IOException {
        int process;
        synchronized (this) {
            process = generation;
            active++;
            mostActive = Math.max(mostActive, active);
        }
        try (exchange) {
            JsonNode request = Rows.mapper().readTree(exchange.getRequestBody().readAllBytes());
            String key = request.at("/messages/0/content").asText() + "#"
                    + request.path("seed").asText();
            int attempt;
            synchronized (this) {
                attempt = attempts.merge(key, 1, Integer::sum);
            }
            SplittableRandom random = SeededRandom.of(7, "faults", key, attempt);
            String fault = random.nextDouble() < faults ? FAULTS.get(random.nextInt(FAULTS.size())) : "";
            if (!fault.isEmpty()) {
                synchronized (this) {
                    kinds.merge(fault, 1, Integer::sum);
                }
            }
            answer(exchange, key, fault, process);
        }
    }

    /** A request is no longer under way for who made it: the answer is about to be sent, or it has given up. */
    private synchronized void leave(int process) {
        if (process == generation) {
            active--;
        }
    }

    private static final List<String> FAULTS = List.of("429", "500", "silence", "cut", "broken", "none", "many");

    private void answer(HttpExchange exchange, String key, String fault, int process) throws IOException {
        boolean isGood = fault.isEmpty() || fault.equals("many");
        sleep(fault.equals("silence") ? patienceMillis : isGood ? latencyMillis : 0);
        Runnable action = () -> {};
        synchronized (this) {
            leave(process);
            if (isGood) {
                answered.add(key);
                answersUntil--;
                action = answersUntil == 0 ? onAnswer : action;
            }
        }
        switch (fault) {
            case "429" -> {
                exchange.getResponseHeaders().set("Retry-After", "0");
                send(exchange, 429, "{\"error\":{\"message\":\"slow down\"}}");
            }
            case "500" -> send(exchange, 500, "<html>oops</html>");
            case "silence" -> sleep(60_000);
            case "cut" -> {}
            case "broken" -> send(exchange, 200, "{\"choices\":[{\"message\":{\"content\":\"half");
            case "none" -> send(exchange, 200, "{\"choices\":[]}");
            default -> send(exchange, 200, reply(key, fault.equals("many") ? 3 : 1));
        }
        action.run();
    }

    private void sleep(long millis) {
        try {
            if (closed.await(millis, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The answer to a request. */
    static String text(String key) {
        return "answer to " + SeededRandom.sha256Hex(key).substring(0, 16);
    }

    private static String reply(String key, int choices) {
        ObjectNode reply = Rows.mapper().createObjectNode();
        for (int i = 0; i < choices; i++) {
            ObjectNode choice = reply.withArray("choices").addObject();
            choice.put("index", i).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", i == 0 ? text(key) : "one too many");
        }
        reply.putObject("usage").put("prompt_tokens", 5).put("completion_tokens", 3);
        return reply.toString();
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        pool.shutdownNow();
    }
}
