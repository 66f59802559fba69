package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SampleServerTest {

    private final HttpClient client = HttpClient.newHttpClient();

    private static String body(String messages, String more) {
        return "{\"model\":\"m\",\"messages\":[" + messages + "]" + more + "}";
    }

    private static String user(String text) {
        return "{\"role\":\"user\",\"content\":\"" + text + "\"}";
    }

    private CompletableFuture<HttpResponse<String>> post(SampleServer server, String body) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode ask(SampleServer server, String body) throws IOException {
        return Rows.mapper().readTree(post(server, body).join().body());
    }

    private static String text(JsonNode reply, int choice) {
        return reply.at("/choices/" + choice + "/message/content").textValue();
    }

    @Test
    void answersAsOpenAiDoes() throws Exception {
        try (SampleServer server = new SampleServer(0, 1)) {
            JsonNode reply = ask(server, body(user("How many?"), ",\"n\":2"));
            assertThat(reply.get("object").textValue()).isEqualTo("chat.completion");
            assertThat(reply.get("model").textValue()).isEqualTo("m");
            assertThat(reply.get("choices")).hasSize(2);
            assertThat(reply.at("/choices/1/index").intValue()).isEqualTo(1);
            assertThat(reply.at("/choices/1/finish_reason").textValue()).isEqualTo("stop");
            assertThat(text(reply, 0)).matches("(?s).*The answer is [0-9]+\\.").isEqualTo(text(reply, 1));
            assertThat(reply.at("/usage/total_tokens").intValue())
                    .isEqualTo(reply.at("/usage/prompt_tokens").intValue()
                            + reply.at("/usage/completion_tokens").intValue());
        }
    }

    @Test
    void theLastMessageAndTheSeedDecideTheAnswer() throws Exception {
        try (SampleServer server = new SampleServer(0, 0)) {
            String seeded = text(ask(server, body(user("a"), ",\"seed\":3")), 0);
            assertThat(text(ask(server, body(user("before") + "," + user("a"), ",\"seed\":3")), 0))
                    .isEqualTo(seeded)
                    .isEqualTo(server.text("a", 3));
            assertThat(server.text("b", 3)).isNotEqualTo(seeded);
        }
    }

    @Test
    void aShareOfTheSeedsGivesTheMainAnswer() throws Exception {
        try (SampleServer server = new SampleServer(0, 0.8);
                SampleServer sure = new SampleServer(0, 1)) {
            long agreeing = IntStream.range(0, 2_000)
                    .filter(i -> server.text("question " + i / 10, i % 10).equals(sure.text("question " + i / 10, 0)))
                    .count();
            // The mean of 0.8 and 1.
            assertThat(agreeing).isBetween(1_740L, 1_860L);
            Set<String> others = new HashSet<>();
            for (int seed = 0; seed < 100; seed++) {
                others.add(server.text("question 5", seed));
            }
            others.remove(sure.text("question 5", 0));
            assertThat(others).hasSizeBetween(1, 30);
        }
    }

    @Test
    void nobodyWaitsForAnother() throws Exception {
        long start = System.nanoTime();
        try (SampleServer server = new SampleServer(200, 1)) {
            List<CompletableFuture<HttpResponse<String>>> pending = IntStream.range(0, 40)
                    .mapToObj(i -> post(server, body(user("question " + i), "")))
                    .toList();
            pending.forEach(CompletableFuture::join);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            // One after the other it would be 8 seconds.
            assertThat(millis).isBetween(200L, 7_000L);
            assertThat(server.takeCounts().get("most_at_once").intValue()).isBetween(2, 40);
        }
    }

    @Test
    void countsQuestionsAndForgetsThem() throws Exception {
        try (SampleServer server = new SampleServer(0, 1)) {
            ask(server, body(user("a"), ""));
            ask(server, body(user("a"), ",\"seed\":1"));
            ask(server, body(user("a"), ",\"seed\":1"));
            // What curator asks first, and what nobody should.
            assertThat(text(ask(server, body("", "")), 0)).isNotEmpty();
            assertThat(post(server, "{").join().statusCode()).isEqualTo(400);
            assertThat(server.takeCounts()).hasToString("{\"requests\":3,\"distinct\":2,\"most_at_once\":1}");
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/counts"))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo("{\"requests\":0,\"distinct\":0,\"most_at_once\":0}");
        }
    }
}
