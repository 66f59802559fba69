package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * Makes variants of questions, asks the teacher about all of them and, with filters, judges: consistency under input
 * perturbation from the questions to the kept samples. Writes questions.jsonl (questions and variants), the files of {@link
 * SampleJob} and, with filters, those of {@link FilterJob}, all sorted by id and sample index: the bytes do not depend on the
 * runner or its parallelism. Samples of variants have the fields perturbed_from and perturbation.
 *
 * <p>As with {@link SampleJob}, the files are replaced when the whole job is done, and run again, the job asks only for what its
 * cache does not have. A budget holds for the requests for other words and the samples together.
 */
public final class PerturbJob {

    /** The file of the questions and their variants. */
    public static final String QUESTIONS = RationaleJob.QUESTIONS;

    private PerturbJob() {}

    /**
     * Runs the job and waits for its end.
     *
     * @param beamArgs Beam's own flags; none for the Direct runner
     * @throws IllegalArgumentException where Beam does not know a flag
     * @throws IOException where a file cannot be read or written, the teacher cannot be made, or a question is a variant
     */
    public static PerturbOutcome run(PerturbRequest request, String... beamArgs)
            throws IOException, InterruptedException {
        return run(request, PipelineOptionsFactory.fromArgs(beamArgs).create());
    }

    /** Runs the job with these options and waits for its end. */
    public static PerturbOutcome run(PerturbRequest request, PipelineOptions options)
            throws IOException, InterruptedException {
        SampleRequest sampling = request.sampling();
        Path written = sampling.out().resolve(QUESTIONS);
        if (sampling.questions() instanceof SampleRequest.Questions.InFile source
                && Files.exists(written)
                && Files.exists(source.file())
                && Files.isSameFile(source.file(), written)) {
            throw new IOException(source.file() + ": would be replaced by the questions and their variants; choose"
                    + " another output folder");
        }
        List<String> files = new ArrayList<>(
                List.of(SampleJob.FAILURES, SampleJob.SPARED, SampleJob.MALFORMED, QUESTIONS, SampleJob.SAMPLES));
        if (request.filters() != null) {
            files.addAll(List.of(FilterJob.REJECTED, FilterJob.KEPT));
        }
        PipelineResult result = SampleJob.run(
                sampling, options, (pipeline, out, beside, board) -> build(pipeline, request, beside, board), files);
        return new PerturbOutcome(
                SampleJob.outcome(result),
                SampleJob.count(result, PerturbQuestions.class, PerturbQuestions.QUESTIONS),
                SampleJob.count(result, PerturbQuestions.class, PerturbQuestions.VARIANTS),
                SampleJob.count(result, PerturbQuestions.class, PerturbQuestions.REPLIES),
                Counts.byName(result, PerturbQuestions.class, PerturbQuestions.NOT_APPLIED + "-"),
                request.filters() == null ? Optional.empty() : Optional.of(FilterOutcome.of(result, 0)));
    }

    private static void build(Pipeline pipeline, PerturbRequest request, Path beside, ProgressBoard board) {
        SampleRequest sampling = request.sampling();
        // Its progress is not shown: the board counts the questions of one asker.
        AskTeacher forOtherWords = AskTeacher.with(sampling.teacher())
                .withParams(sampling.params())
                .withSettings(sampling.settings().withCacheIn(sampling.out()));
        PerturbQuestions.Result perturbed = SampleJob.questions(pipeline, sampling.questions(), beside)
                .apply(
                        "PerturbQuestions",
                        PerturbQuestions.of(request.kinds())
                                .withSeed(request.seed())
                                .withAsking(forOtherWords));
        PCollection<Question> questions = perturbed.questions();
        questions.apply("WriteQuestions", WriteRows.to(beside.resolve(QUESTIONS)));
        PCollection<TeacherSample> samples = SampleJob.askAll(
                questions,
                PCollectionList.of(perturbed.failures()),
                sampling.settings().budget().isLimited() ? perturbed.replies() : null,
                sampling.withMethod(MarkedTeacher.around(sampling.method())),
                beside,
                board);
        if (request.filters() != null) {
            FilterJob.judge(questions, samples, request.filters(), beside);
        }
    }
}
