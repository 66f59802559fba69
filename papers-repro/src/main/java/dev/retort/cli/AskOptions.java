package dev.retort.cli;

import dev.retort.data.Precision;
import dev.retort.data.SamplingParams;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.Budget;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.teacher.ApiKey;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.RetrySettings;
import dev.retort.teacher.TeacherSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** The options of commands that ask a teacher. */
final class AskOptions {

    @Option(
            names = "--teacher",
            paramLabel = "SPEC",
            required = true,
            description =
                    "Who answers: openai:MODEL, local:MODEL, recorded:FILE, scripted:last-letter|coin-flip|arithmetic")
    private String teacher;

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "Server of an openai teacher, /v1 included. Default: OpenAI's own, with OPENAI_API_KEY")
    private String baseUrl;

    @Option(
            names = "--error-rate",
            paramLabel = "P",
            defaultValue = "0",
            description = "How often a scripted teacher errs, 0 to 1. Default: ${DEFAULT-VALUE}")
    private double errorRate;

    @Option(names = "--temperature", paramLabel = "T", description = "Not given, not sent: the teacher's own")
    private Double temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "Likewise")
    private Double topP;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of a completion; likewise")
    private Integer maxTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Ends a completion; may be repeated")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "N", description = "Of the draws; an openai teacher gets one per sample")
    private Long seed;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "16",
            description = "Most requests at a time, over all workers. Default: ${DEFAULT-VALUE}")
    private int concurrency;

    @Option(
            names = "--requests-per-minute",
            paramLabel = "N",
            description = "Most, over all workers. Default: no limit")
    private Integer requestsPerMinute;

    @Option(
            names = "--tokens-per-minute",
            paramLabel = "N",
            description = "Most, of prompts and completions. Default: no limit")
    private Integer tokensPerMinute;

    @Option(
            names = "--timeout",
            paramLabel = "S",
            description = "Seconds a request of an openai teacher may take. Default: 120")
    private Double timeout;

    @Option(
            names = "--max-attempts",
            paramLabel = "N",
            defaultValue = "6",
            description = "Most requests for one answer. Default: ${DEFAULT-VALUE}")
    private int maxAttempts;

    @Option(
            names = "--budget-tokens",
            paramLabel = "N",
            description = "Most tokens all answers may cost, now or before; exact with --max-tokens. Default: no limit")
    private Long budgetTokens;

    @Option(
            names = "--budget-money",
            paramLabel = "X",
            description = "Most money all answers may cost; needs the prices. Default: no limit")
    private Double budgetMoney;

    @Option(
            names = "--price-prompt",
            paramLabel = "X",
            defaultValue = "0",
            description = "Of a million tokens of prompts")
    private double pricePrompt;

    @Option(
            names = "--price-completion",
            paramLabel = "X",
            defaultValue = "0",
            description = "Of a million tokens of completions")
    private double priceCompletion;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Answers that are never asked for again; folders can share one. Default: OUT/cache")
    private Path cache;

    @Option(
            names = "--batch-api",
            description = "Ask an openai teacher through its Batch API: cheaper, within a day; a stopped run goes on")
    private boolean batchApi;

    boolean batchApi() {
        return batchApi;
    }

    TeacherSpec spec() {
        return usage("--teacher", () -> TeacherSpec.parse(teacher));
    }

    /** The teacher, for a command without --dtype. */
    TeacherFactory factory(Path out) {
        return factory(out, Precision.FLOAT32);
    }

    /**
     * @param out the output folder, which holds the cache where no other is named
     * @param precision of a local teacher's matrix products
     */
    TeacherFactory factory(Path out, Precision precision) {
        TeacherSpec spec = spec();
        if (precision != Precision.FLOAT32 && !(spec instanceof TeacherSpec.Local)) {
            throw new UsageException("--dtype " + precision.title() + " belongs to a local teacher, not to " + spec);
        }
        Duration patience = patience();
        if (batchApi) {
            Path state = (cache == null ? out.resolve("cache") : cache).resolve("batches");
            return usage("--batch-api", () -> TeacherFactory.ofBatch(spec, baseUrl, patience, state));
        }
        TeacherFactory usual = usage("--teacher", () -> TeacherFactory.of(spec, errorRate, baseUrl, patience));
        return spec instanceof TeacherSpec.Local local ? TeacherFactory.ofLocal(local.model(), precision) : usual;
    }

    /** The server of an openai teacher, with the environment's key. */
    OpenAiSettings server() {
        return usage("--base-url", () -> {
            String model = ((TeacherSpec.OpenAi) spec()).model();
            return TeacherFactory.server(model, baseUrl, patience())
                    .withKey(ApiKey.fromEnvironment().orElse(null));
        });
    }

    private Duration patience() {
        return timeout == null ? null : Duration.ofNanos(Math.round(timeout * 1e9));
    }

    int maxAttempts() {
        return maxAttempts;
    }

    int concurrency() {
        return concurrency;
    }

    SamplingParams params() {
        return usage("the sampling parameters", () -> SamplingParams.none()
                .withTemperature(temperature)
                .withTopP(topP)
                .withMaxTokens(maxTokens)
                .withStop(stop)
                .withSeed(seed));
    }

    AskSettings settings() {
        return usage("the limits", () -> {
            RetrySettings retry = RetrySettings.usual()
                    .withMaxAttempts(maxAttempts)
                    .withRequestsPerMinute(requestsPerMinute)
                    .withTokensPerMinute(tokensPerMinute);
            AskSettings settings = AskSettings.usual()
                    .withConcurrency(concurrency)
                    .withRetry(retry)
                    .withBudget(new Budget(budgetTokens, budgetMoney, pricePrompt, priceCompletion));
            return cache == null ? settings : settings.withCache(cache);
        });
    }

    /** Says of which rows of the failures' file a budget had nothing left for. */
    static void reportOverBudget(long count, String rows, Path out) {
        System.err.println("retort: the budget ended before " + count + " " + rows + " of "
                + out.resolve(SampleJob.FAILURES) + "; raise it and run the same command again");
    }

    static <T> T usage(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(option + ": " + e.getMessage());
        }
    }
}
