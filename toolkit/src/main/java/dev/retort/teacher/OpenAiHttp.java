package dev.retort.teacher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.retort.data.BoundedBody;
import dev.retort.data.Rows;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Requests to one server, none of them made twice. What goes wrong is said in one line without anything like a key in it. */
public final class OpenAiHttp {

    private static final int MOST_MESSAGE = 300;
    /** A key that a longer message is cut in would not be recognised, and is not shown either. */
    private static final int MOST_MESSAGE_READ = 4_000;

    private final OpenAiSettings settings;
    private final String teacher;
    private final Clock clock;
    private final HttpClient client;

    /**
     * Requests for a teacher of this name; nothing is sent yet.
     *
     * @param clock what dates in a server's headers are compared with
     * @throws IllegalArgumentException where OpenAI's own server is asked without a key
     */
    public OpenAiHttp(OpenAiSettings settings, String teacher, Clock clock) {
        if (settings.baseUrl().equals(OpenAiSettings.OPENAI) && settings.key() == null) {
            throw new IllegalArgumentException(
                    ApiKey.VARIABLE + " is not set; set it, or give the base URL of a server that needs no key");
        }
        this.settings = settings;
        this.teacher = teacher;
        this.clock = clock;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** A request to what follows the base URL, with the key where there is one. */
    HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(settings.baseUrl() + path));
        if (settings.key() != null) {
            request.header("Authorization", settings.key().authorization());
        }
        return request;
    }

    /** A request that wants JSON back. */
    public HttpRequest.Builder jsonRequest(String path) {
        return request(path).header("Accept", "application/json");
    }

    /**
     * Sends a request.
     *
     * @param timeout from connecting to the last byte of the answer
     * @param notFound what the message of status 404 ends in
     */
    public JsonNode json(HttpRequest request, Duration timeout, String notFound)
            throws TeacherException, InterruptedException {
        Optional<byte[]> body = send(request, timeout, notFound, () -> new BoundedBody(settings.mostBytes()));
        if (body.isEmpty()) {
            throw retryable("answers with more than " + settings.mostBytes() + " bytes", null, null);
        }
        try {
            return Rows.mapper().readTree(body.get());
            // Jackson's exception would quote the answer, and so the key: it is no cause.
        } catch (JsonProcessingException e) {
            throw retryable("answers with what is not JSON: " + shown(e.getOriginalMessage()), null, null);
        } catch (IOException e) {
            throw retryable("answers with what cannot be read: " + shown(String.valueOf(e.getMessage())), null, null);
        }
    }

    /** Sends a request; what takes the body of a success gives it back, or nothing where it is too long. */
    Optional<byte[]> send(
            HttpRequest request,
            Duration timeout,
            String notFound,
            Supplier<HttpResponse.BodySubscriber<Optional<byte[]>>> body)
            throws TeacherException, InterruptedException {
        HttpResponse<Optional<byte[]>> response = exchange(
                request,
                timeout,
                info -> isSuccess(info.statusCode()) ? body.get() : new BoundedBody(settings.mostBytes()));
        if (isSuccess(response.statusCode())) {
            return response.body();
        }
        throw refusal(response, notFound);
    }

    /** A timeout of HttpRequest's own would end with the response's headers; this one covers the body. */
    private HttpResponse<Optional<byte[]>> exchange(
            HttpRequest request, Duration timeout, HttpResponse.BodyHandler<Optional<byte[]>> handler)
            throws TeacherException, InterruptedException {
        CompletableFuture<HttpResponse<Optional<byte[]>>> pending = client.sendAsync(request, handler);
        try {
            return pending.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw retryable(
                    "has not answered within " + timeout.toMillis() / 1000.0 + " s; a longer timeout may help",
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

    private TeacherException refusal(HttpResponse<Optional<byte[]>> response, String notFound) {
        int status = response.statusCode();
        String message = shown(response.body().map(OpenAiHttp::errorOf).orElse(""));
        String error = "answers with status " + status + (message.isEmpty() ? "" : ": " + message);
        if (isRetryable(status)) {
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
                    case 404 -> notFound;
                    default -> "";
                };
        return new TeacherException(said(error + help));
    }

    static boolean isSuccess(int status) {
        return status >= 200 && status < 300;
    }

    /** Whether the same request may succeed later. */
    static boolean isRetryable(int status) {
        return status == 408 || status == 409 || status == 429 || status >= 500;
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
    String shown(String message) {
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

    /** A failure that asking again may mend. */
    TeacherException retryable(String what, Duration wait, Throwable cause) {
        return new TeacherException(said(what), true, wait, cause);
    }

    /** One line about the server: who it is, and what it does. */
    public String said(String what) {
        return teacher + ": " + settings.origin() + " " + what;
    }
}
