package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.retort.data.Rows;
import dev.retort.teacher.ApiKey;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VllmScorerTest {

    private static final int[] TOKENS = {3, 1, 4, 1, 5};
    private static final String NEWER =
            "; it cannot score ids of one's own choice, serve the teacher with a newer vLLM, or use its most probable"
                    + " ids";

    private final List<Long> waits = new ArrayList<>();
    private FakeScoringServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeScoringServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private VllmScorer scorer(OpenAiSettings settings, int maxAttempts) {
        return new VllmScorer(new ScoringHttp(settings, maxAttempts, waits::add));
    }

    private VllmScorer scorer() {
        return scorer(server.settings(), 3);
    }

    private TeacherException refusal(int k) {
        return assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer(server.settings(), 1).topK(TOKENS, 3, k))
                .actual();
    }

    private void assertRefused(int k, String message) {
        assertThat(refusal(k)).hasMessage("scorer:m: " + server.origin() + " " + message);
    }

    /** What vLLM would answer to TOKENS, with this at position 3. */
    private static String answer(String position) {
        return "{\"choices\":[{\"prompt_logprobs\":[null,{},{}," + position
                + ",{\"5\":{\"logprob\":-0.5},\"1\":{\"logprob\":-1.5}}]}]}";
    }

    @Test
    void theMostProbableTokensOfEveryPosition() throws Exception {
        for (int k : new int[] {1, 4, FakeScoringServer.VOCABULARY}) {
            assertThat(scorer().topK(TOKENS, 2, k)).isEqualTo(FakeScoringServer.topK(TOKENS, 2, k));
        }
        assertThat(server.requests).containsOnly("POST /v1/completions").hasSize(3);
        assertThat(server.bodies.get(1))
                .isEqualTo(Rows.mapper()
                        .readTree("{\"model\":\"m\",\"prompt\":[3,1,4,1,5],\"max_tokens\":1,\"temperature\":1.0,"
                                + "\"prompt_logprobs\":4}"));
    }

    @Test
    void aBaseUrlMayEndInAnything() throws Exception {
        server.then(200, answer("{\"1\":{\"logprob\":-1},\"0\":{\"logprob\":-1},\"7\":{\"logprob\":-2}}"));
        TopKLogProbs top = scorer(server.settings().withBaseUrl(server.origin() + "/vllm"), 1)
                .topK(TOKENS, 3, 2);
        // Of equals the lower id goes first.
        assertThat(top).isEqualTo(new TopKLogProbs(2, 2, new int[] {0, 1, 5, 1}, new float[] {-1, -1, -0.5f, -1.5f}));
        assertThat(server.requests).containsExactly("POST /vllm/completions");
    }

    @Test
    void theGivenTokensThemselves() throws Exception {
        float[] expected = new float[3];
        for (int i = 0; i < 3; i++) {
            expected[i] = FakeScoringServer.logProbs(Arrays.copyOf(TOKENS, i + 2))[TOKENS[i + 2]];
        }
        assertThat(scorer().tokenLogProbs(TOKENS, 2)).containsExactly(expected);
        assertThat(server.bodies.get(0).get("prompt_logprobs").intValue()).isZero();
    }

    @Test
    void tokensOfOnesOwnChoice() throws Exception {
        int[] ids = {0, 11, 7, 7, 3, 2};
        float[] expected = new float[6];
        for (int i = 0; i < 6; i++) {
            expected[i] = FakeScoringServer.logProbs(Arrays.copyOf(TOKENS, 3 + i / 3))[ids[i]];
        }
        assertThat(scorer().logProbs(TOKENS, 3, ids)).containsExactly(expected);
        assertThat(server.requests).containsExactly("POST /inference/v1/generate");
        assertThat(server.bodies.get(0))
                .isEqualTo(Rows.mapper()
                        .readTree("{\"model\":\"m\",\"token_ids\":[3,1,4,1,5],\"sampling_params\":{\"max_tokens\":1,"
                                + "\"temperature\":1.0,\"prompt_logprob_token_ids\":[[0,11,7],[7,3,2]],"
                                + "\"prompt_logprob_start\":2}}"));
    }

    @Test
    void aServerThatKnowsOnlyWhatItSamplesIsRefused() {
        server.then(
                200,
                "{\"choices\":[{\"text\":\" x\",\"logprobs\":{\"tokens\":[\" x\"],\"token_logprobs\":[-0.5],"
                        + "\"top_logprobs\":[{\" x\":-0.5}]}}]}");
        assertRefused(
                2,
                "answers without prompt_logprobs: it tells log-probabilities at most of tokens that it samples itself,"
                        + " which say nothing of given ones; serve the teacher with vLLM or llama.cpp");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VllmScorer(OpenAiSettings.of("gpt").withKey(ApiKey.of("k")), 1))
                .withMessage(
                        "OpenAI's own server tells log-probabilities of tokens only that it samples itself; give the"
                                + " base URL of vLLM or of llama.cpp's server");
    }

    @Test
    void answersToOtherTokensAreRefused() {
        server.then(200, "{\"choices\":[{\"prompt_logprobs\":[null,{},{},{}]}]}");
        assertRefused(1, "answers with the log-probabilities of 4 tokens instead of 5");
        server.then(200, answer("{\"2\":{\"logprob\":-1}}"));
        assertRefused(1, "answers with the log-probabilities of other tokens than the given");
        server.then(200, answer("null"));
        assertRefused(1, "answers with the log-probabilities of other tokens than the given");
        server.then(200, answer("{\"1\":{\"logprob\":-1},\"2\":{\"logprob\":-2}}"));
        assertRefused(3, "answers with 2 tokens a position instead of 3");
    }

    @Test
    void numbersThatAreNoLogProbabilitiesAreRefused() {
        String start =
                "answers with numbers that are no log-probabilities of a whole vocabulary: top-k log-probabilities:"
                        + " position 0: ";
        server.then(200, answer("{\"1\":{\"logprob\":17.5},\"2\":{\"logprob\":-2}}"));
        assertRefused(2, start + "17.5 is no log-probability");
        server.then(200, answer("{\"1\":{\"logprob\":\"x\"},\"2\":{\"logprob\":-2}}"));
        assertRefused(2, start + "NaN is no log-probability");
        server.then(200, answer("{\"1\":{\"logprob\":-0.1},\"2\":{\"logprob\":-0.1}}"));
        assertThat(refusal(2)).hasMessageContaining(start + "the probabilities sum to 1.8");
        server.then(200, answer("{\"1\":{\"logprob\":-1},\"-2\":{\"logprob\":-2}}"));
        assertRefused(2, start + "-1 is no token id");
        server.then(200, answer("{\"1\":{\"logprob\":0.5}}"));
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer().tokenLogProbs(TOKENS, 3))
                .withMessageEndingWith("answers with 0.5 where a log-probability was asked for; it must run with"
                        + " --logprobs-mode raw_logprobs");
    }

    @Test
    void aServerThatCannotScoreOnesOwnChoiceIsRefused() {
        server.then(404, "{\"detail\":\"Not Found\"}");
        assertChoiceRefused("answers with status 404: Not Found" + NEWER);
        server.then(200, "{\"choices\":[]}");
        assertChoiceRefused("answers without prompt_token_id_logprobs" + NEWER);
        server.then(200, "{\"prompt_token_id_logprobs\":\"AA?A\"}");
        assertChoiceRefused("answers with prompt_token_id_logprobs that cannot be read: Illegal base64 character 3f");
        server.then(200, "{\"prompt_token_id_logprobs\":\"" + FakeScoringServer.npy(1, 2, new byte[8]) + "\"}");
        assertChoiceRefused(
                "answers with prompt_token_id_logprobs that cannot be read: not float32 of 2 rows and 1 columns");
        ByteBuffer values = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(-1)
                .putFloat(Float.NaN);
        server.then(200, "{\"prompt_token_id_logprobs\":\"" + FakeScoringServer.npy(2, 1, values.array()) + "\"}");
        assertChoiceRefused("answers with NaN where a log-probability was asked for; it must run with --logprobs-mode"
                + " raw_logprobs");
    }

    private void assertChoiceRefused(String message) {
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer().logProbs(TOKENS, 3, new int[] {1, 2}))
                .withMessage("scorer:m: " + server.origin() + " " + message);
    }

    @Test
    void whatMayPassIsAskedAgain() throws Exception {
        server.then(503, "", Map.of("Retry-After", "7")).then(200, "not JSON");
        assertThat(scorer().topK(TOKENS, 2, 4)).isEqualTo(FakeScoringServer.topK(TOKENS, 2, 4));
        assertThat(server.requests).hasSize(3);
        assertThat(waits).hasSize(2);
        assertThat(waits.get(0)).isBetween(7_000_000_000L, 7_100_000_000L);
        assertThat(waits.get(1)).isBetween(500_000_000L, 1_000_000_000L);
        server.then(500, "").then(500, "").then(500, "");
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer().topK(TOKENS, 2, 4))
                .withMessageEndingWith(" answers with status 500")
                .matches(e -> e.attempts() == 3);
    }

    @Test
    void aRefusalIsNotAskedAgainAndShownWithoutTheKey() {
        String said = "Requested prompt logprobs of 64, which is greater than max allowed: 20";
        server.then(400, "{\"error\":{\"message\":\"" + said + " (my-secret-key)\"}}");
        OpenAiSettings settings = server.settings().withKey(ApiKey.of("my-secret-key"));
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer(settings, 3).topK(TOKENS, 2, 64))
                .withMessage("scorer:m: " + server.origin() + " answers with status 400: " + said + " ([key])");
        assertThat(server.requests).hasSize(1);
        assertThat(server.headers.get(0).getFirst("Authorization")).isEqualTo("Bearer my-secret-key");
        assertThat(waits).isEmpty();
    }

    @Test
    void anAnswerIsReadToItsBoundOnly() {
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(
                        () -> scorer(server.settings().withMostBytes(100), 1).topK(TOKENS, 2, 4))
                .withMessageEndingWith(" answers with more than 100 bytes");
    }

    @Test
    void whatCannotBeScoredIsNotAsked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scorer().topK(TOKENS, 0, 4))
                .withMessage("the first scored of 5 tokens must have one before it, which the one at index 0 has not");
        assertThatIllegalArgumentException().isThrownBy(() -> scorer().topK(TOKENS, 5, 4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scorer().topK(TOKENS, 2, 0))
                .withMessage("at least 1 token a position, not 0");
        for (int[] ids : new int[][] {{}, {1}, {1, 2, 3}, {1, -1}}) {
            assertThatIllegalArgumentException().isThrownBy(() -> scorer().logProbs(TOKENS, 3, ids));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new VllmScorer(server.settings(), 0));
        assertThat(server.requests).isEmpty();
    }
}
