package dev.retort.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A teacher behind a server on the loopback address that speaks OpenAI's chat completions and takes its time, so that a
 * notebook can show without a key what asking over a network is like. It counts the completions it was asked for.
 */
public final class ServedTeacher implements AutoCloseable {

    private final Teacher teacher;
    private final long latencyMillis;
    private final HttpServer server;
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
    private long completions;

    /**
     * Opens a free port.
     *
     * @param latency from a request to its answer, however many others wait
     * @throws IOException where no port can be opened
     */
    public ServedTeacher(Teacher teacher, Duration latency) throws IOException {
        this.teacher = teacher;
        latencyMillis = latency.toMillis();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
        server.createContext("/v1/chat/completions", this::chat);
        server.start();
    }

    /** What {@code --base-url} and {@code OpenAiSettings} take; another port every time. */
    public String baseUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** Completions asked for so far. */
    public synchronized long completions() {
        return completions;
    }

    private void chat(HttpExchange exchange) throws IOException {
        JsonNode request = Rows.mapper().readTree(exchange.getRequestBody());
        List<Message> messages = new ArrayList<>();
        request.path("messages")
                .forEach(message -> messages.add(new Message(
                        message.path("role").asText(), message.path("content").asText())));
        int count = request.path("n").asInt(1);
        synchronized (this) {
            completions += count;
        }
        try {
            ScheduledFuture<?> unused = later.schedule(
                    () -> answer(exchange, messages, request.path("seed").asLong(), count),
                    latencyMillis,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            exchange.close();
        }
    }

    private void answer(HttpExchange exchange, List<Message> messages, long seed, int count) {
        try (exchange) {
            byte[] body = reply(messages, seed, count).toString().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException | TeacherException e) {
            // Who asked has gone, or hears from the closed connection that there is no answer.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ObjectNode reply(List<Message> messages, long seed, int count)
            throws TeacherException, InterruptedException {
        List<TeacherSample> samples = teacher.sample(
                new Question("served", "served", messages, null, Map.of()),
                SamplingParams.none().withSeed(seed),
                IntStream.range(0, count).boxed().toList());
        ObjectNode reply = Rows.mapper().createObjectNode();
        reply.put("id", "chatcmpl-1").put("object", "chat.completion").put("model", "served");
        for (TeacherSample sample : samples) {
            ObjectNode choice = reply.withArray("choices").addObject();
            choice.put("index", sample.sampleIndex()).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", sample.text());
        }
        long prompt = samples.get(0).usage().promptTokens();
        long completion = samples.get(0).usage().completionTokens();
        reply.putObject("usage")
                .put("prompt_tokens", prompt)
                .put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        return reply;
    }

    @Override
    public void close() {
        later.shutdownNow();
        server.stop(0);
    }
}
