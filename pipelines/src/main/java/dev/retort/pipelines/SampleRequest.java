package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.teacher.RetrySettings;
import dev.retort.teacher.TeacherSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a {@link SampleJob} does.
 *
 * @param questions who is asked about
 * @param out the folder of the output files
 * @param teacher who answers
 * @param samples of each question, at least 1
 * @param params how to draw
 * @param settings limits and attempts; the cache is {@code OUT/cache} where they name none
 * @param vote ends a question's asking once its verdict stands; null to ask for all samples
 * @param answers cuts answers; null where the teacher does
 * @param method the teacher that is asked, around the given one; null for the given one
 * @param prompt the name of a prompt around each question; null to send messages as they stand
 * @param listener sees how far it has come, or null
 */
public record SampleRequest(
        Questions questions,
        Path out,
        TeacherFactory teacher,
        int samples,
        SamplingParams params,
        AskSettings settings,
        VoteFactory vote,
        AnswerReader answers,
        TeacherWrapper method,
        String prompt,
        ProgressBoard.Listener listener) {

    /** The folder of answers within the output folder. */
    public static final String CACHE = "cache";

    /** Where the questions are. */
    public sealed interface Questions {

        /** A JSON Lines file that the workers can see; bad lines of it go to malformed.jsonl. */
        record InFile(Path file) implements Questions {}

        /** Questions in memory, ids unique. */
        record InMemory(List<Question> questions) implements Questions {
            public InMemory {
                questions = List.copyOf(questions);
                Set<String> seen = new HashSet<>();
                for (Question question : questions) {
                    if (!seen.add(question.id())) {
                        throw new IllegalArgumentException("two questions with the id " + question.id());
                    }
                }
            }
        }
    }

    public SampleRequest {
        if (samples < 1) {
            throw new IllegalArgumentException("a question needs at least 1 sample, not " + samples);
        }
    }

    /** One sample of every question in a file. */
    public static SampleRequest of(Path questions, Path out, TeacherFactory teacher) {
        return of(new Questions.InFile(questions), out, teacher);
    }

    /**
     * One sample of every given question.
     *
     * @throws IllegalArgumentException where two have one id
     */
    public static SampleRequest of(List<Question> questions, Path out, TeacherFactory teacher) {
        return of(new Questions.InMemory(questions), out, teacher);
    }

    private static SampleRequest of(Questions questions, Path out, TeacherFactory teacher) {
        return new SampleRequest(
                questions, out, teacher, 1, SamplingParams.none(), AskSettings.usual(), null, null, null, null, null);
    }

    /**
     * What the flags ask for.
     *
     * @throws IllegalArgumentException where a flag's value does not fit, with one line that says why
     */
    public static SampleRequest of(SampleOptions options) {
        TeacherSpec spec = TeacherSpec.parse(options.getTeacher());
        SamplingParams params = SamplingParams.none()
                .withTemperature(options.getTemperature())
                .withTopP(options.getTopP())
                .withMaxTokens(options.getMaxTokens())
                .withSeed(options.getSeed());
        TeacherFactory teacher =
                TeacherFactory.of(spec, options.getErrorRate(), options.getBaseUrl(), duration(options.getTimeout()));
        return of(Path.of(options.getQuestions()), Path.of(options.getOut()), teacher)
                .withSamples(options.getSamples())
                .withParams(params)
                .withSettings(settings(options));
    }

    private static AskSettings settings(SampleOptions options) {
        RetrySettings retry = RetrySettings.usual()
                .withMaxAttempts(options.getMaxAttempts())
                .withRequestsPerMinute(options.getRequestsPerMinute())
                .withTokensPerMinute(options.getTokensPerMinute());
        Budget budget = new Budget(
                options.getBudgetTokens(),
                options.getBudgetMoney(),
                options.getPricePrompt(),
                options.getPriceCompletion());
        AskSettings settings = AskSettings.usual()
                .withConcurrency(options.getConcurrency())
                .withRetry(retry)
                .withBudget(budget);
        return options.getCache() == null ? settings : settings.withCache(Path.of(options.getCache()));
    }

    private static Duration duration(Double seconds) {
        return seconds == null ? null : Duration.ofNanos(Math.round(seconds * 1e9));
    }

    public SampleRequest withSamples(int count) {
        return new SampleRequest(
                questions, out, teacher, count, params, settings, vote, answers, method, prompt, listener);
    }

    public SampleRequest withParams(SamplingParams newParams) {
        return new SampleRequest(
                questions, out, teacher, samples, newParams, settings, vote, answers, method, prompt, listener);
    }

    public SampleRequest withSettings(AskSettings newSettings) {
        return new SampleRequest(
                questions, out, teacher, samples, params, newSettings, vote, answers, method, prompt, listener);
    }

    public SampleRequest withVote(VoteFactory newVote) {
        return new SampleRequest(
                questions, out, teacher, samples, params, settings, newVote, answers, method, prompt, listener);
    }

    public SampleRequest withAnswers(AnswerReader reader) {
        return new SampleRequest(
                questions, out, teacher, samples, params, settings, vote, reader, method, prompt, listener);
    }

    public SampleRequest withProgress(ProgressBoard.Listener newListener) {
        return new SampleRequest(
                questions, out, teacher, samples, params, settings, vote, answers, method, prompt, newListener);
    }

    public SampleRequest withMethod(TeacherWrapper newMethod) {
        return new SampleRequest(
                questions, out, teacher, samples, params, settings, vote, answers, newMethod, prompt, listener);
    }

    public SampleRequest withPrompt(String name) {
        return new SampleRequest(
                questions, out, teacher, samples, params, settings, vote, answers, method, name, listener);
    }
}
