package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The requests of OpenAI's Batch API, each made once. Ids that a server gives are checked before they are used. */
final class BatchServer {

    /** What every request of a batch is sent to. */
    static final String ENDPOINT = "/v1/chat/completions";

    private static final String PLAN = "retort_plan";
    private static final String RUN = "retort_run";
    private static final int PAGE = 100;
    private static final int MOST_PAGES = 10_000;
    private static final String NO_BATCHES = "; check the base URL, this server may have no Batch API";

    private final OpenAiSettings settings;
    private final Duration transferTimeout;
    private final OpenAiHttp http;

    BatchServer(OpenAiSettings settings, Duration transferTimeout, OpenAiHttp http) {
        this.settings = settings;
        this.transferTimeout = transferTimeout;
        this.http = http;
    }

    /** Uploads a file of requests; its id. */
    String upload(Path file, String name) throws IOException, TeacherException, InterruptedException {
        // Every line of the file begins with a brace, so that no line of it can be the boundary.
        String boundary = "retort-" + name;
        String head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                + ".jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n";
        HttpRequest request = http.jsonRequest("/files")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(BodyPublishers.concat(
                        BodyPublishers.ofString(head, StandardCharsets.UTF_8),
                        BodyPublishers.ofFile(file),
                        BodyPublishers.ofString("\r\n--" + boundary + "--\r\n", StandardCharsets.UTF_8)))
                .build();
        return id(http.json(request, transferTimeout, NO_BATCHES).path("id"), "the id of a file");
    }

    /** Makes a batch of an uploaded plan; its id. Where this fails, a batch may have been made all the same. */
    String create(BatchPlan plan) throws TeacherException, InterruptedException {
        ObjectNode body = Rows.mapper()
                .createObjectNode()
                .put("input_file_id", plan.fileId())
                .put("endpoint", ENDPOINT)
                .put("completion_window", "24h");
        body.putObject("metadata").put(PLAN, plan.name()).put(RUN, plan.run());
        HttpRequest request = http.jsonRequest("/batches")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8))
                .build();
        return id(http.json(request, settings.timeout(), NO_BATCHES).path("id"), "the id of a batch");
    }

    /**
     * The id of the batch that was made of a plan, nothing where there is none.
     *
     * @throws TeacherException where the server's list cannot be trusted to be whole
     */
    Optional<String> find(BatchPlan plan) throws TeacherException, InterruptedException {
        String after = null;
        for (int page = 0; page < MOST_PAGES; page++) {
            String query = "/batches?limit=" + PAGE + (after == null ? "" : "&after=" + encoded(after));
            HttpRequest request = http.jsonRequest(query).GET().build();
            JsonNode list = http.json(request, settings.timeout(), NO_BATCHES);
            JsonNode batches = list.path("data");
            if (!batches.isArray()) {
                throw http.retryable("answers without a list of its batches", null, null);
            }
            for (JsonNode batch : batches) {
                if (isOf(batch, plan)) {
                    return Optional.of(id(batch.path("id"), "the id of a batch"));
                }
            }
            boolean hasMore = list.has("has_more") ? list.get("has_more").asBoolean() : batches.size() >= PAGE;
            if (!hasMore) {
                return Optional.empty();
            }
            String last = id(batches.path(batches.size() - 1).path("id"), "the id of the last batch it lists");
            if (last.equals(after)) {
                break;
            }
            after = last;
        }
        throw http.retryable("lists its batches without an end, so that none can be sent safely", null, null);
    }

    private static boolean isOf(JsonNode batch, BatchPlan plan) {
        JsonNode metadata = batch.path("metadata");
        return batch.path("input_file_id").asText("").equals(plan.fileId())
                || (metadata.path(PLAN).asText("").equals(plan.name())
                        && metadata.path(RUN).asText("").equals(plan.run()));
    }

    /**
     * How a batch stands.
     *
     * @param notFound what the message ends in where the server knows no such batch
     */
    BatchStatus status(String batchId, String notFound) throws TeacherException, InterruptedException {
        HttpRequest request =
                http.jsonRequest("/batches/" + encoded(batchId)).GET().build();
        JsonNode batch = http.json(request, settings.timeout(), notFound);
        return BatchStatus.of(batch, idOrNull(batch.path("output_file_id")), idOrNull(batch.path("error_file_id")));
    }

    /**
     * Reads a file of results line by line.
     *
     * @param mostBytes of all of it
     * @param notFound what the message ends in where the server knows no such file
     * @return how many lines were too long to be read
     * @throws IOException what the sink throws
     */
    long download(String fileId, long mostBytes, String notFound, BatchDownload.Sink sink)
            throws IOException, TeacherException, InterruptedException {
        int mostLine = (int) Math.min(Rows.LINE_LIMIT, longestLine());
        BatchDownload lines = new BatchDownload(mostLine, mostBytes, sink);
        HttpRequest request =
                http.request("/files/" + encoded(fileId) + "/content").GET().build();
        try {
            if (http.send(request, transferTimeout, notFound, () -> lines).isEmpty()) {
                throw http.retryable("answers with more than " + mostBytes + " bytes", null, null);
            }
        } catch (TeacherException e) {
            if (lines.failure().isPresent()) {
                throw lines.failure().get();
            }
            throw e;
        }
        return lines.tooLong();
    }

    /** Bytes of an answer and of what is wrapped around it. */
    long longestLine() {
        return settings.mostBytes() + (64L << 10);
    }

    private String idOrNull(JsonNode node) throws TeacherException {
        return node.isNull() || node.asText("").isEmpty() ? null : id(node, "the id of a file");
    }

    private String id(JsonNode node, String what) throws TeacherException {
        String id = node.isTextual() ? node.textValue() : "";
        // An id goes into files and messages: one that a key could hide in is none.
        if (!BatchPlan.ID.matcher(id).matches()
                || !ApiKey.hide(id, settings.key()).equals(id)) {
            throw http.retryable("answers without " + what + " that can be used", null, null);
        }
        return id;
    }

    private static String encoded(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8);
    }
}
