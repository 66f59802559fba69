package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.retort.data.Rows;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LlamaCppScorerTest {

    private static final int EOS = 9;
    private static final int[] TOKENS = {3, 1, 4, 1, 5};
    private static final String NOT_THIS =
            "; is this llama.cpp's server? Serve the teacher with llama-server, or with vLLM";

    private FakeScoringServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeScoringServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private LlamaCppScorer scorer() {
        return new LlamaCppScorer(server.settings(), 1, EOS);
    }

    private void assertRefused(String message) {
        assertThatExceptionOfType(TeacherException.class)
                .isThrownBy(() -> scorer().topK(TOKENS, 2, 2))
                .withMessage("scorer:m: " + server.origin() + " " + message);
    }

    @Test
    void everyPositionIsARequest() throws Exception {
        assertThat(scorer().topK(TOKENS, 2, 4)).isEqualTo(FakeScoringServer.topK(TOKENS, 2, 4));
        assertThat(server.requests).containsOnly("POST /completion").hasSize(3);
        assertThat(server.bodies.get(1))
                .isEqualTo(Rows.mapper()
                        .readTree("{\"prompt\":[3,1,4],\"n_predict\":1,\"n_probs\":4,\"post_sampling_probs\":false,"
                                + "\"cache_prompt\":true,\"stream\":false,\"samplers\":[\"top_k\"],\"top_k\":1,"
                                + "\"logit_bias\":[[9,1000000.0]]}"));
    }

    /** The number is what the server writes for probability 0. */
    @Test
    void improbableTokensAreKept() throws Exception {
        for (int i = 0; i < 2; i++) {
            server.then(
                    200,
                    "{\"completion_probabilities\":[{\"id\":9,\"top_logprobs\":[{\"id\":4,\"logprob\":-0.0},"
                            + "{\"id\":5,\"logprob\":-3.4028234663852886e+38}]}]}");
        }
        TopKLogProbs top = scorer().topK(TOKENS, 3, 2);
        assertThat(top.logProbs()[1]).isEqualTo(-Float.MAX_VALUE);
        assertThat(top.outsideMass(0)).isZero();
    }

    @Test
    void serversThatAnswerOtherwiseAreRefused() {
        String without =
                "answers without the 2 most probable tokens and their ids, or samples another token than 9, the"
                        + " end-of-sequence token that it was told" + NOT_THIS;
        server.then(404, "");
        assertRefused("answers with status 404" + NOT_THIS);
        server.then(200, "{\"choices\":[]}");
        assertRefused(without);
        // As before 2025.
        server.then(
                200, "{\"completion_probabilities\":[{\"content\":\"\",\"probs\":[{\"tok_str\":\"a\",\"prob\":1}]}]}");
        assertRefused(without);
        server.then(200, sampled(8, 2));
        assertRefused(without);
        server.then(200, sampled(EOS, 1));
        assertRefused(without);
        server.then(200, sampled(EOS, 2).replace("{\"comp", "{\"tokens_evaluated\":3,\"comp"));
        assertRefused("reads 3 tokens instead of 2");
    }

    private static String sampled(int id, int count) {
        String one = "{\"id\":1,\"logprob\":-1}";
        String top = count == 2 ? one + ",{\"id\":2,\"logprob\":-2}" : one;
        return "{\"completion_probabilities\":[{\"id\":" + id + ",\"top_logprobs\":[" + top + "]}]}";
    }

    @Test
    void whatCannotBeScoredIsNotAsked() {
        assertThatIllegalArgumentException().isThrownBy(() -> scorer().topK(TOKENS, 0, 4));
        assertThat(server.requests).isEmpty();
    }
}
