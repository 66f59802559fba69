package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A (question, sample) pair that was not asked, because nothing would have changed.
 *
 * @param id the question's id
 * @param sampleIndex which sample of it
 * @param reason why it needs no answer, {@link #DECIDED} for instance
 * @param extra unknown fields of the line
 */
public record Spared(String id, int sampleIndex, String reason, Map<String, JsonNode> extra) implements Row {

    /** The verdict of the vote stood before this sample. */
    public static final String DECIDED = "decided";

    public Spared {
        extra = Rows.copy(extra);
    }
}
