package dev.retort.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * What a vote over the samples of one question came to.
 *
 * @param id the question's id
 * @param task the question's task
 * @param answer the winning answer as it was first given, or null where none wins
 * @param votes for the most frequent answer
 * @param total samples that voted, those without an answer included
 * @param agreement votes over total, in [0, 1]
 * @param extra unknown fields of the line
 */
public record VotedAnswer(
        String id,
        String task,
        @JsonInclude(JsonInclude.Include.ALWAYS) String answer,
        int votes,
        int total,
        double agreement,
        Map<String, JsonNode> extra)
        implements Row {

    public VotedAnswer {
        Rows.require(id != null && !id.isBlank(), "id is missing or blank");
        extra = Rows.copy(extra);
    }
}
