package dev.retort.papers.minillm;

import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterSpec;
import dev.retort.papers.OwnRun;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.FilterJob;
import dev.retort.pipelines.FilterOutcome;
import dev.retort.pipelines.FilterPlan;
import dev.retort.pipelines.FilterRequest;
import dev.retort.pipelines.RationaleJob;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Sequence-level distillation from one's own questions, with any teacher: it writes one completion of each, and the student is
 * fine-tuned on these (Kim and Rush 2016, arXiv 1606.07947, as a baseline of MiniLLM). As in MiniLLM's paper there is no
 * divergence beside; unlike in its code, completions that were cut off are left out.
 */
public final class SequenceDistillation {

    private SequenceDistillation() {}

    /** The settings in config.yaml, which a later run of the folder must share. */
    record Config(
            String method,
            String questions,
            String teacher,
            String systemPrompt,
            Boolean firstTurnOnly,
            SamplingParams sampling,
            String student,
            TrainingSettings training) {}

    /** What is not given of how completions are drawn, as MiniLLM draws them: temperature 1, at most 256 tokens. */
    public static SamplingParams usual(SamplingParams given) {
        SamplingParams warm = given.temperature() == null ? given.withTemperature(1.0) : given;
        return warm.maxTokens() == null ? warm.withMaxTokens(256) : warm;
    }

    /**
     * Asks and trains; what the folder holds already is not done again. The trained student is OUT/final; it is asked with the
     * question alone, through its chat template where it has one.
     *
     * @param systemPrompt what the teacher alone is shown (context distillation, arXiv 2112.00861); null for nothing
     * @param isFirstTurnOnly whether it is shown it only where a question has a single user turn
     * @throws IOException where no completion is left, or a file is bad, in one line
     */
    public static OwnRun.Outcome run(OwnRun run, String systemPrompt, boolean isFirstTurnOnly)
            throws IOException, InterruptedException {
        Config config = new Config(
                "seqkd",
                run.questions().toString(),
                run.teacherName(),
                systemPrompt,
                systemPrompt == null ? null : isFirstTurnOnly,
                run.params(),
                run.student().toString(),
                run.training());
        boolean finished = run.once(config, () -> {
            RunFolder.writeConfig(run.out(), config);
            SampleRequest plain = run.sampling();
            SampleRequest sampling = systemPrompt == null
                    ? plain
                    : plain.withMethod(TeacherWrapper.ofContext(systemPrompt, isFirstTurnOnly));
            List<TeacherSample> written = written(run, sampling);
            return run.train("seqkd", tokenizer -> written.stream()
                    .map(sample -> OwnRun.answer(tokenizer, sample, sample.text()))
                    .toList());
        });
        return new OwnRun.Outcome(
                run.count(RationaleJob.QUESTIONS, Question.class),
                run.count(OwnRun.TRAIN, Example.class),
                run.count(FilterJob.REJECTED, TeacherSample.class),
                run.count(SampleJob.FAILURES, Failure.class),
                finished);
    }

    /** The completions that ended by themselves. */
    private static List<TeacherSample> written(OwnRun run, SampleRequest sampling)
            throws IOException, InterruptedException {
        Path out = run.out();
        SampleOutcome asked = run.asking(shown -> SampleJob.run(sampling.withProgress(shown)));
        run.requireWithinBudget(asked);
        run.writeQuestions();
        FilterOutcome filtered = FilterJob.run(new FilterRequest(
                out.resolve(SampleJob.SAMPLES),
                null,
                FilterPlan.of(List.of(new FilterSpec.Truncated()), List.of()),
                out));
        if (filtered.kept() == 0) {
            throw new IOException(out + ": there is no completion to learn from (" + filtered.rejected()
                    + " were cut off, " + asked.failed() + " failed); raise --max-tokens, or look into failures.jsonl");
        }
        return JsonLines.read(out.resolve(FilterJob.KEPT), TeacherSample.class);
    }
}
