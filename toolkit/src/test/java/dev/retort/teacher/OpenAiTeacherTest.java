package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiTeacherTest {

    private static final String KEY = "sk-proj-0123456789abcdefghijklmn";
    private static final Question QUESTION = new Question(
            "q-1", "t", List.of(Message.system("Be brief."), Message.user("Why \u00e9\ud83d\ude00?")), "gold");
    private static final SamplingParams NONE = SamplingParams.none();

    private FakeOpenAi server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeOpenAi();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private List<TeacherSample> ask(SamplingParams params, Integer... indices) throws Exception {
        return new OpenAiTeacher(server.settings()).sample(QUESTION, params, List.of(indices));
    }

    private static TeacherException failure(OpenAiTeacher teacher) {
        return catchThrowableOfType(TeacherException.class, () -> teacher.sample(QUESTION, NONE, List.of(0)));
    }

    private TeacherException failure() {
        return failure(new OpenAiTeacher(server.settings().withKey(ApiKey.of(KEY))));
    }

    private static JsonNode json(String text) throws IOException {
        return Rows.mapper().readTree(text);
    }

    @Test
    void whatIsNotGivenIsNotSent() throws Exception {
        server.gives(FakeOpenAi.choice("Because."));
        List<TeacherSample> samples = ask(NONE, 3);
        assertThat(samples)
                .containsExactly(new TeacherSample(
                        "q-1",
                        "t",
                        QUESTION.messages(),
                        3,
                        "Because.",
                        null,
                        null,
                        "stop",
                        "openai:m",
                        NONE,
                        new TokenUsage(7, 5, 1),
                        Map.of()));
        assertThat(server.requests).containsExactly("POST /v1/chat/completions");
        assertThat(server.bodies)
                .containsExactly(json("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                        + "{\"role\":\"user\",\"content\":\"Why \u00e9\ud83d\ude00?\"}]}"));
        assertThat(server.headers.get(0).getFirst("Authorization")).isNull();
        assertThat(server.headers.get(0).getFirst("Content-Type")).isEqualTo("application/json");
    }

    @Test
    void whatIsGivenIsSent() throws Exception {
        ObjectNode schema = Rows.mapper().createObjectNode().put("type", "object");
        server.gives("{\"finish_reason\":\"stop\",\"message\":{\"content\":\"{}\"},\"logprobs\":{\"content\":"
                + "[{\"token\":\"{}\",\"logprob\":-0.5,\"top_logprobs\":[]}]}}");
        OpenAiTeacher teacher = new OpenAiTeacher(server.settings()
                .withKey(ApiKey.of(KEY))
                .withAnswerSchema(schema)
                .withTopLogprobs(2)
                .withRevision("r1"));
        SamplingParams params = new SamplingParams(0.0, 0.9, 40, 16, List.of("\n\n", "Q:"), -8L);
        TeacherSample sample = teacher.sample(QUESTION, params, List.of(0)).get(0);
        assertThat(sample.extra())
                .isEqualTo(Map.of("logprobs", json("[{\"token\":\"{}\",\"logprob\":-0.5,\"top_logprobs\":[]}]")));
        assertThat(server.headers.get(0).get("Authorization")).containsExactly("Bearer " + KEY);
        ObjectNode body = server.bodies.get(0).deepCopy();
        body.remove(List.of("model", "messages"));
        assertThat(body)
                .isEqualTo(json("{\"temperature\":0.0,\"top_p\":0.9,\"top_k\":40,\"max_tokens\":16,"
                        + "\"stop\":[\"\\n\\n\",\"Q:\"],\"seed\":"
                        + (int) OpenAiTeacher.seed(-8, QUESTION.messages(), 0)
                        + ",\"logprobs\":true,\"top_logprobs\":2,\"response_format\":{\"type\":\"json_schema\","
                        + "\"json_schema\":{\"name\":\"answer\",\"strict\":true,\"schema\":{\"type\":\"object\"}}}}"));
        assertThat(teacher.name()).isEqualTo("openai:m@r1+schema=a2c799262a3c+top-logprobs=2");
        assertThat(sample.teacher()).isEqualTo(teacher.name());
        assertThat(sample.toString()).doesNotContain("0123456789");
    }

    @Test
    void severalSamplesAreOneRequest() throws Exception {
        server.gives(FakeOpenAi.choice("a"), FakeOpenAi.choice("b"), FakeOpenAi.choice("dropped"));
        List<TeacherSample> samples = ask(NONE.withTemperature(1.0), 4, 2);
        assertThat(samples).extracting(TeacherSample::text).containsExactly("a", "b");
        assertThat(samples).extracting(TeacherSample::sampleIndex).containsExactly(4, 2);
        assertThat(samples).extracting(TeacherSample::usage).containsOnly(new TokenUsage(7, 5, 2));
        assertThat(server.bodies).hasSize(1);
        assertThat(server.bodies.get(0).get("n")).isEqualTo(json("2"));
    }

    @Test
    void whatAReplyLeavesOutIsLeftToWhoAsked() throws Exception {
        server.gives(FakeOpenAi.choice("a"), FakeOpenAi.choice("b"));
        List<TeacherSample> samples = ask(NONE, 5, 1, 2, 3);
        assertThat(samples).extracting(TeacherSample::text).containsExactly("a", "b");
        assertThat(samples).extracting(TeacherSample::sampleIndex).containsExactly(5, 1);
        assertThat(samples).extracting(TeacherSample::usage).containsOnly(new TokenUsage(7, 5, 2));
        assertThat(server.bodies).extracting(body -> body.path("n").asInt(1)).containsExactly(4);
    }

    @Test
    void aChoiceThatCannotBeReadEndsTheReply() throws Exception {
        server.gives(FakeOpenAi.choice("a"), "{\"message\":{\"content\":7}}", FakeOpenAi.choice("c"));
        assertThat(ask(NONE, 0, 1, 2)).extracting(TeacherSample::text).containsExactly("a", "c");
    }

    @Test
    void withASeedNoSampleDependsOnTheOthers() throws Exception {
        SamplingParams params = NONE.withSeed(11L);
        for (int i = 0; i < 5; i++) {
            server.then(exchange -> {
                String text = FakeOpenAi.choice(
                        server.bodies.get(server.bodies.size() - 1).get("seed").asText());
                byte[] body = ("{\"choices\":[" + text + "]}").getBytes(java.nio.charset.StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            });
        }
        List<TeacherSample> together = new ArrayList<>();
        for (int index = 0; index < 3; index++) {
            List<Integer> rest = List.of(0, 1, 2).subList(index, 3);
            together.addAll(ask(params, rest.toArray(new Integer[0])));
        }
        List<TeacherSample> apart = new ArrayList<>(ask(params, 2));
        apart.addAll(ask(params, 0));
        assertThat(together).extracting(TeacherSample::sampleIndex).containsExactly(0, 1, 2);
        assertThat(apart).containsExactly(together.get(2), together.get(0));
        assertThat(together).extracting(TeacherSample::text).doesNotHaveDuplicates();
        assertThat(together).extracting(TeacherSample::usage).containsOnlyNulls();
        assertThat(server.bodies).hasSize(5).noneMatch(body -> body.has("n"));
        assertThat(OpenAiTeacher.seed(11, QUESTION.messages(), 0))
                .isBetween(0L, 2147483647L)
                .isEqualTo(seedSent(0));
        assertThat(OpenAiTeacher.seed(11, List.of(Message.user("another")), 0)).isNotEqualTo(seedSent(0));
    }

    private long seedSent(int request) {
        return server.bodies.get(request).get("seed").longValue();
    }

    @ParameterizedTest
    @CsvSource({
        "'\"stop\"', stop",
        "'\"length\"', length",
        "'\"content_filter\"', content_filter",
        "'\"eos\"', stop",
        "'\"max_tokens\"', length",
        "'\"tool_calls\"', tool_calls",
        "'\"odd reason\"', unknown",
        "null, unknown",
        "7, unknown"
    })
    void finishReasons(String said, String expected) throws Exception {
        server.gives("{\"finish_reason\":" + said + ",\"message\":{\"content\":\"x\"}}");
        TeacherSample sample = ask(NONE, 0).get(0);
        assertThat(sample.finishReason()).isEqualTo(expected);
        assertThat(sample.answer()).isNull();
    }

    @Test
    void whatIsWithheldIsEmptyAndSaysWhy() throws Exception {
        server.gives(
                "{\"finish_reason\":\"content_filter\",\"message\":{\"content\":null}}",
                "{\"finish_reason\":\"length\",\"message\":{}}",
                "{\"finish_reason\":\"stop\",\"message\":{\"content\":null,\"refusal\":\"No.\"}}");
        List<TeacherSample> samples = ask(NONE, 0, 1, 2);
        assertThat(samples).extracting(TeacherSample::text).containsOnly("");
        assertThat(samples).extracting(TeacherSample::finishReason).containsExactly("content_filter", "length", "stop");
        assertThat(samples.get(2).extra()).isEqualTo(Map.of("refusal", json("\"No.\"")));
    }

    @ParameterizedTest
    @CsvSource({"408", "409", "429", "500", "502", "503", "599"})
    void someStatusesMayBeAskedAgain(int status) {
        server.then(status, "<html>busy</html>", Map.of("Retry-After", " 17 "));
        TeacherException error = failure();
        assertThat(error).hasMessage("openai:m: " + server.origin() + " answers with status " + status);
        assertThat(error.retryable()).isTrue();
        assertThat(error.retryAfter()).contains(Duration.ofSeconds(17));
        assertThat(server.bodies).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "'Tue, 15 Nov 1994 08:12:31 GMT', 30",
        "'Tue, 15 Nov 1994 08:11:31 GMT', 0",
        "0, 0",
        "soon,",
        "-1,",
        "12345678901,",
        "1.5,"
    })
    void retryAfterIsSecondsOrADate(String header, Long seconds) {
        server.then(429, "", Map.of("Retry-After", header));
        Clock clock = Clock.fixed(Instant.parse("1994-11-15T08:12:01Z"), ZoneOffset.UTC);
        TeacherException error = failure(new OpenAiTeacher(server.settings(), clock));
        assertThat(error.retryAfter().map(Duration::toSeconds).orElse(null)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|{\"error\":{\"message\":\"'n' is\\ntoo large\",\"code\":7}}|: 'n' is too large",
                "400|{\"error\":\"bad\"}|: bad",
                "422|{\"detail\":\"missing\"}|: missing",
                "413|{\"message\":\"too long\"}|: too long",
                "400|not JSON|''",
                "418|[7]|''",
                "401|{\"error\":{\"message\":\"no key\"}}|: no key; check OPENAI_API_KEY",
                "403|''|; check OPENAI_API_KEY",
                "404|{\"error\":{\"message\":\"no m\"}}|: no m; check the base URL and the model's name"
            })
    void otherStatusesMayNot(int status, String body, String rest) {
        server.then(status, body, Map.of("Retry-After", "3"));
        TeacherException error = failure();
        assertThat(error).hasMessage("openai:m: " + server.origin() + " answers with status " + status + rest);
        assertThat(error.retryable()).isFalse();
        assertThat(error.retryAfter()).isEmpty();
    }

    @Test
    void aServersWordsAreBounded() {
        server.then(400, "{\"error\":{\"message\":\"" + "x".repeat(100_000) + "\"}}");
        assertThat(failure().getMessage()).endsWith(": " + "x".repeat(300));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"choices\":[|answers with what is not JSON: Unexpected end-of-input",
                "<html>|answers with what is not JSON: Unexpected character ('<'",
                "{\"choices\":[]}|answers without a completion",
                "{\"choices\":7}|answers without a completion",
                "[]|answers without a completion",
                "{}|answers without a completion",
                "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"stop\"}]}|answers without a"
                        + " completion",
                "{\"choices\":[{\"message\":\"hi\"}]}|answers without a completion",
                "{\"error\":{\"message\":\"over capacity\",\"code\":502}}|answers with an error: over capacity"
            })
    void whatCannotBeReadMayBeAskedAgain(String body, String problem) {
        server.then(200, body);
        TeacherException error = failure();
        assertThat(error).hasMessageStartingWith("openai:m: " + server.origin() + " " + problem);
        assertThat(error.getMessage()).doesNotContain("\n");
        assertThat(error.retryable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"prompt_tokens\":-1,\"completion_tokens\":2}", "{\"prompt_tokens\":1e99}", "7"})
    void aUsageThatCannotBeReadIsNone(String usage) throws Exception {
        server.then(200, "{\"choices\":[" + FakeOpenAi.choice("a") + "],\"usage\":" + usage + "}");
        assertThat(ask(NONE, 0).get(0).usage()).isNull();
    }

    @Test
    void answersAreBounded() {
        String body = "{\"choices\":[" + FakeOpenAi.choice("x".repeat(100_000)) + "]}";
        server.then(200, body).then(400, body).then(200, body);
        OpenAiSettings bounded = server.settings().withMostBytes(body.length() - 1);
        TeacherException error = failure(new OpenAiTeacher(bounded));
        assertThat(error)
                .hasMessage(
                        "openai:m: " + server.origin() + " answers with more than " + (body.length() - 1) + " bytes");
        assertThat(error.retryable()).isTrue();
        TeacherException refused = failure(new OpenAiTeacher(bounded));
        assertThat(refused).hasMessage("openai:m: " + server.origin() + " answers with status 400");
        assertThat(refused.retryable()).isFalse();
        assertThat(failure(new OpenAiTeacher(bounded.withMostBytes(body.length()))))
                .isNull();
    }

    @Test
    void aHangingServerIsGivenUp() {
        server.hangs().hangsInTheBody();
        OpenAiTeacher teacher = new OpenAiTeacher(server.settings().withTimeout(Duration.ofMillis(250)));
        for (int i = 0; i < 2; i++) {
            TeacherException error = failure(teacher);
            assertThat(error)
                    .hasMessage("openai:m: " + server.origin()
                            + " has not answered within 0.25 s; a longer timeout may help");
            assertThat(error.retryable()).isTrue();
        }
    }

    @Test
    void anInterruptedThreadAsksNoMore() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        server.then(exchange -> {
            asked.countDown();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        FutureTask<Throwable> task = new FutureTask<>(
                () -> catchThrowableOfType(InterruptedException.class, () -> new OpenAiTeacher(server.settings())
                        .sample(QUESTION, NONE, List.of(0))));
        Thread thread = new Thread(task);
        thread.start();
        asked.await();
        thread.interrupt();
        assertThat(task.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        over.countDown();
    }

    @Test
    void aServerThatIsNotThereOrHangsUpMayBeAskedAgain() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String origin = "http://127.0.0.1:" + port;
        TeacherException none = failure(new OpenAiTeacher(OpenAiSettings.of("m").withBaseUrl(origin)));
        assertThat(none).hasMessage("openai:m: " + origin + " cannot be reached, or broke off: no connection");
        assertThat(none.retryable()).isTrue();
        server.then(exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('{');
        });
        TeacherException broken = failure();
        assertThat(broken)
                .hasMessageStartingWith("openai:m: " + server.origin() + " cannot be reached, or broke off: ");
        assertThat(broken.retryable()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectsAreNotFollowed(int status) throws IOException {
        try (FakeOpenAi other = new FakeOpenAi()) {
            server.then(status, "", Map.of("Location", other.origin() + "/v1/chat/completions?signed=secret"));
            TeacherException error = failure();
            assertThat(error)
                    .hasMessage("openai:m: " + server.origin() + " answers with status " + status
                            + "; redirects are not followed, give the address it leads to as base URL");
            assertThat(error.retryable()).isFalse();
            assertThat(other.requests).isEmpty();
        }
    }

    @Test
    void noMessageHoldsTheKey() {
        String echo = "you sent Bearer " + KEY + ", that is " + KEY.substring(3, 20) + "..., " + KEY.substring(0, 6)
                + "*****" + KEY.substring(28);
        server.then(401, "{\"error\":{\"message\":\"" + echo + "\"}}")
                .then(400, "{\"error\":{\"message\":\"" + "x".repeat(290) + KEY + "\"}}")
                .then(400, "{\"error\":{\"message\":\"" + "x ".repeat(1990) + KEY + "\"}}")
                .then(429, "{\"error\":\"" + echo + "\"}")
                .then(200, "{\"error\":\"" + echo + "\"}")
                .then(200, "{\"choices\":[" + KEY + "]}")
                .then(200, "{\"" + KEY + "\":1,\"" + KEY + "\":2}")
                .then(302, echo, Map.of("Location", "/" + KEY))
                .then(500, echo);
        for (int i = 0; i < 9; i++) {
            TeacherException error = failure();
            for (Throwable e = error; e != null; e = e.getCause()) {
                assertThat(e.toString()).doesNotContain("0123", "4567", "klmn");
            }
        }
        assertThat(server.headers).hasSize(9).allSatisfy(headers -> assertThat(headers.getFirst("Authorization"))
                .isEqualTo("Bearer " + KEY));
    }

    @Test
    void logProbabilitiesThatDoNotComeAreAnError() {
        server.gives(FakeOpenAi.choice("a"));
        TeacherException error = failure(new OpenAiTeacher(server.settings().withTopLogprobs(0)));
        assertThat(error)
                .hasMessage("openai:m+top-logprobs=0: " + server.origin() + " answers without the log-probabilities it"
                        + " was asked for; it may not support them, leave them out");
        assertThat(error.retryable()).isFalse();
    }

    @Test
    void openAiNeedsAKey() {
        assertThatThrownBy(() -> new OpenAiTeacher(OpenAiSettings.of("gpt-4o")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("OPENAI_API_KEY is not set; set it, or give the base URL of a server that needs no key");
        assertThat(new OpenAiTeacher(OpenAiSettings.of("gpt-4o").withKey(ApiKey.of(KEY))).name())
                .isEqualTo("openai:gpt-4o");
    }
}
