package dev.retort.signal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.teacher.OpenAiHttp;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.RetryingTeacher;
import dev.retort.teacher.TeacherException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Requests of a scorer to one server, made again where that may help. */
final class ScoringHttp {

    /** Passes time; a test's does so at once. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(long nanos) throws InterruptedException;
    }

    private static final String V1 = "/v1";

    private final OpenAiSettings settings;
    private final String prefix;
    private final OpenAiHttp http;
    private final int maxAttempts;
    private final Sleeper sleeper;

    ScoringHttp(OpenAiSettings settings, int maxAttempts) {
        this(settings, maxAttempts, TimeUnit.NANOSECONDS::sleep);
    }

    ScoringHttp(OpenAiSettings settings, int maxAttempts, Sleeper sleeper) {
        if (settings.baseUrl().equals(OpenAiSettings.OPENAI)) {
            throw new IllegalArgumentException(
                    "OpenAI's own server tells log-probabilities of tokens only that it samples"
                            + " itself; give the base URL of vLLM or of llama.cpp's server");
        }
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("a sequence needs at least 1 attempt, not " + maxAttempts);
        }
        String base = settings.baseUrl().toString();
        prefix = base.endsWith(V1) ? V1 : "";
        // Not all that is asked lies under /v1.
        this.settings = settings.withBaseUrl(base.substring(0, base.length() - prefix.length()));
        http = new OpenAiHttp(this.settings, "scorer:" + settings.model(), Clock.systemUTC());
        this.maxAttempts = maxAttempts;
        this.sleeper = sleeper;
    }

    String model() {
        return settings.model();
    }

    /** The path of an endpoint of OpenAI's API. */
    String openAiPath(String path) {
        return prefix + path;
    }

    /**
     * Posts a body.
     *
     * @param path from the server's root
     * @param notFound what the message of status 404 ends in
     */
    JsonNode post(String path, ObjectNode body, String notFound) throws TeacherException, InterruptedException {
        return send(
                http.jsonRequest(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8))
                        .build(),
                notFound);
    }

    /** Gets what lies at a path from the server's root. */
    JsonNode get(String path, String notFound) throws TeacherException, InterruptedException {
        return send(http.jsonRequest(path).GET().build(), notFound);
    }

    private JsonNode send(HttpRequest request, String notFound) throws TeacherException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return http.json(request, settings.timeout(), notFound);
            } catch (TeacherException e) {
                if (!e.retryable() || attempt == maxAttempts) {
                    throw e.after(attempt);
                }
                long asked = e.retryAfter().map(Duration::toNanos).orElse(0L);
                sleeper.sleep(RetryingTeacher.waitAfter(
                        asked, attempt, ThreadLocalRandom.current().nextDouble()));
            }
        }
    }

    /** What the server did cannot be used, and would be the same another time. */
    TeacherException refused(String what) {
        return new TeacherException(http.said(what));
    }

    /** The rows that were gathered, where they are log-probabilities. */
    TopKLogProbs checked(TopKRows rows) throws TeacherException {
        try {
            return rows.build();
        } catch (IllegalArgumentException e) {
            throw refused(
                    "answers with numbers that are no log-probabilities of a whole vocabulary: " + e.getMessage());
        }
    }

    /** The ids that an answer's field tokens holds. */
    int[] tokens(JsonNode answer) throws TeacherException {
        JsonNode tokens = answer.path("tokens");
        if (!tokens.isArray()) {
            throw refused("answers without tokens");
        }
        int[] ids = new int[tokens.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!tokens.get(i).canConvertToInt() || !tokens.get(i).isIntegralNumber()) {
                throw refused("answers with tokens that are no ids");
            }
            ids[i] = tokens.get(i).intValue();
        }
        return ids;
    }

    static ArrayNode add(ArrayNode array, int[] tokens) {
        Arrays.stream(tokens).forEach(array::add);
        return array;
    }

    static void requireScorable(int[] tokens, int first, int k) {
        if (first < 1 || first >= tokens.length) {
            throw new IllegalArgumentException("the first scored of " + tokens.length
                    + " tokens must have one before it, which the one at index " + first + " has not");
        }
        if (k < 1) {
            throw new IllegalArgumentException("at least 1 token a position, not " + k);
        }
    }
}
