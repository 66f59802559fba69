package dev.retort.pipelines;

import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;

/**
 * Runs {@link VoteSamples} over a file and writes votes.jsonl and malformed.jsonl, sorted by id: the bytes do not depend on the
 * runner or its parallelism. The files are replaced when the whole job is done.
 */
public final class VoteJob {

    /** The file of the verdicts, a row a question. */
    public static final String VOTES = "votes.jsonl";

    private VoteJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written
     */
    public static VoteOutcome run(VoteRequest request, String... beamArgs) throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static VoteOutcome run(VoteRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        InputFiles.requireFile(request.samples());
        PipelineResult result = SampleJob.run(
                request.out(),
                null,
                options,
                (pipeline, out, beside, board) -> build(pipeline, request, out, beside),
                List.of(SampleJob.MALFORMED, VOTES));
        return new VoteOutcome(
                SampleJob.count(result, VoteSamples.class, VoteSamples.WON),
                SampleJob.count(result, VoteSamples.class, VoteSamples.UNDECIDED),
                SampleJob.count(result, VoteSamples.class, VoteSamples.VARIANTS),
                SampleJob.count(result, ReadRows.class, ReadRows.MALFORMED));
    }

    private static void build(Pipeline pipeline, VoteRequest request, Path out, Path beside) throws IOException {
        InputFiles files = new InputFiles(pipeline, List.of(request.samples()));
        PCollection<TeacherSample> samples = files.read(TeacherSample.class, request.samples());
        files.writeMalformed(out, beside);
        samples.apply("VoteSamples", VoteSamples.with(request.vote()).withSamplesAsked(request.asked()))
                .apply("WriteVotes", WriteRows.to(beside.resolve(VOTES)));
    }
}
