package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/** A loopback server that gives scripted replies, one a request and 500 beyond the script, and notes what it is asked. */
final class FakeOpenAi implements AutoCloseable {

    /** The bodies that came. */
    final List<JsonNode> bodies = new CopyOnWriteArrayList<>();

    /** "METHOD path" of what came. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The headers that came. */
    final List<Headers> headers = new CopyOnWriteArrayList<>();

    private final BlockingQueue<HttpHandler> script = new LinkedBlockingQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    FakeOpenAi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                headers.add(exchange.getRequestHeaders());
                bodies.add(Rows.mapper().readTree(exchange.getRequestBody()));
                HttpHandler next = script.poll();
                (next == null ? answer(500, "", Map.of()) : next).handle(exchange);
            }
        });
        server.start();
    }

    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    OpenAiSettings settings() {
        return OpenAiSettings.of("m").withBaseUrl(origin() + "/v1/");
    }

    /** Replies with these choices and a usage of 7 and 5 tokens. */
    FakeOpenAi gives(String... choices) {
        return then(
                200,
                "{\"choices\":[" + String.join(",", choices)
                        + "],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}}");
    }

    FakeOpenAi then(int status, String body) {
        return then(status, body, Map.of());
    }

    FakeOpenAi then(int status, String body, Map<String, String> replyHeaders) {
        return then(answer(status, body, replyHeaders));
    }

    FakeOpenAi then(HttpHandler handler) {
        script.add(handler);
        return this;
    }

    /** Sends nothing until the server is closed. */
    FakeOpenAi hangs() {
        return then(exchange -> awaitClosing());
    }

    /** Sends the headers and half of the body, then nothing until the server is closed. */
    FakeOpenAi hangsInTheBody() {
        return then(exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write("{\"choices\":[".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            awaitClosing();
        });
    }

    private void awaitClosing() {
        try {
            closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String choice(String content) {
        return "{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"" + content
                + "\"}}";
    }

    private static HttpHandler answer(int status, String body, Map<String, String> headers) {
        return (HttpExchange exchange) -> {
            headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        };
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
