package dev.retort.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * One completion of a teacher for one question.
 *
 * @param id the question's id
 * @param task the question's task
 * @param messages what was sent
 * @param sampleIndex from 0; (id, sampleIndex) is unique within a file
 * @param text the completion as it came
 * @param rationale the part of the text that explains, or null
 * @param answer the part that answers, or null where none could be cut
 * @param finishReason stop, length, or what the teacher said
 * @param teacher who answered, with its revision where there is one
 * @param params how it was drawn
 * @param usage what the request cost
 * @param extra unknown fields of the line
 */
public record TeacherSample(
        String id,
        String task,
        List<Message> messages,
        int sampleIndex,
        String text,
        @JsonInclude(JsonInclude.Include.NON_NULL) String rationale,
        @JsonInclude(JsonInclude.Include.ALWAYS) String answer,
        String finishReason,
        String teacher,
        SamplingParams params,
        TokenUsage usage,
        Map<String, JsonNode> extra)
        implements Row {

    /** The finish reason of a completion that met its token limit. */
    public static final String LENGTH = "length";

    public TeacherSample {
        Rows.require(id != null && !id.isBlank(), "id is missing or blank");
        Rows.require(sampleIndex >= 0, "sample_index must not be negative");
        Rows.require(text != null, "text is missing");
        messages = messages == null ? List.of() : List.copyOf(messages);
        extra = Rows.copy(extra);
    }

    public TeacherSample withAnswer(String newRationale, String newAnswer) {
        return new TeacherSample(
                id,
                task,
                messages,
                sampleIndex,
                text,
                newRationale,
                newAnswer,
                finishReason,
                teacher,
                params,
                usage,
                extra);
    }

    /** The same completion for another question of the same messages. */
    public TeacherSample forQuestion(Question question) {
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                sampleIndex,
                text,
                rationale,
                answer,
                finishReason,
                teacher,
                params,
                usage,
                extra);
    }

    /** The sample with these further fields instead of its own. */
    public TeacherSample withExtra(Map<String, JsonNode> newExtra) {
        return new TeacherSample(
                id,
                task,
                messages,
                sampleIndex,
                text,
                rationale,
                answer,
                finishReason,
                teacher,
                params,
                usage,
                newExtra);
    }
}
