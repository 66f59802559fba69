package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What can be used of an answer of /chat/completions. */
final class OpenAiReply {

    /**
     * One completion.
     *
     * @param text empty where the server withheld it and said why
     * @param extra "refusal" and "logprobs", where there are such
     */
    record Choice(String text, String finishReason, Map<String, JsonNode> extra) {}

    private OpenAiReply() {}

    /** The choices that are whole, in their order. */
    static List<Choice> choices(JsonNode reply) {
        List<Choice> choices = new ArrayList<>();
        for (JsonNode node : reply.path("choices")) {
            Choice choice = choice(node);
            if (choice != null) {
                choices.add(choice);
            }
        }
        return choices;
    }

    private static Choice choice(JsonNode node) {
        JsonNode message = node.path("message");
        JsonNode content = message.path("content");
        String reason = finishReason(node.path("finish_reason"));
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        if (message.path("refusal").isTextual()) {
            extra.put("refusal", message.get("refusal"));
        }
        // A model that was cut while it thought, and one that was stopped by a filter, have said nothing.
        boolean withheld = !extra.isEmpty() || reason.equals(TeacherSample.LENGTH) || reason.equals("content_filter");
        boolean isEmpty = content.isNull() || content.isMissingNode();
        if (!content.isTextual() && !(isEmpty && withheld && message.isObject())) {
            return null;
        }
        JsonNode logprobs = node.path("logprobs").path("content");
        if (logprobs.isArray()) {
            extra.put("logprobs", logprobs);
        }
        return new Choice(isEmpty ? "" : content.textValue(), reason, extra);
    }

    /** OpenAI's words for the ends that other servers call otherwise; what else a server says stays as it is. */
    private static String finishReason(JsonNode node) {
        String said = node.asText("");
        return switch (said) {
            case "eos", "eos_token", "end_turn", "stop_sequence" -> "stop";
            case "max_tokens", "model_length" -> TeacherSample.LENGTH;
            default -> said.matches("[A-Za-z0-9_-]{1,40}") && node.isTextual() ? said : "unknown";
        };
    }

    /**
     * What the request cost.
     *
     * @param samples how many samples it gave
     * @return null where the server did not say
     */
    static TokenUsage usage(JsonNode reply, int samples) {
        JsonNode prompt = reply.path("usage").path("prompt_tokens");
        JsonNode completion = reply.path("usage").path("completion_tokens");
        return isCount(prompt) && isCount(completion)
                ? new TokenUsage(prompt.longValue(), completion.longValue(), samples)
                : null;
    }

    private static boolean isCount(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= 0;
    }

    /** What a server says went wrong, in the forms of OpenAI, FastAPI and others; empty where it says nothing. */
    static String error(JsonNode reply) {
        for (JsonNode node : new JsonNode[] {
            reply.at("/error/message"), reply.path("error"), reply.path("message"), reply.path("detail")
        }) {
            if (node.isTextual() && !node.textValue().isBlank()) {
                return node.textValue();
            }
        }
        return "";
    }
}
