package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * What a student is trained on.
 *
 * @param id unique within a file
 * @param prompt carries no loss
 * @param completion carries the loss, an end-of-sequence token included
 * @param kind answer, rationale, negative, ...: the loss term it belongs to
 * @param weight of its tokens within the term; absent means 1
 * @param from the ids of the question and samples it was made from
 * @param extra unknown fields of the line
 */
public record Example(
        String id,
        String prompt,
        String completion,
        String kind,
        Double weight,
        List<String> from,
        Map<String, JsonNode> extra)
        implements Row {

    public Example {
        Rows.require(id != null && !id.isBlank(), "id is missing or blank");
        Rows.require(prompt != null, "prompt is missing");
        Rows.require(completion != null, "completion is missing");
        weight = weight == null ? Double.valueOf(1) : weight;
        Rows.require(Double.isFinite(weight), "weight must be a finite number");
        kind = kind == null ? "answer" : kind;
        from = from == null ? List.of() : List.copyOf(from);
        extra = Rows.copy(extra);
    }

    public Example(String id, String prompt, String completion, String kind, List<String> from) {
        this(id, prompt, completion, kind, 1.0, from, Map.of());
    }
}
