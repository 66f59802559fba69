package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A (question, sample) pair that got no answer; it is asked again by the next run.
 *
 * @param id the question's id
 * @param sampleIndex which sample of it
 * @param error one line
 * @param attempts requests made
 * @param input the question
 * @param extra unknown fields of the line
 */
public record Failure(
        String id, int sampleIndex, String error, int attempts, Question input, Map<String, JsonNode> extra)
        implements Row {

    public Failure {
        extra = Rows.copy(extra);
    }
}
