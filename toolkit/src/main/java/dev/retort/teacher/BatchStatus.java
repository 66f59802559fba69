package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/**
 * How a server's batch stands.
 *
 * @param status the server's word
 * @param outputFile the id of the file of its answers, or null
 * @param errorFile the id of the file of its failures, or null
 * @param completed requests that were answered, as the server says
 * @param failed requests that were not, as the server says
 * @param problem why the batch as a whole failed, in the server's words; empty where it did not say
 * @param retryable whether such a batch may fare better another time
 */
record BatchStatus(
        String status,
        String outputFile,
        String errorFile,
        long completed,
        long failed,
        String problem,
        boolean retryable) {

    /** What passes: limits of what may wait in line, quotas, and the server's own troubles. */
    private static final Pattern PASSING =
            Pattern.compile(".*(limit|quota|server|internal|timeout|unavailable).*", Pattern.CASE_INSENSITIVE);

    /** A batch as the server shows it, with the ids of its files as they were checked. */
    static BatchStatus of(JsonNode batch, String outputFile, String errorFile) {
        String status = batch.path("status").asText("");
        String problem = "";
        boolean isPassing = true;
        if (status.equals("failed")) {
            for (JsonNode error : batch.path("errors").path("data")) {
                String code = error.path("code").asText("");
                if (problem.isEmpty()) {
                    problem = error.path("message").asText(code);
                }
                isPassing &= code.isEmpty() || PASSING.matcher(code).matches();
            }
        }
        JsonNode counts = batch.path("request_counts");
        return new BatchStatus(
                status,
                outputFile,
                errorFile,
                count(counts.path("completed")),
                count(counts.path("failed")),
                problem,
                isPassing);
    }

    private static long count(JsonNode node) {
        return Math.max(0, Math.min(Integer.MAX_VALUE, node.asLong()));
    }

    /** Whether nothing more comes; a word that OpenAI does not know is not an end. */
    boolean hasEnded() {
        return switch (status) {
            case "completed", "failed", "expired", "cancelled" -> true;
            default -> false;
        };
    }
}
