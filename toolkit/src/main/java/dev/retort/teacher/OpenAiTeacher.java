package dev.retort.teacher;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;

/**
 * A model behind any server that speaks OpenAI's chat completions. Every call is one request: of several samples of
 * a question it gives those that the server gave. With a seed that is the first alone, asked for with a seed derived from it,
 * the question's id and the sample index, so that a sample does not depend on what it was asked with.
 *
 * <p>A failed request is not made again. Its exception is retryable for the statuses 408, 409, 429 and 5xx, for broken
 * connections and timeouts, and for answers that cannot be read; other statuses, redirects among them, are not.
 */
public final class OpenAiTeacher implements Teacher {

    private static final String NOT_FOUND = "; check the base URL and the model's name";

    private final OpenAiSettings settings;
    private final OpenAiHttp http;
    private final OpenAiChat chat;

    /**
     * A teacher; nothing is sent yet.
     *
     * @throws IllegalArgumentException where OpenAI's own server is asked without a key
     */
    public OpenAiTeacher(OpenAiSettings settings) {
        this(settings, Clock.systemUTC());
    }

    OpenAiTeacher(OpenAiSettings settings, Clock clock) {
        this.settings = settings;
        http = new OpenAiHttp(settings, OpenAiChat.name(settings), clock);
        chat = new OpenAiChat(settings, http);
    }

    /**
     * The model's name with its revision, the beginning of the schema's SHA-256 and the log-probabilities, where there are
     * such. The base URL is not part of it: a server may move. Give two models of one name two revisions.
     */
    @Override
    public String name() {
        return chat.name();
    }

    /** The samples that one request gives, of the first indices, at least one. */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        List<Integer> indices = params.seed() == null ? sampleIndices : sampleIndices.subList(0, 1);
        String body = chat.body(question, params, indices).toString();
        HttpRequest request = http.jsonRequest("/chat/completions")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8))
                .build();
        return chat.samples(http.json(request, settings.timeout(), NOT_FOUND), question, params, indices);
    }

    /**
     * 31 bits: every server takes them, and none of them means "no seed". Of the messages, not of the question's id: two that ask the
     * same share an answer in the cache, whichever of them is asked.
     */
    static long seed(long seed, List<Message> messages, int sampleIndex) {
        String asked = Rows.canonical(Rows.mapper().valueToTree(messages));
        return SeededRandom.seedOf(seed, "openai-teacher", asked, sampleIndex) >>> 33;
    }
}
