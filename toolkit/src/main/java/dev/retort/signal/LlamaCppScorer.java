package dev.retort.signal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.TeacherException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * A teacher that llama.cpp's llama-server serves (of 2025 or later). It knows no log-probabilities of a prompt, but tells the
 * most probable tokens at the one it samples: so every position is a request of its own, /completion with the tokens before
 * it, for which the server reuses what it has computed for the position before. Numbers may differ in the last digits from
 * one run to the next.
 *
 * <p>What it cannot do: tokens of one's own choice, the given ones among them. Its OpenAI endpoint and llama-cpp-python name
 * tokens by their text, which does not tell their ids; they are not asked.
 */
public final class LlamaCppScorer implements RemoteScorer {

    private static final String NOT_FOUND =
            "; is this llama.cpp's server? Serve the teacher with llama-server, or with vLLM";
    private static final double CERTAIN = 1e6;

    private final ScoringHttp http;
    private final int eosId;

    /**
     * Scores with the server's model; nothing is sent yet.
     *
     * @param settings the base URL may end in /v1, as for a teacher
     * @param maxAttempts most requests for one answer, at least 1
     * @param eosId the model's end-of-sequence token
     * @throws IllegalArgumentException where the server is OpenAI's own, which cannot score given tokens
     */
    public LlamaCppScorer(OpenAiSettings settings, int maxAttempts, int eosId) {
        this(new ScoringHttp(settings, maxAttempts), eosId);
    }

    LlamaCppScorer(ScoringHttp http, int eosId) {
        this.http = http;
        this.eosId = eosId;
    }

    @Override
    public TopKLogProbs topK(int[] tokens, int first, int k) throws TeacherException, InterruptedException {
        ScoringHttp.requireScorable(tokens, first, k);
        TopKRows rows = new TopKRows(tokens.length - first, k);
        for (int length = first; length < tokens.length; length++) {
            JsonNode answer = http.post("/completion", body(Arrays.copyOf(tokens, length), k), NOT_FOUND);
            if (answer.path("tokens_evaluated").asInt(length) != length) {
                throw http.refused("reads " + answer.get("tokens_evaluated") + " tokens instead of " + length);
            }
            JsonNode sampled = answer.path("completion_probabilities").path(0);
            if (sampled.path("id").asInt(-1) != eosId || !rows.add(candidates(sampled.path("top_logprobs")))) {
                throw http.refused(
                        "answers without the " + k + " most probable tokens and their ids, or samples another"
                                + " token than " + eosId + ", the end-of-sequence token that it was told" + NOT_FOUND);
            }
        }
        return http.checked(rows);
    }

    @Override
    public int[] tokenize(String text) throws TeacherException, InterruptedException {
        ObjectNode body = Rows.mapper().createObjectNode();
        body.put("content", text).put("add_special", false).put("parse_special", true);
        return http.tokens(http.post("/tokenize", body, NOT_FOUND));
    }

    @Override
    public OptionalInt vocabularySize() throws TeacherException, InterruptedException {
        JsonNode size = http.get("/v1/models", NOT_FOUND).at("/data/0/meta/n_vocab");
        return size.isInt() ? OptionalInt.of(size.intValue()) : OptionalInt.empty();
    }

    private ObjectNode body(int[] prompt, int k) {
        ObjectNode body = Rows.mapper().createObjectNode();
        ScoringHttp.add(body.putArray("prompt"), prompt);
        body.put("n_predict", 1).put("n_probs", k).put("post_sampling_probs", false);
        body.put("cache_prompt", true).put("stream", false);
        // The server leaves out the probabilities at a token that is part of a character: the end of the sequence is
        // none. The
        // probabilities are those of before the bias.
        body.putArray("samplers").add("top_k");
        body.put("top_k", 1);
        body.putArray("logit_bias").addArray().add(eosId).add(CERTAIN);
        return body;
    }

    private static List<TopKRows.Candidate> candidates(JsonNode top) {
        List<TopKRows.Candidate> candidates = new ArrayList<>();
        for (JsonNode token : top) {
            candidates.add(new TopKRows.Candidate(token.path("id").asInt(-1), TopKRows.logProb(token.path("logprob"))));
        }
        return candidates;
    }
}
