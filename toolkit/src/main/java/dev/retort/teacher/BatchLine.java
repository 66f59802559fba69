package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What became of one request of a batch.
 *
 * @param customId the request's
 * @param body the answer, or null
 * @param error one line that says why there is none, or null
 * @param retryable whether asking again may help
 */
record BatchLine(String customId, JsonNode body, String error, boolean retryable) {

    private static final Pattern CUSTOM_ID = Pattern.compile("[0-9a-f]{64}");
    private static final String START = "{\"custom_id\":\"";

    static BatchLine answer(String customId, JsonNode body) {
        return new BatchLine(customId, body, null, false);
    }

    static BatchLine failure(String customId, String error, boolean retryable) {
        return new BatchLine(customId, null, error, retryable);
    }

    /** A line of a server's file of results, its words shown as {@code http} shows them; nothing where it is no such line. */
    static Optional<BatchLine> ofServer(byte[] line, OpenAiHttp http) {
        JsonNode node;
        try {
            node = Rows.mapper().readTree(line);
        } catch (IOException e) {
            return Optional.empty();
        }
        String customId = node.path("custom_id").asText("");
        if (!CUSTOM_ID.matcher(customId).matches()) {
            return Optional.empty();
        }
        JsonNode body = node.path("response").path("body");
        JsonNode error = node.path("error");
        int status = status(node.path("response").path("status_code"));
        if (body.isObject() && (OpenAiHttp.isSuccess(status) || (status == 0 && !error.isObject()))) {
            return Optional.of(answer(customId, body));
        }
        JsonNode code = error.path("code");
        int said = status == 0 ? status(code) : status;
        String message = OpenAiReply.error(body.isMissingNode() || body.isNull() ? node : body);
        String what = "answers with " + (said == 0 ? "an error" : "status " + said);
        String why = http.shown(message.isEmpty() ? OpenAiReply.error(node) : message);
        if (why.isEmpty() && said == 0) {
            why = http.shown(code.asText(""));
        }
        boolean retryable = said < 400 || OpenAiHttp.isRetryable(said);
        return Optional.of(failure(customId, http.said(what + (why.isEmpty() ? "" : ": " + why)), retryable));
    }

    /** A status of HTTP; 0 where this is none. */
    private static int status(JsonNode node) {
        String text = node.asText("");
        return text.matches("[1-5][0-9]{2}") ? Integer.parseInt(text) : 0;
    }

    /** One line without its line break, which {@link #read} reads and {@link #customIdOf} knows. */
    String format() {
        ObjectNode line = Rows.mapper().createObjectNode().put("custom_id", customId);
        if (body == null) {
            return line.put("error", error).put("retryable", retryable).toString();
        }
        line.set("body", body);
        return line.toString();
    }

    /** What {@link #format} wrote; nothing where it did not. */
    static Optional<BatchLine> read(String line) {
        JsonNode node;
        try {
            node = Rows.mapper().readTree(line);
        } catch (IOException e) {
            return Optional.empty();
        }
        String customId = node.path("custom_id").asText("");
        if (node.path("body").isObject()) {
            return Optional.of(answer(customId, node.get("body")));
        }
        return node.path("error").isTextual()
                ? Optional.of(failure(
                        customId,
                        node.get("error").textValue(),
                        node.path("retryable").asBoolean()))
                : Optional.empty();
    }

    /** The custom id that a line of our own files begins with, without reading the rest of it; null where there is none. */
    static String customIdOf(String line) {
        int end = START.length() + 64;
        if (!line.startsWith(START) || line.length() <= end || line.charAt(end) != '"') {
            return null;
        }
        String customId = line.substring(START.length(), end);
        return CUSTOM_ID.matcher(customId).matches() ? customId : null;
    }
}
