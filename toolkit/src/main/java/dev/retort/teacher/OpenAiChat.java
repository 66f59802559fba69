package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.List;

/** What is asked of a chat completion and what its answer gives, however it is sent. */
final class OpenAiChat {

    private final OpenAiSettings settings;
    private final OpenAiHttp http;
    private final String name;

    /** Requests of these settings; the server's words are shown as {@code http} shows them. */
    OpenAiChat(OpenAiSettings settings, OpenAiHttp http) {
        this.settings = settings;
        this.http = http;
        name = name(settings);
    }

    /** The teacher's name: model, revision, the beginning of the schema's SHA-256, log-probabilities. */
    static String name(OpenAiSettings settings) {
        StringBuilder name = new StringBuilder("openai:").append(settings.model());
        if (settings.revision() != null) {
            name.append('@').append(settings.revision());
        }
        if (settings.answerSchema() != null) {
            String schema = Rows.canonical(settings.answerSchema());
            name.append("+schema=").append(SeededRandom.sha256Hex(schema), 0, 12);
        }
        if (settings.topLogprobs() != null) {
            name.append("+top-logprobs=").append(settings.topLogprobs());
        }
        return name.toString();
    }

    String name() {
        return name;
    }

    /** The body of one request for samples of these indices. */
    ObjectNode body(Question question, SamplingParams params, List<Integer> indices) {
        ObjectNode body = Rows.mapper().createObjectNode();
        body.put("model", settings.model());
        ArrayNode messages = body.putArray("messages");
        question.messages()
                .forEach(message ->
                        messages.addObject().put("role", message.role()).put("content", message.content()));
        if (params.temperature() != null) {
            body.put("temperature", params.temperature());
        }
        if (params.topP() != null) {
            body.put("top_p", params.topP());
        }
        if (params.topK() != null) {
            body.put("top_k", params.topK());
        }
        if (params.maxTokens() != null) {
            body.put("max_tokens", params.maxTokens());
        }
        if (!params.stop().isEmpty()) {
            ArrayNode stop = body.putArray("stop");
            params.stop().forEach(stop::add);
        }
        if (params.seed() != null) {
            body.put("seed", OpenAiTeacher.seed(params.seed(), question.messages(), indices.get(0)));
        }
        if (indices.size() > 1) {
            body.put("n", indices.size());
        }
        if (settings.topLogprobs() != null) {
            body.put("logprobs", true).put("top_logprobs", settings.topLogprobs());
        }
        if (settings.answerSchema() != null) {
            body.putObject("response_format")
                    .put("type", "json_schema")
                    .putObject("json_schema")
                    .put("name", "answer")
                    .put("strict", true)
                    .set("schema", settings.answerSchema());
        }
        return body;
    }

    /**
     * The samples of a reply, for the first indices, at least one.
     *
     * @throws TeacherException where the reply gives none, or not what it was asked for
     */
    List<TeacherSample> samples(JsonNode reply, Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException {
        List<OpenAiReply.Choice> choices = OpenAiReply.choices(reply);
        if (choices.isEmpty()) {
            String error = http.shown(OpenAiReply.error(reply));
            throw http.retryable(
                    error.isEmpty() ? "answers without a completion" : "answers with an error: " + error, null, null);
        }
        if (choices.size() > indices.size()) {
            choices = choices.subList(0, indices.size());
        }
        if (settings.topLogprobs() != null
                && choices.stream()
                        .anyMatch(choice ->
                                !choice.text().isEmpty() && !choice.extra().containsKey("logprobs"))) {
            throw new TeacherException(http.said("answers without the log-probabilities it was asked for; it may not"
                    + " support them, leave them out"));
        }
        TokenUsage usage = OpenAiReply.usage(reply, choices.size());
        List<TeacherSample> samples = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            OpenAiReply.Choice choice = choices.get(i);
            samples.add(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    indices.get(i),
                    choice.text(),
                    null,
                    null,
                    choice.finishReason(),
                    name,
                    params,
                    usage,
                    choice.extra()));
        }
        return samples;
    }
}
