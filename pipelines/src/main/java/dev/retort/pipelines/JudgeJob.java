package dev.retort.pipelines;

import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * Runs {@link JudgeSamples} over pairs of responses and writes judgements.jsonl, failures.jsonl and malformed.jsonl, all sorted
 * by id and sample index: the bytes do not depend on the runner or its parallelism.
 *
 * <p>As with {@link SampleJob}, the files are replaced when the whole job is done, and run again, the job asks only for what its
 * cache does not have. Of a file with both orders of a pair, as its field "pair" tells, one item is judged.
 */
public final class JudgeJob {

    /** The file of the pairs that were judged in both orders. */
    public static final String JUDGEMENTS = "judgements.jsonl";

    private JudgeJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written or the judge cannot be made
     */
    public static JudgeOutcome run(JudgeRequest request, String... beamArgs) throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static JudgeOutcome run(JudgeRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        List<Path> read = files(request.pairs());
        for (Path file : read) {
            InputFiles.requireFile(file);
        }
        return JudgeOutcome.of(SampleJob.run(
                request.out(),
                request.listener(),
                SampleJob.forAsking(options),
                (pipeline, out, beside, board) ->
                        build(pipeline, request, new InputFiles(pipeline, read), out, beside, board),
                List.of(SampleJob.FAILURES, SampleJob.MALFORMED, JUDGEMENTS)));
    }

    private static List<Path> files(JudgeRequest.Pairs pairs) {
        if (pairs instanceof JudgeRequest.Pairs.OfSamples runs) {
            return List.of(runs.samples(), runs.against());
        }
        return List.of(((JudgeRequest.Pairs.InFile) pairs).file());
    }

    private static void build(
            Pipeline pipeline, JudgeRequest request, InputFiles files, Path out, Path beside, ProgressBoard board)
            throws IOException {
        PCollection<Question> items;
        PCollectionList<Failure> failures = PCollectionList.empty(pipeline);
        if (request.pairs() instanceof JudgeRequest.Pairs.OfSamples runs) {
            PCollection<TeacherSample> samples = files.read(TeacherSample.class, runs.samples());
            PCollection<TeacherSample> against = files.read(TeacherSample.class, runs.against());
            PairSamples.Result paired = samples.apply("PairSamples", PairSamples.against(against));
            items = paired.items();
            failures = failures.and(paired.unpaired());
        } else {
            Path file = ((JudgeRequest.Pairs.InFile) request.pairs()).file();
            items = files.read(Question.class, file).apply("DropTwins", new DropTwins());
        }
        files.writeMalformed(out, beside);
        AskTeacher ask = AskTeacher.with(request.judge())
                .withParams(request.params())
                .withSettings(request.settings().withCacheIn(request.out()))
                .withProgress(board);
        ask = request.method() == null ? ask : ask.withMethod(request.method());
        JudgeSamples.Result result =
                items.apply("JudgeSamples", JudgeSamples.with(request.judge()).withAsking(ask));
        failures.and(result.failures())
                .apply("Failures", Flatten.pCollections())
                .apply("WriteFailures", WriteRows.to(beside.resolve(SampleJob.FAILURES)));
        result.judgements().apply("WriteJudgements", WriteRows.to(beside.resolve(JUDGEMENTS)));
    }
}
