package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;

/**
 * Judges samples and writes kept.jsonl, rejected.jsonl with the reason in each row, and malformed.jsonl, all sorted by id and
 * sample index: the bytes do not depend on the runner or its parallelism. The files are replaced when the whole job is done.
 */
public final class FilterJob {

    /** The file of samples to train on. */
    public static final String KEPT = "kept.jsonl";

    /** The file of the other samples. */
    public static final String REJECTED = RationaleJob.REJECTED;

    private FilterJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written, or a sample's question is missing
     */
    public static FilterOutcome run(FilterRequest request, String... beamArgs)
            throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static FilterOutcome run(FilterRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        Path samples = request.samples().toAbsolutePath().normalize();
        for (String written : List.of(KEPT, REJECTED)) {
            if (samples.equals(request.out().toAbsolutePath().normalize().resolve(written))) {
                throw new IOException(
                        request.samples() + ": would be replaced by what is left of it; choose another folder");
            }
        }
        for (String file : request.filters().evaluation()) {
            InputFiles.requireFile(Path.of(file));
        }
        List<Path> read = new ArrayList<>(List.of(request.samples()));
        if (request.questions() != null) {
            read.add(request.questions());
        }
        for (Path file : read) {
            InputFiles.requireFile(file);
        }
        PipelineResult result = SampleJob.run(
                request.out(),
                null,
                options,
                (pipeline, out, beside, board) -> build(pipeline, request, read, out, beside),
                List.of(SampleJob.MALFORMED, REJECTED, KEPT));
        return FilterOutcome.of(result, SampleJob.count(result, ReadRows.class, ReadRows.MALFORMED));
    }

    private static void build(Pipeline pipeline, FilterRequest request, List<Path> read, Path out, Path beside)
            throws IOException {
        InputFiles files = new InputFiles(pipeline, read);
        PCollection<TeacherSample> samples = files.read(TeacherSample.class, request.samples());
        PCollection<Question> questions = request.questions() == null
                ? samples.apply("Questions", new QuestionsOfSamples())
                : files.read(Question.class, request.questions());
        files.writeMalformed(out, beside);
        judge(questions, samples, request.filters(), beside);
    }

    /** Judges samples and writes what became of them. */
    static void judge(
            PCollection<Question> questions, PCollection<TeacherSample> samples, FilterPlan filters, Path beside) {
        FilterSamples filter = FilterSamples.of(questions).withPlan(filters);
        FilterSamples.Result result = samples.apply(
                "FilterSamples", filters.readsReferences() ? filter : filter.withPrecision(filters.answerForm()));
        result.kept().apply("WriteKept", WriteRows.to(beside.resolve(KEPT)));
        SampleJob.writeParquet(result.kept(), beside.resolve(KEPT));
        result.rejected().apply("WriteRejected", WriteRows.to(beside.resolve(REJECTED)));
    }
}
