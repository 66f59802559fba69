package dev.retort.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;

/**
 * One line of eval/TASK.jsonl.
 *
 * @param id of the item
 * @param prediction the answer cut from the completion
 * @param score 0 to 1
 * @param graded whether it is written as "score"; else as "correct", 0 or 1
 */
public record EvaluationRow(String id, String prediction, double score, boolean graded) {

    /** The row as JSON: no time, no path, no speed, so that equal runs give equal bytes. */
    public String format() {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("id", id).put("prediction", prediction);
        if (graded) {
            json.put("score", score);
        } else {
            json.put("correct", score >= 0.5 ? 1 : 0);
        }
        return json.toString();
    }

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static EvaluationRow parse(String line) {
        try {
            JsonNode json = Rows.mapper().readTree(line);
            boolean graded = json.has("score");
            JsonNode value = json.path(graded ? "score" : "correct");
            if (!json.path("id").isTextual() || !value.isNumber()) {
                throw new IllegalArgumentException("an evaluation row needs an id, and correct or score");
            }
            return new EvaluationRow(
                    json.get("id").textValue(), json.path("prediction").asText(), value.doubleValue(), graded);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
