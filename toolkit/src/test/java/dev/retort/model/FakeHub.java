package dev.retort.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A loopback server that speaks as a hub does, or as its storage does, and notes what it is asked. */
final class FakeHub implements AutoCloseable {

    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** "METHOD path", with the range where one is asked for, in order. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The Authorization headers that came. */
    final List<String> tokens = new CopyOnWriteArrayList<>();

    private final Map<String, HttpHandler> routes = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    FakeHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getRawPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(exchange.getRequestMethod() + " " + path + (range == null ? "" : " " + range));
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (authorization != null) {
                tokens.add(authorization);
            }
            try (exchange) {
                routes.getOrDefault(path, status(404)).handle(exchange);
            }
        });
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    FakeHub route(String path, HttpHandler handler) {
        routes.put(path, handler);
        return this;
    }

    /** Lists the files of org/name at main. */
    FakeHub lists(String... files) {
        return route("/api/models/org/name/revision/main", listing(COMMIT, files));
    }

    static HttpHandler listing(String commit, String... files) {
        String siblings = Stream.of(files)
                .map(file -> "{\"rfilename\": \"" + file + "\"}")
                .collect(Collectors.joining(", "));
        return bytes(
                "{\"id\": \"org/name\", \"sha\": \"" + commit + "\", \"siblings\": [" + siblings + "]}", "listing");
    }

    /** Has a file of org/name; its entity tag is the sha256 of the content. */
    FakeHub has(String file, String content) {
        return has(file, content.getBytes(StandardCharsets.UTF_8));
    }

    FakeHub has(String file, byte[] content) {
        return route(path(file), bytes(content, HexFormat.of().formatHex(SeededRandom.sha256(content))));
    }

    static String path(String file) {
        return "/org/name/resolve/" + COMMIT + "/" + file;
    }

    static String sha256(String content) {
        return HexFormat.of().formatHex(SeededRandom.sha256(content.getBytes(StandardCharsets.UTF_8)));
    }

    static HttpHandler status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    /** Sends a content, or the part of it that is asked for. */
    static HttpHandler bytes(String content, String etag) {
        return bytes(content.getBytes(StandardCharsets.UTF_8), etag);
    }

    private static HttpHandler bytes(byte[] bytes, String etag) {
        return exchange -> {
            exchange.getResponseHeaders().set("ETag", "\"" + etag + "\"");
            exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
            int from = from(exchange);
            if (from > 0) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
            }
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
            exchange.getResponseBody().write(bytes, from, bytes.length - from);
        };
    }

    private static int from(HttpExchange exchange) {
        String range = exchange.getRequestHeaders().getFirst("Range");
        return range == null ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    }

    /** Sends so many bytes from where it is asked to begin, whatever the handler would, and breaks the connection. */
    static HttpHandler cutAfter(int length, String content, String etag) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                bytes(content, etag).handle(exchange);
                return;
            }
            int from = from(exchange);
            if (from > 0) {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
            OutputStream out = exchange.getResponseBody();
            out.write(bytes, from, Math.min(length, bytes.length - from));
            out.flush();
        };
    }

    /** Answers each request for content in turn, the last for ever; HEAD goes to the last. */
    static HttpHandler inTurn(HttpHandler... handlers) {
        AtomicInteger next = new AtomicInteger();
        return exchange -> {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            handlers[head ? handlers.length - 1 : Math.min(next.getAndIncrement(), handlers.length - 1)].handle(
                    exchange);
        };
    }

    /** Sends a client elsewhere, as for a file in large-file storage. */
    static HttpHandler linked(String location, String content) {
        return exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
            exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
            exchange.getResponseHeaders()
                    .set("X-Linked-Size", Integer.toString(content.getBytes(StandardCharsets.UTF_8).length));
            exchange.sendResponseHeaders(302, -1);
        };
    }

    static HttpHandler redirect(int status, String location) {
        return exchange -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(status, -1);
        };
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
