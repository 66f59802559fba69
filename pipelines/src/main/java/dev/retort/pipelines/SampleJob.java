package dev.retort.pipelines;

import dev.retort.data.AtomicFiles;
import dev.retort.data.Failure;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Asks the teacher for samples of all questions and writes samples.jsonl, failures.jsonl, with a vote spared.jsonl, and,
 * where the questions come from a file, malformed.jsonl, all sorted by id and sample index: the bytes do not depend on the
 * runner or its parallelism.
 *
 * <p>The files are replaced when the whole job is done; until then, and after an error, the old ones stand. Run again, the
 * job asks only for what its cache does not have, failed pairs included, and leaves a file alone that would not change. One
 * job at a time may run into a folder. The Direct runner holds all rows in memory.
 */
public final class SampleJob {

    /** The file of answered pairs. */
    public static final String SAMPLES = "samples.jsonl";

    /** The file of pairs without an answer. */
    public static final String FAILURES = "failures.jsonl";

    /** The file of pairs that a vote spared. */
    public static final String SPARED = "spared.jsonl";

    /** The file of lines that are no questions. */
    public static final String MALFORMED = "malformed.jsonl";

    private static final TupleTag<Question> PROMPTED = new TupleTag<>("prompted");
    private static final TupleTag<Failure> UNPROMPTED = new TupleTag<>("unprompted");

    private SampleJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written or the teacher cannot be made
     */
    public static SampleOutcome run(SampleRequest request, String... beamArgs)
            throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static SampleOutcome run(SampleRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        // Failures first: should the process die here, no pair is in both files, and what is in none is asked again.
        return outcome(run(
                request,
                options,
                (pipeline, out, beside, board) -> build(pipeline, request, beside, board),
                List.of(FAILURES, SPARED, MALFORMED, SAMPLES)));
    }

    /** Fills a pipeline whose files are written beside those of an earlier run. */
    @FunctionalInterface
    interface Plan {
        void build(Pipeline pipeline, Path out, Path beside, ProgressBoard board) throws IOException;
    }

    /** Runs a pipeline over a request's questions and puts its files into place in this order. */
    static PipelineResult run(SampleRequest request, PipelineOptions options, Plan plan, List<String> files)
            throws IOException, InterruptedException {
        if (request.questions() instanceof SampleRequest.Questions.InFile source && !Files.exists(source.file())) {
            throw new NoSuchFileException(source.file() + ": no such file");
        }
        return run(request.out(), request.listener(), forAsking(options), plan, files);
    }

    /**
     * Runs a pipeline and puts its files into place in this order.
     *
     * @param shown sees how far asking has come, or null
     */
    static PipelineResult run(
            Path folder, ProgressBoard.Listener shown, PipelineOptions options, Plan plan, List<String> files)
            throws IOException, InterruptedException {
        RemoteFlink.stage(options);
        Path out = folder.toAbsolutePath();
        Path beside = out.resolve("sample" + AtomicFiles.PARTIAL);
        AtomicFiles.deleteTree(beside);
        Files.createDirectories(beside);
        boolean isDone = false;
        ProgressBoard.Listener listener = shown == null ? (done, total, counts) -> {} : shown;
        try (ProgressBoard board = new ProgressBoard(listener)) {
            Pipeline pipeline = Pipeline.create(tuned(options));
            plan.build(pipeline, out, beside, board);
            PipelineResult result = finish(pipeline, board);
            boolean isVoted = Files.exists(beside.resolve(SPARED));
            for (String name : files) {
                String parquet = parquet(name);
                if (Files.exists(beside.resolve(parquet))) {
                    replace(beside.resolve(parquet), out.resolve(parquet));
                } else {
                    // One of an earlier run would not be that of these rows.
                    Files.deleteIfExists(out.resolve(parquet));
                }
                replace(beside.resolve(name), out.resolve(name));
            }
            if (files.contains(SPARED) && !isVoted) {
                // A vote of an earlier run: what it spared has been asked now.
                Files.deleteIfExists(out.resolve(SPARED));
            }
            AtomicFiles.sync(out);
            isDone = true;
            return result;
        } finally {
            sweep(beside, isDone);
        }
    }

    /** After an error a runner's workers may still be writing: what they leave is swept by the next run, and the error counts. */
    private static void sweep(Path beside, boolean isDone) throws IOException {
        try {
            AtomicFiles.deleteTree(beside);
        } catch (IOException e) {
            if (isDone) {
                throw e;
            }
        }
    }

    private static void build(Pipeline pipeline, SampleRequest request, Path beside, ProgressBoard board) {
        PCollection<Question> questions = questions(pipeline, request.questions(), beside);
        askAll(questions, PCollectionList.empty(pipeline), null, request, beside, board);
    }

    /**
     * Asks about all questions and writes what became of them.
     *
     * @param failed rows for failures.jsonl from before
     * @param paid samples from before that the budget holds too; null for none
     * @return the samples
     */
    static PCollection<TeacherSample> askAll(
            PCollection<Question> all,
            PCollectionList<Failure> failed,
            PCollection<TeacherSample> paid,
            SampleRequest request,
            Path beside,
            ProgressBoard board) {
        PCollection<Question> questions = all;
        PCollectionList<Failure> failures = failed;
        if (request.prompt() != null) {
            PCollectionTuple prompted = questions.apply(
                    "Prompt",
                    ParDo.of(new PromptFn(request.prompt(), request.samples()))
                            .withOutputTags(PROMPTED, TupleTagList.of(UNPROMPTED)));
            questions = prompted.get(PROMPTED).setCoder(RowCoder.of(Question.class));
            failures = failures.and(prompted.get(UNPROMPTED).setCoder(RowCoder.of(Failure.class)));
        }
        AskTeacher ask = ask(request, board);
        AskTeacher.Result result = questions.apply("AskTeacher", paid == null ? ask : ask.after(paid));
        failures.and(result.failures())
                .apply("Failures", Flatten.pCollections())
                .apply("WriteFailures", WriteRows.to(beside.resolve(FAILURES)));
        if (request.vote() != null) {
            result.spared().apply("WriteSpared", WriteRows.to(beside.resolve(SPARED)));
        }
        result.samples().apply("WriteSamples", WriteRows.to(beside.resolve(SAMPLES)));
        writeParquet(result.samples(), beside.resolve(SAMPLES));
        return result.samples();
    }

    /** Writes samples as Parquet too, where the pipeline's options ask for it. */
    static void writeParquet(PCollection<TeacherSample> samples, Path jsonLines) {
        if (samples.getPipeline().getOptions().as(OutputOptions.class).isParquet()) {
            samples.apply(
                    "WriteParquet",
                    WriteRows.toParquet(jsonLines.resolveSibling(
                            parquet(jsonLines.getFileName().toString()))));
        }
    }

    private static String parquet(String jsonLines) {
        return jsonLines.replaceFirst("\\.jsonl$", ParquetLines.SUFFIX);
    }

    /** Puts a prompt around questions; one that lacks what the prompt needs is a failure, for each of its samples. */
    static final class PromptFn extends DoFn<Question, Question> {

        private final String name;
        private final int samples;
        private transient PromptTemplate template;

        PromptFn(String name, int samples) {
            this.name = name;
            this.samples = samples;
        }

        @Setup
        public void setup() {
            template = PromptTemplate.named(name);
        }

        @ProcessElement
        public void prompt(@Element Question question, MultiOutputReceiver out) {
            Question prompted;
            try {
                prompted = template.apply(question);
            } catch (IllegalArgumentException e) {
                for (int index = 0; index < samples; index++) {
                    out.get(UNPROMPTED)
                            .output(new Failure(question.id(), index, e.getMessage(), 0, question, Map.of()));
                }
                return;
            }
            out.get(PROMPTED).output(prompted);
        }
    }

    /** Asks as a request says. */
    static AskTeacher ask(SampleRequest request, ProgressBoard board) {
        AskTeacher ask = AskTeacher.with(request.teacher())
                .withSamples(request.samples())
                .withParams(request.params())
                .withSettings(request.settings().withCacheIn(request.out()))
                .withProgress(board);
        ask = request.vote() == null ? ask : ask.withVote(request.vote());
        ask = request.method() == null ? ask : ask.withMethod(request.method());
        return request.answers() == null ? ask : ask.withAnswers(request.answers());
    }

    static PCollection<Question> questions(Pipeline pipeline, SampleRequest.Questions source, Path beside) {
        if (source instanceof SampleRequest.Questions.InMemory given) {
            return pipeline.apply("Questions", Create.of(given.questions()).withCoder(RowCoder.of(Question.class)));
        }
        Path file = ((SampleRequest.Questions.InFile) source).file();
        ReadRows.Result<Question> read = pipeline.apply("ReadQuestions", ReadRows.of(Question.class, file));
        read.malformed().apply("WriteMalformed", WriteRows.<Malformed>to(beside.resolve(MALFORMED)));
        return read.rows();
    }

    /**
     * For jobs that ask: the Direct runner's idle workers do not rest while one of them asks; they look for work without a
     * pause, and take a core from it. So there is one, unless a parallelism other than Beam's own choice is asked for.
     */
    static PipelineOptions forAsking(PipelineOptions options) {
        DirectOptions direct = options.as(DirectOptions.class);
        if (direct.getTargetParallelism()
                == PipelineOptionsFactory.as(DirectOptions.class).getTargetParallelism()) {
            direct.setTargetParallelism(1);
        }
        return options;
    }

    /** Rows are immutable: no runner needs to guard them by coding each one back and forth. */
    private static PipelineOptions tuned(PipelineOptions options) {
        DirectOptions direct = options.as(DirectOptions.class);
        direct.setEnforceImmutability(false);
        direct.setEnforceEncodability(false);
        direct.setBlockOnRun(false);
        options.as(FlinkPipelineOptions.class).setFasterCopy(true);
        return options;
    }

    private static PipelineResult finish(Pipeline pipeline, ProgressBoard board)
            throws IOException, InterruptedException {
        PipelineResult result = null;
        // Embedded Flink finds classes through the thread; in a notebook's kernel that one knows the kernel alone.
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(SampleJob.class.getClassLoader());
        try {
            result = pipeline.run();
            PipelineResult.State state = result.waitUntilFinish();
            if (state != PipelineResult.State.DONE) {
                throw new IOException("the pipeline ended as " + state);
            }
            return result;
        } catch (RuntimeException e) {
            if (chain(e).stream().anyMatch(InterruptedException.class::isInstance)) {
                // A runner may have left the flag set, with which nothing could be waited for.
                Thread.interrupted();
                if (result != null) {
                    result.cancel();
                }
                board.stop();
                RemoteFlink.cancel(pipeline.getOptions());
            }
            throw failure(e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static List<Throwable> chain(Throwable e) {
        return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
                .limit(100)
                .toList();
    }

    /** What went wrong without the runner's wrappings: its own line is the message, all the rest the cause. */
    private static IOException failure(RuntimeException e) throws InterruptedException {
        List<Throwable> chain = chain(e);
        for (Throwable cause : chain) {
            if (cause instanceof InterruptedException) {
                throw (InterruptedException) new InterruptedException("the pipeline was interrupted").initCause(e);
            }
            if (cause instanceof IOException) {
                return new IOException(cause.getMessage(), e);
            }
        }
        return new IOException("the pipeline failed: " + chain.get(chain.size() - 1), e);
    }

    private static void replace(Path from, Path to) throws IOException {
        if (!Files.exists(from) || (Files.exists(to) && Files.mismatch(from, to) == -1)) {
            return;
        }
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static SampleOutcome outcome(PipelineResult result) {
        return new SampleOutcome(
                count(result, AskTeacher.class, AskTeacher.ASKED),
                count(result, AskTeacher.class, AskTeacher.ANSWERED),
                count(result, AskTeacher.class, AskTeacher.FAILED),
                count(result, AskTeacher.class, AskTeacher.OVER_BUDGET),
                count(result, AskTeacher.class, AskTeacher.CACHED),
                count(result, AskTeacher.class, AskTeacher.SPARED),
                count(result, ReadRows.class, ReadRows.MALFORMED),
                count(result, AskTeacher.class, AskTeacher.REQUESTS),
                count(result, AskTeacher.class, AskTeacher.RETRIED),
                count(result, AskTeacher.class, AskTeacher.TOKENS),
                count(result, AskTeacher.class, AskTeacher.MONEY) / 1e6,
                count(result, AskTeacher.class, AskTeacher.LATENCY),
                count(result, AskTeacher.class, AskTeacher.DAMAGED));
    }

    static long count(PipelineResult result, Class<?> namespace, String name) {
        MetricsFilter filter = MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.named(namespace, name))
                .build();
        long sum = 0;
        for (MetricResult<Long> counter : result.metrics().queryMetrics(filter).getCounters()) {
            sum += counter.getAttempted();
        }
        return sum;
    }
}
