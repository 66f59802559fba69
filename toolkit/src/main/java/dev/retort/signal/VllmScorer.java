package dev.retort.signal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.TeacherException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;

/**
 * A teacher that vLLM serves. Its prompt_logprobs, a parameter of /v1/completions that no other server knows, gives the most
 * probable tokens at every position of a prompt with one request; the server's {@code --max-logprobs} (20 if not said) bounds
 * k. The server must keep its default {@code --logprobs-mode raw_logprobs}.
 */
public final class VllmScorer implements RemoteScorer {

    private static final String NO_COMPLETIONS = "; check the base URL and the model's name";
    private static final String GENERATE = "/inference/v1/generate";
    private static final String SERVE_NEWER =
            "; it cannot score ids of one's own choice, serve the teacher with a newer vLLM, or use its most probable"
                    + " ids";

    private static final String RUN_RAW = "; it must run with --logprobs-mode raw_logprobs";

    private final ScoringHttp http;

    /**
     * Scores with one model; nothing is sent yet.
     *
     * @param settings the base URL ends in /v1, as for a teacher; {@link OpenAiSettings#mostBytes} must hold about 70 bytes
     *     for each token that is asked for
     * @param maxAttempts most requests for one answer, at least 1
     * @throws IllegalArgumentException where the server is OpenAI's own, which cannot score given tokens
     */
    public VllmScorer(OpenAiSettings settings, int maxAttempts) {
        this(new ScoringHttp(settings, maxAttempts));
    }

    VllmScorer(ScoringHttp http) {
        this.http = http;
    }

    @Override
    public TopKLogProbs topK(int[] tokens, int first, int k) throws TeacherException, InterruptedException {
        ScoringHttp.requireScorable(tokens, first, k);
        List<JsonNode> positions = promptLogprobs(tokens, first, k);
        TopKRows rows = new TopKRows(positions.size(), k);
        for (JsonNode position : positions) {
            // The given token comes beside the k most probable where it is not one of them.
            if (!rows.add(candidates(position))) {
                throw http.refused("answers with " + position.size() + " tokens a position instead of " + k);
            }
        }
        return http.checked(rows);
    }

    @Override
    public int[] tokenize(String text) throws TeacherException, InterruptedException {
        ObjectNode body = Rows.mapper().createObjectNode();
        body.put("model", http.model()).put("prompt", text).put("add_special_tokens", false);
        return http.tokens(http.post("/tokenize", body, NO_COMPLETIONS));
    }

    /** Nothing: vLLM does not say. */
    @Override
    public OptionalInt vocabularySize() {
        return OptionalInt.empty();
    }

    /**
     * The log-probability of every token from {@code first} to the end of a sequence, each given the tokens before it.
     *
     * @param first the index of the first token that is scored, at least 1
     * @return [N]
     */
    public float[] tokenLogProbs(int[] tokens, int first) throws TeacherException, InterruptedException {
        ScoringHttp.requireScorable(tokens, first, 1);
        List<JsonNode> positions = promptLogprobs(tokens, first, 0);
        float[] logProbs = new float[positions.size()];
        for (int i = 0; i < logProbs.length; i++) {
            logProbs[i] = TopKRows.logProb(
                    positions.get(i).path(String.valueOf(tokens[first + i])).path("logprob"));
        }
        requireLogProbs(logProbs);
        return logProbs;
    }

    /**
     * The log-probabilities of tokens of one's own choice, such as the student's k most probable, at every position from
     * {@code first} to the end of a sequence. Needs vLLM's /inference/v1/generate with prompt_logprob_token_ids a position
     * (vLLM's pull request 56984 of September 2026, later than its release 0.28) and its V2 model runner.
     *
     * @param first the index of the first token that is scored, at least 1
     * @param ids [N, c] row after row, N = the tokens from {@code first} on
     * @return [N, c] in the order of the ids; negative infinity is probability 0
     */
    public float[] logProbs(int[] tokens, int first, int[] ids) throws TeacherException, InterruptedException {
        int positions = tokens.length - first;
        int width = positions < 1 ? 0 : ids.length / positions;
        ScoringHttp.requireScorable(tokens, first, width);
        if (width * positions != ids.length || Arrays.stream(ids).anyMatch(id -> id < 0)) {
            throw new IllegalArgumentException(
                    positions + " positions need the same number of ids each, all of them at least 0");
        }
        ObjectNode body = Rows.mapper().createObjectNode();
        body.put("model", http.model());
        ScoringHttp.add(body.putArray("token_ids"), tokens);
        ObjectNode params = body.putObject("sampling_params");
        params.put("max_tokens", 1).put("temperature", 1.0);
        ArrayNode rows = params.putArray("prompt_logprob_token_ids");
        for (int i = 0; i < positions; i++) {
            ScoringHttp.add(rows.addArray(), Arrays.copyOfRange(ids, i * width, (i + 1) * width));
        }
        // A row's index is that of the token before the one it scores.
        params.put("prompt_logprob_start", first - 1);
        JsonNode matrix = http.post(GENERATE, body, SERVE_NEWER).path("prompt_token_id_logprobs");
        if (!matrix.isTextual()) {
            throw http.refused("answers without prompt_token_id_logprobs" + SERVE_NEWER);
        }
        float[] logProbs;
        try {
            logProbs = NpyFloats.parse(Base64.getDecoder().decode(matrix.textValue()), positions, width);
        } catch (IllegalArgumentException e) {
            throw http.refused("answers with prompt_token_id_logprobs that cannot be read: " + e.getMessage());
        }
        requireLogProbs(logProbs);
        return logProbs;
    }

    /** The answer's positions from {@code first} on, every one with the given token among its own. */
    private List<JsonNode> promptLogprobs(int[] tokens, int first, int k)
            throws TeacherException, InterruptedException {
        ObjectNode body = Rows.mapper().createObjectNode();
        body.put("model", http.model());
        ScoringHttp.add(body.putArray("prompt"), tokens);
        body.put("max_tokens", 1).put("temperature", 1.0).put("prompt_logprobs", k);
        JsonNode answer = http.post(http.openAiPath("/completions"), body, NO_COMPLETIONS)
                .path("choices")
                .path(0)
                .path("prompt_logprobs");
        if (!answer.isArray()) {
            throw http.refused(
                    "answers without prompt_logprobs: it tells log-probabilities at most of tokens that it samples"
                            + " itself, which say nothing of given ones; serve the teacher with vLLM or llama.cpp");
        }
        if (answer.size() != tokens.length) {
            throw http.refused(
                    "answers with the log-probabilities of " + answer.size() + " tokens instead of " + tokens.length);
        }
        List<JsonNode> positions = new ArrayList<>();
        for (int i = first; i < tokens.length; i++) {
            if (!answer.get(i).has(String.valueOf(tokens[i]))) {
                throw http.refused("answers with the log-probabilities of other tokens than the given");
            }
            positions.add(answer.get(i));
        }
        return positions;
    }

    private static List<TopKRows.Candidate> candidates(JsonNode position) {
        List<TopKRows.Candidate> candidates = new ArrayList<>();
        position.fields().forEachRemaining(field -> {
            int id = field.getKey().matches("[0-9]{1,9}") ? Integer.parseInt(field.getKey()) : -1;
            float logProb = TopKRows.logProb(field.getValue().path("logprob"));
            candidates.add(new TopKRows.Candidate(id, logProb));
        });
        return candidates;
    }

    private void requireLogProbs(float[] logProbs) throws TeacherException {
        for (float logProb : logProbs) {
            if (!(logProb <= TopKLogProbs.ROUNDING)) {
                throw http.refused("answers with " + logProb + " where a log-probability was asked for" + RUN_RAW);
            }
        }
    }
}
