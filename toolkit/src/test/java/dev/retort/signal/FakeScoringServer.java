package dev.retort.signal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.Rows;
import dev.retort.teacher.OpenAiSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

/**
 * A loopback server with a model of {@link #VOCABULARY} tokens, asked as vLLM and as llama.cpp's server are; scripted replies,
 * where there are some, come first.
 */
final class FakeScoringServer implements AutoCloseable {

    static final int VOCABULARY = 12;

    /** The bodies that came. */
    final List<JsonNode> bodies = new CopyOnWriteArrayList<>();

    /** "METHOD path" of what came. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The headers that came. */
    final List<Headers> headers = new CopyOnWriteArrayList<>();

    private final Queue<HttpHandler> script = new ConcurrentLinkedQueue<>();
    private final HttpServer server;

    FakeScoringServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
                headers.add(exchange.getRequestHeaders());
                JsonNode body = Rows.mapper().readTree(exchange.getRequestBody());
                bodies.add(body);
                HttpHandler next = script.poll();
                if (next != null) {
                    next.handle(exchange);
                } else {
                    send(exchange, 200, answer(exchange.getRequestURI().getPath(), body), Map.of());
                }
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

    FakeScoringServer then(int status, String body) {
        return then(status, body, Map.of());
    }

    FakeScoringServer then(int status, String body, Map<String, String> replyHeaders) {
        script.add(exchange -> send(exchange, status, body, replyHeaders));
        return this;
    }

    /** The model: log-probabilities [VOCABULARY] of the token after these. */
    static float[] logProbs(int[] prefix) {
        SplittableRandom random = new SplittableRandom(Arrays.hashCode(prefix));
        double[] logits = random.doubles(VOCABULARY).map(uniform -> 6 * uniform).toArray();
        double sum = Arrays.stream(logits).map(Math::exp).sum();
        float[] logProbs = new float[VOCABULARY];
        for (int id = 0; id < VOCABULARY; id++) {
            logProbs[id] = (float) (logits[id] - Math.log(sum));
        }
        return logProbs;
    }

    /** The ids of the vocabulary, most probable first. */
    static int[] ranked(float[] logProbs) {
        return IntStream.range(0, VOCABULARY)
                .boxed()
                .sorted((a, b) -> Float.compare(logProbs[b], logProbs[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** What a scorer should find. */
    static TopKLogProbs topK(int[] tokens, int first, int k) {
        int positions = tokens.length - first;
        int[] ids = new int[positions * k];
        float[] top = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            float[] logProbs = logProbs(Arrays.copyOf(tokens, first + i / k));
            ids[i] = ranked(logProbs)[i % k];
            top[i] = logProbs[ids[i]];
        }
        return new TopKLogProbs(positions, k, ids, top);
    }

    private static String answer(String path, JsonNode body) {
        return switch (path) {
            case "/v1/completions" -> completion(
                    ints(body.get("prompt")), body.get("prompt_logprobs").intValue());
            case "/inference/v1/generate" -> generate(ints(body.get("token_ids")), body.get("sampling_params"));
            case "/completion" -> llama(ints(body.get("prompt")), body);
            case "/tokenize" -> "{\"tokens\":["
                    + (body.has("content") ? body.get("content") : body.get("prompt"))
                            .asText()
                            .length() + "]}";
            case "/v1/models" -> "{\"data\":[{\"id\":\"m\",\"meta\":{\"n_vocab\":" + VOCABULARY + "}}]}";
            default -> throw new IllegalArgumentException(path);
        };
    }

    private static String completion(int[] prompt, int k) {
        ObjectNode answer = Rows.mapper().createObjectNode();
        ArrayNode positions = answer.putArray("choices")
                .addObject()
                .put("text", " x")
                .putNull("logprobs")
                .putArray("prompt_logprobs");
        positions.addNull();
        for (int i = 1; i < prompt.length; i++) {
            float[] logProbs = logProbs(Arrays.copyOf(prompt, i));
            int[] ranked = ranked(logProbs);
            ObjectNode position = positions.addObject();
            for (int rank = 0; rank < VOCABULARY; rank++) {
                if (rank < k || ranked[rank] == prompt[i]) {
                    position.putObject(String.valueOf(ranked[rank]))
                            .put("logprob", logProbs[ranked[rank]])
                            .put("rank", rank + 1)
                            .put("decoded_token", "t" + ranked[rank]);
                }
            }
        }
        return answer.toString();
    }

    private static String generate(int[] prompt, JsonNode params) {
        int start = params.get("prompt_logprob_start").intValue();
        JsonNode rows = params.get("prompt_logprob_token_ids");
        int width = rows.get(0).size();
        ByteBuffer values =
                ByteBuffer.allocate(rows.size() * width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = 0; row < rows.size(); row++) {
            float[] logProbs = logProbs(Arrays.copyOf(prompt, start + row + 1));
            rows.get(row).forEach(id -> values.putFloat(logProbs[id.intValue()]));
        }
        return "{\"choices\":[],\"prompt_token_id_logprobs\":\"" + npy(rows.size(), width, values.array()) + "\"}";
    }

    /** The base64 of NumPy's file of a float32 matrix. */
    static String npy(int rows, int columns, byte[] values) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }";
        header = header + " ".repeat(117 - header.length()) + "\n";
        ByteBuffer npy =
                ByteBuffer.allocate(10 + header.length() + values.length).order(ByteOrder.LITTLE_ENDIAN);
        npy.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0);
        npy.putShort((short) header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII))
                .put(values);
        return Base64.getEncoder().encodeToString(npy.array());
    }

    private static String llama(int[] prompt, JsonNode body) {
        float[] logProbs = logProbs(prompt);
        int[] ranked = ranked(logProbs);
        ObjectNode answer = Rows.mapper().createObjectNode();
        ObjectNode sampled = answer.put("content", "")
                .put("tokens_evaluated", prompt.length)
                .putArray("completion_probabilities")
                .addObject();
        int id = body.at("/logit_bias/0/0").intValue();
        sampled.put("id", id).put("token", "").put("logprob", logProbs[id]);
        ArrayNode top = sampled.putArray("top_logprobs");
        for (int rank = 0; rank < body.get("n_probs").intValue(); rank++) {
            top.addObject().put("id", ranked[rank]).put("token", "t").put("logprob", logProbs[ranked[rank]]);
        }
        return answer.toString();
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    private static void send(HttpExchange exchange, int status, String body, Map<String, String> headers)
            throws IOException {
        headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
