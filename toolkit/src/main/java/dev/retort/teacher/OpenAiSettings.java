package dev.retort.teacher;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;

/**
 * Which server an {@link OpenAiTeacher} asks, and how.
 *
 * @param baseUrl what /chat/completions is appended to, http or https
 * @param model the server's name for the model
 * @param key sent to the base URL, or null where the server needs none
 * @param timeout of one request, from connecting to the last byte of its answer; at most a day
 * @param mostBytes the longest answer that is read, in bytes
 * @param answerSchema a JSON schema that completions must follow, or null
 * @param topLogprobs how many of the most probable tokens are wanted at each position with their log-probabilities, 0 to
 *     20; null wants none
 * @param revision tells apart what one name has stood for, such as the weights behind a server of one's own; or null
 */
public record OpenAiSettings(
        URI baseUrl,
        String model,
        ApiKey key,
        Duration timeout,
        int mostBytes,
        ObjectNode answerSchema,
        Integer topLogprobs,
        String revision) {

    /** OpenAI's own server. */
    public static final URI OPENAI = URI.create("https://api.openai.com/v1");

    private static final Duration USUAL_TIMEOUT = Duration.ofMinutes(2);
    private static final int USUAL_BYTES = 16 << 20;
    private static final int MOST_LOGPROBS = 20;
    private static final String FORM = "; give one like http://localhost:8000/v1";

    public OpenAiSettings {
        baseUrl = checked(baseUrl);
        require(model != null && !model.isBlank(), "the model has no name");
        require(
                timeout.compareTo(Duration.ZERO) > 0 && timeout.compareTo(Duration.ofDays(1)) <= 0,
                "the timeout of a request must be more than 0 seconds and at most a day");
        require(mostBytes > 0, "the longest answer must be at least 1 byte");
        require(
                topLogprobs == null || (topLogprobs >= 0 && topLogprobs <= MOST_LOGPROBS),
                "top_logprobs must be 0 to " + MOST_LOGPROBS);
        require(revision == null || !revision.isBlank(), "the revision is blank");
        answerSchema = answerSchema == null ? null : answerSchema.deepCopy();
    }

    /** A model of OpenAI's own server: no key, 2 minutes a request, answers of at most 16 MiB. */
    public static OpenAiSettings of(String model) {
        return new OpenAiSettings(OPENAI, model, null, USUAL_TIMEOUT, USUAL_BYTES, null, null, null);
    }

    /**
     * Asks another server.
     *
     * @throws IllegalArgumentException where this is no address of a server
     */
    // The exception that is left out would hold the address, which may hold a password.
    @SuppressWarnings("UnusedException")
    public OpenAiSettings withBaseUrl(String address) {
        try {
            return new OpenAiSettings(
                    new URI(address.strip()), model, key, timeout, mostBytes, answerSchema, topLogprobs, revision);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("the base URL is no address" + FORM);
        }
    }

    public OpenAiSettings withKey(ApiKey newKey) {
        return new OpenAiSettings(baseUrl, model, newKey, timeout, mostBytes, answerSchema, topLogprobs, revision);
    }

    public OpenAiSettings withTimeout(Duration newTimeout) {
        return new OpenAiSettings(baseUrl, model, key, newTimeout, mostBytes, answerSchema, topLogprobs, revision);
    }

    public OpenAiSettings withMostBytes(int bytes) {
        return new OpenAiSettings(baseUrl, model, key, timeout, bytes, answerSchema, topLogprobs, revision);
    }

    public OpenAiSettings withAnswerSchema(ObjectNode schema) {
        return new OpenAiSettings(baseUrl, model, key, timeout, mostBytes, schema, topLogprobs, revision);
    }

    public OpenAiSettings withTopLogprobs(Integer count) {
        return new OpenAiSettings(baseUrl, model, key, timeout, mostBytes, answerSchema, count, revision);
    }

    public OpenAiSettings withRevision(String newRevision) {
        return new OpenAiSettings(baseUrl, model, key, timeout, mostBytes, answerSchema, topLogprobs, newRevision);
    }

    /** Scheme, host and port: what a message may show, for a path can be secret. */
    String origin() {
        return baseUrl.getScheme() + "://" + baseUrl.getHost() + (baseUrl.getPort() < 0 ? "" : ":" + baseUrl.getPort());
    }

    private static URI checked(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        require(
                (scheme.equals("http") || scheme.equals("https")) && url.getHost() != null,
                "the base URL must be http or https and name a host" + FORM);
        require(
                url.getRawUserInfo() == null && url.getRawQuery() == null && url.getRawFragment() == null,
                "the base URL must not hold a user, a query or a fragment" + FORM);
        String text = url.toString();
        while (text.endsWith("/")) {
            text = text.substring(0, text.length() - 1);
        }
        return URI.create(text);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
