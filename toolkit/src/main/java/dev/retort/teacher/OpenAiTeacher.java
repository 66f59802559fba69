package dev.retort.teacher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.BoundedBody;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A model behind any server that speaks OpenAI's chat completions. Several samples of a question are one request; what a
 * server leaves out is asked for again. With a seed every sample is a request of its own, with a seed derived from it, the
 * question's id and the sample index, so that a sample does not depend on what it was asked with.
 *
 * <p>A failed request is not made again. Its exception is retryable for the statuses 408, 409, 429 and 5xx, for broken
 * connections and timeouts, and for answers that cannot be read; other statuses, redirects among them, are not.
 */
public final class OpenAiTeacher implements Teacher {

    private static final int MOST_MESSAGE = 300;
    /** A key that a longer message is cut in would not be recognised, and is not shown either. */
    private static final int MOST_MESSAGE_READ = 4_000;

    private final OpenAiSettings settings;
    private final Clock clock;
    private final String name;
    private final URI address;
    private final HttpClient client;

    /**
     * A teacher; nothing is sent yet.
     *
     * @throws IllegalArgumentException where OpenAI's own server is asked without a key
     */
    public OpenAiTeacher(OpenAiSettings settings) {
        this(settings, Clock.systemUTC());
    }

    OpenAiTeacher(OpenAiSettings settings, Clock clock) {
        if (settings.baseUrl().equals(OpenAiSettings.OPENAI) && settings.key() == null) {
            throw new IllegalArgumentException(
                    ApiKey.VARIABLE + " is not set; set it, or give the base URL of a server that needs no key");
        }
        this.settings = settings;
        this.clock = clock;
        name = name(settings);
        address = URI.create(settings.baseUrl() + "/chat/completions");
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    private static String name(OpenAiSettings settings) {
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

    /**
     * The model's name with its revision, the beginning of the schema's SHA-256 and the log-probabilities, where there are
     * such. The base URL is not part of it: a server may move. Give two models of one name two revisions.
     */
    @Override
    public String name() {
        return name;
    }

    /** The samples; fewer than asked where a later request fails. */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        List<TeacherSample> samples = new ArrayList<>();
        while (samples.size() < sampleIndices.size()) {
            List<Integer> rest = sampleIndices.subList(samples.size(), sampleIndices.size());
            try {
                // Every request gives one sample or more, so there are no more requests than samples.
                samples.addAll(request(question, params, params.seed() == null ? rest : rest.subList(0, 1)));
            } catch (TeacherException e) {
                if (samples.isEmpty()) {
                    throw e;
                }
                return samples;
            }
        }
        return samples;
    }

    /** Makes one request; samples of the first indices, at least one. */
    private List<TeacherSample> request(Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException, InterruptedException {
        JsonNode reply = send(body(question, params, indices));
        List<OpenAiReply.Choice> choices = OpenAiReply.choices(reply);
        if (choices.isEmpty()) {
            String error = shown(OpenAiReply.error(reply));
            throw retryable(
                    error.isEmpty() ? "answers without a completion" : "answers with an error: " + error, null, null);
        }
        if (choices.size() > indices.size()) {
            choices = choices.subList(0, indices.size());
        }
        if (settings.topLogprobs() != null
                && choices.stream()
                        .anyMatch(choice ->
                                !choice.text().isEmpty() && !choice.extra().containsKey("logprobs"))) {
            throw new TeacherException(said("answers without the log-probabilities it was asked for; it may not support"
                    + " them, leave them out"));
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

    private ObjectNode body(Question question, SamplingParams params, List<Integer> indices) {
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
            body.put("seed", seed(params.seed(), question.id(), indices.get(0)));
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

    /** 31 bits: every server takes them, and none of them means "no seed". */
    static long seed(long seed, String questionId, int sampleIndex) {
        return SeededRandom.seedOf(seed, "openai-teacher", questionId, sampleIndex) >>> 33;
    }

    private JsonNode send(ObjectNode body) throws TeacherException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
        if (settings.key() != null) {
            request.header("Authorization", settings.key().authorization());
        }
        HttpResponse<Optional<byte[]>> response = exchange(request.build());
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            if (response.body().isEmpty()) {
                throw retryable("answers with more than " + settings.mostBytes() + " bytes", null, null);
            }
            return json(response.body().get());
        }
        throw refusal(response);
    }

    /** A timeout of HttpRequest's own would end with the response's headers; this one covers the body. */
    private HttpResponse<Optional<byte[]>> exchange(HttpRequest request) throws TeacherException, InterruptedException {
        CompletableFuture<HttpResponse<Optional<byte[]>>> pending =
                client.sendAsync(request, info -> new BoundedBody(settings.mostBytes()));
        try {
            return pending.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw retryable(
                    "has not answered within " + settings.timeout().toMillis() / 1000.0
                            + " s; a longer timeout may help",
                    null,
                    e);
        } catch (ExecutionException e) {
            // Java's own message may quote the server, and so the key: it is shown, but not kept as the cause.
            throw retryable("cannot be reached, or broke off: " + shown(reason(e.getCause())), null, null);
        } finally {
            pending.cancel(true);
        }
    }

    private static String reason(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "no such host";
            }
        }
        if (error instanceof ConnectException) {
            return "no connection";
        }
        return error instanceof IOException && error.getMessage() != null ? error.getMessage() : error.toString();
    }

    private JsonNode json(byte[] body) throws TeacherException {
        try {
            return Rows.mapper().readTree(body);
            // Jackson's exception would quote the answer, and so the key: it is no cause.
        } catch (JsonProcessingException e) {
            throw retryable("answers with what is not JSON: " + shown(e.getOriginalMessage()), null, null);
        } catch (IOException e) {
            throw retryable("answers with what cannot be read: " + shown(String.valueOf(e.getMessage())), null, null);
        }
    }

    private TeacherException refusal(HttpResponse<Optional<byte[]>> response) {
        int status = response.statusCode();
        String message = shown(response.body().map(OpenAiTeacher::errorOf).orElse(""));
        String error = "answers with status " + status + (message.isEmpty() ? "" : ": " + message);
        if (status == 408 || status == 409 || status == 429 || status >= 500) {
            Duration wait = response.headers()
                    .firstValue("Retry-After")
                    .map(this::retryAfter)
                    .orElse(null);
            return retryable(error, wait, null);
        }
        String help =
                switch (status) {
                    case 301,
                            302,
                            303,
                            307,
                            308 -> "; redirects are not followed, give the address it leads to as base URL";
                    case 401, 403 -> "; check " + ApiKey.VARIABLE;
                    case 404 -> "; check the base URL and the model's name";
                    default -> "";
                };
        return new TeacherException(said(error + help));
    }

    private static String errorOf(byte[] body) {
        JsonNode node;
        try {
            node = Rows.mapper().readTree(body);
        } catch (IOException e) {
            // A proxy's page says nothing that the status does not.
            node = MissingNode.getInstance();
        }
        return OpenAiReply.error(node);
    }

    /** Seconds or an HTTP date; null where it is neither. */
    private Duration retryAfter(String header) {
        String text = header.strip();
        if (text.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration wait = Duration.between(clock.instant(), date);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** A server's words: on one line, not too many, and no key among them. */
    private String shown(String message) {
        String read = message.substring(0, Math.min(message.length(), MOST_MESSAGE_READ));
        StringBuilder line = new StringBuilder();
        ApiKey.hide(read, settings.key())
                .codePoints()
                .limit(MOST_MESSAGE)
                .forEach(c -> line.appendCodePoint(isPrintable(c) ? c : ' '));
        return line.toString().strip();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private TeacherException retryable(String what, Duration wait, Throwable cause) {
        return new TeacherException(said(what), true, wait, cause);
    }

    private String said(String what) {
        return name + ": " + settings.origin() + " " + what;
    }
}
