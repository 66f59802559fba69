package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A line of one of the road's JSON Lines files.
 *
 * <p>Every row is a record whose components are the known fields (camelCase here, snake_case in the file) and whose last
 * component holds the fields that this version does not know, so that they survive a round trip.
 */
public sealed interface Row permits Question, TeacherSample, Failure, Spared, Malformed, Example, VotedAnswer {

    /** The fields of the line that the record has no component for, in the file's order. */
    Map<String, JsonNode> extra();
}
