package dev.retort.pipelines;

import dev.retort.data.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;

/**
 * Runs {@link ExtractRationales} over all questions and writes questions.jsonl, samples.jsonl (with rationale and answer),
 * rejected.jsonl (completions that could not be parsed, with the reason), failures.jsonl and, where the questions come from a
 * file, malformed.jsonl, all sorted by id and sample index: the bytes do not depend on the runner or its parallelism.
 *
 * <p>As with {@link SampleJob}, the files are replaced when the whole job is done; run again, the job asks only for what its
 * cache does not have, and parses all completions anew. Where the questions are the folder's own questions.jsonl, that file
 * stays as it is.
 */
public final class RationaleJob {

    /** The file of the questions that were asked, without demonstrations. */
    public static final String QUESTIONS = "questions.jsonl";

    /** The file of completions that could not be parsed. */
    public static final String REJECTED = "rejected.jsonl";

    private RationaleJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written or the teacher cannot be made
     */
    public static RationaleOutcome run(RationaleRequest request, String... beamArgs)
            throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static RationaleOutcome run(RationaleRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        PipelineResult result = SampleJob.run(
                request.sampling(),
                options,
                (pipeline, out, beside, board) -> build(pipeline, request, out, beside, board),
                List.of(SampleJob.FAILURES, SampleJob.MALFORMED, QUESTIONS, REJECTED, SampleJob.SAMPLES));
        return new RationaleOutcome(
                SampleJob.outcome(result),
                SampleJob.count(result, ExtractRationales.class, ExtractRationales.UNASKED),
                SampleJob.count(result, ExtractRationales.class, ExtractRationales.EXTRACTED),
                Counts.byName(result, ExtractRationales.class, ExtractRationales.UNPARSED + "-"));
    }

    private static void build(Pipeline pipeline, RationaleRequest request, Path out, Path beside, ProgressBoard board)
            throws IOException {
        SampleRequest sampling = request.sampling();
        PCollection<Question> questions = SampleJob.questions(pipeline, sampling.questions(), beside);
        if (!isFile(sampling.questions(), out.resolve(QUESTIONS))) {
            questions.apply("WriteQuestions", WriteRows.to(beside.resolve(QUESTIONS)));
        }
        ExtractRationales extract = ExtractRationales.with(sampling.teacher(), request.prompt())
                .withSamples(sampling.samples())
                .withParams(sampling.params())
                .withAsking(SampleJob.ask(sampling, board));
        extract = request.choiceLetters() ? extract.withChoiceLetters() : extract;
        extract = request.sendsStop() ? extract : extract.withoutStop();
        ExtractRationales.Result result = questions.apply("ExtractRationales", extract);
        result.failures().apply("WriteFailures", WriteRows.to(beside.resolve(SampleJob.FAILURES)));
        result.unparsed().apply("WriteRejected", WriteRows.to(beside.resolve(REJECTED)));
        result.samples().apply("WriteSamples", WriteRows.to(beside.resolve(SampleJob.SAMPLES)));
        SampleJob.writeParquet(result.samples(), beside.resolve(SampleJob.SAMPLES));
    }

    private static boolean isFile(SampleRequest.Questions questions, Path file) throws IOException {
        return questions instanceof SampleRequest.Questions.InFile source
                && Files.exists(file)
                && Files.isSameFile(source.file(), file);
    }
}
