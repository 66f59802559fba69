package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A loopback server of the Batch API. It notes what is submitted, and can be slow, refuse, break off and die. */
final class BatchFakeServer implements AutoCloseable {

    /** What happens to a request. Who dies breaks off every later request too, until revived. */
    enum Fate {
        USUAL,
        CUT_BEFORE,
        CUT_AFTER,
        CUT_IN_THE_BODY,
        DIE_BEFORE,
        DIE_AFTER
    }

    /** Decides over a request by its number, from 0, and its "METHOD path". */
    interface Script {
        Fate at(int number, String request);
    }

    /** A reply in place of the usual one, which has no effect; null for the usual one. */
    interface Refusal {
        Reply at(int number, String request);
    }

    /** A reply; the header Retry-After is left out where that is null. */
    record Reply(int status, String body, String retryAfter) {}

    /** "METHOD path" of what came. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The Authorization headers that came. */
    final List<String> keys = new CopyOnWriteArrayList<>();

    /** The Content-Types and bodies of uploads. */
    final List<String> uploads = new CopyOnWriteArrayList<>();

    /** What was uploaded and can be downloaded, by id. */
    final Map<String, byte[]> files = new ConcurrentHashMap<>();

    /** The bodies of POST /batches that took effect. */
    final List<JsonNode> orders = new CopyOnWriteArrayList<>();

    /** The custom ids of the batches that were made, as often as they were. */
    final List<String> submitted = new CopyOnWriteArrayList<>();

    /** The batches by age. */
    final List<ObjectNode> batches = new CopyOnWriteArrayList<>();

    Script script = (number, request) -> Fate.USUAL;
    Refusal refusal = (number, request) -> null;
    /** How often a batch is looked at before it has ended. */
    int looks;
    /** How a batch ends. */
    String end = "completed";
    /** Where a batch fails as a whole, the "errors" of it. */
    JsonNode errors;
    /** Whether an ended batch first shows no files. */
    boolean isLate;
    /** The lines of the file of answers to a request; empty for none. */
    Function<JsonNode, List<String>> output = request -> List.of(answer(request));
    /** The lines of the file of failures; empty for none. */
    Function<JsonNode, List<String>> failures = request -> List.of();
    /** Batches on a page of the list. */
    int page = 100;
    /** Whether a list says that there is more. */
    boolean saysMore = true;

    private final Map<String, Integer> looked = new HashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private boolean isDead;
    private int seen;

    BatchFakeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                handle(exchange);
            }
        });
        server.start();
    }

    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    OpenAiSettings settings() {
        return OpenAiSettings.of("m").withBaseUrl(origin() + "/v1");
    }

    synchronized boolean isDead() {
        return isDead;
    }

    synchronized void revive() {
        isDead = false;
    }

    /** How many requests of this kind came. */
    synchronized long count(String start) {
        return requests.stream().filter(request -> request.startsWith(start)).count();
    }

    static String answer(JsonNode request) {
        JsonNode messages = request.at("/body/messages");
        String text = "A:" + messages.get(messages.size() - 1).get("content").textValue();
        return answer(request.get("custom_id").textValue(), text);
    }

    static String answer(String customId, String text) {
        return line(
                customId,
                200,
                "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\""
                        + text + "\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}}");
    }

    static String line(String customId, int status, String body) {
        return "{\"id\":\"batch_req_1\",\"custom_id\":\"" + customId + "\",\"response\":{\"status_code\":" + status
                + ",\"request_id\":\"r\",\"body\":" + body + "},\"error\":null}";
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        int number = seen++;
        Fate fate = isDead ? Fate.DIE_BEFORE : script.at(number, request);
        requests.add(request);
        keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        isDead = fate == Fate.DIE_BEFORE || fate == Fate.DIE_AFTER;
        if (fate == Fate.DIE_BEFORE || fate == Fate.CUT_BEFORE) {
            return;
        }
        Reply reply = refusal.at(number, request);
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        byte[] bytes = reply == null ? serve(request, type, body) : reply.body().getBytes(StandardCharsets.UTF_8);
        if (fate == Fate.DIE_AFTER || fate == Fate.CUT_AFTER) {
            return;
        }
        if (reply != null && reply.retryAfter() != null) {
            exchange.getResponseHeaders().set("Retry-After", reply.retryAfter());
        }
        int status = reply != null ? reply.status() : bytes == null ? 404 : 200;
        byte[] sent = bytes == null ? new byte[0] : bytes;
        exchange.sendResponseHeaders(status, sent.length == 0 ? -1 : sent.length);
        OutputStream out = exchange.getResponseBody();
        out.write(sent, 0, fate == Fate.CUT_IN_THE_BODY ? sent.length / 2 : sent.length);
        out.flush();
        // Closing the exchange closes the stream, and the connection where it has not had all its bytes.
    }

    /** The reply with its effect; null where there is no such thing. */
    private byte[] serve(String request, String type, byte[] body) throws IOException {
        String what = request.replaceFirst("^(\\w+) /v1", "$1 ");
        if (what.equals("POST /files")) {
            return json(upload(type, new String(body, StandardCharsets.UTF_8)));
        }
        if (what.equals("POST /batches")) {
            return json(order(Rows.mapper().readTree(body)));
        }
        if (what.startsWith("GET /batches?")) {
            return json(list(what.replaceFirst(".*after=", "")));
        }
        if (what.startsWith("GET /batches/")) {
            ObjectNode batch = batch(what.substring(13));
            return batch == null ? null : json(look(batch));
        }
        return files.get(what.replaceFirst("GET /files/(.*)/content", "$1"));
    }

    private static byte[] json(JsonNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }

    private ObjectNode upload(String type, String body) {
        uploads.add(type + "\n" + body);
        String boundary = type.replaceFirst("multipart/form-data; boundary=", "");
        String[] pieces = body.split("\r\n?--" + boundary);
        String id = "file-" + uploads.size();
        files.put(id, pieces[1].split("\r\n\r\n", 2)[1].getBytes(StandardCharsets.UTF_8));
        return Rows.mapper().createObjectNode().put("id", id).put("purpose", "batch");
    }

    private ObjectNode order(JsonNode order) throws IOException {
        orders.add(order);
        for (JsonNode request : requests(order.get("input_file_id").textValue())) {
            submitted.add(request.get("custom_id").textValue());
        }
        ObjectNode batch = Rows.mapper()
                .createObjectNode()
                .put("id", "batch_" + orders.size())
                .put("object", "batch")
                .put("status", "validating")
                .put("input_file_id", order.get("input_file_id").textValue())
                .putNull("output_file_id");
        batch.set("metadata", order.get("metadata"));
        batches.add(batch);
        return batch;
    }

    List<JsonNode> requests(String fileId) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : new String(files.get(fileId), StandardCharsets.UTF_8).split("\n")) {
            lines.add(Rows.mapper().readTree(line));
        }
        return lines;
    }

    private ObjectNode batch(String id) {
        return batches.stream()
                .filter(batch -> batch.get("id").textValue().equals(id))
                .findFirst()
                .orElse(null);
    }

    /** The newest first, as OpenAI does. */
    private ObjectNode list(String after) {
        ObjectNode list = Rows.mapper().createObjectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        ObjectNode last = batch(after);
        int next = (last == null ? batches.size() : batches.indexOf(last)) - 1;
        for (; next >= 0 && data.size() < page; next--) {
            data.add(batches.get(next));
        }
        return saysMore ? list.put("has_more", next >= 0) : list;
    }

    private ObjectNode look(ObjectNode batch) throws IOException {
        String id = batch.get("id").textValue();
        int times = looked.merge(id, 1, Integer::sum);
        if (times <= looks) {
            batch.put("status", "in_progress")
                    .putObject("request_counts")
                    .put("completed", 1)
                    .put("failed", 0);
            return batch;
        }
        List<String> answers = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (JsonNode request : requests(batch.get("input_file_id").textValue())) {
            answers.addAll(output.apply(request));
            problems.addAll(failures.apply(request));
        }
        batch.put("status", end);
        batch.putObject("request_counts").put("completed", answers.size()).put("failed", problems.size());
        if (errors != null) {
            batch.set("errors", errors);
        }
        if (!isLate || times > looks + 1) {
            attach(batch, "output_file_id", "file-out-" + id, answers);
            attach(batch, "error_file_id", "file-err-" + id, problems);
        }
        return batch;
    }

    private void attach(ObjectNode batch, String field, String id, List<String> lines) {
        if (lines.isEmpty() || end.equals("failed")) {
            batch.putNull(field);
        } else {
            batch.put(field, id);
            files.put(id, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
