package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.TeacherSample;
import dev.retort.filter.AnswerForm;
import dev.retort.filter.FilterSpec;
import dev.retort.papers.OwnRun;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.FilterJob;
import dev.retort.pipelines.FilterOutcome;
import dev.retort.pipelines.FilterPlan;
import dev.retort.pipelines.FilterRequest;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.pipelines.VoteFactory;
import dev.retort.teacher.System2Method;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Distilling System 2 into System 1 from one's own questions without labels: a method of several calls, N times a question, the
 * answers on which most agree, and a student that learns to give them at once (arXiv 2407.06023, section 2). In the paper the
 * student is the model that was asked.
 */
public final class SelfDistillation {

    private SelfDistillation() {}

    /**
     * What is to be done; references are not read.
     *
     * @param run what every method is told; the teacher is in the paper the student itself
     * @param method the System 2
     * @param cut how the final answer is cut from what the method gives
     * @param samples N of each question
     * @param vote strict, plurality or a fraction in (0, 1]
     */
    public record Request(OwnRun run, System2Method method, AnswerCut cut, int samples, String vote) {}

    /** The settings in config.yaml, which a later run of the folder must share. */
    record Config(
            String method,
            String questions,
            String teacher,
            String system2,
            String answer,
            Integer samples,
            String vote,
            String student,
            TrainingSettings training) {}

    /**
     * Asks, filters and trains; what the folder holds already is not done again. The trained student is OUT/final; it is asked
     * with the question alone, through its chat template where it has one.
     *
     * @throws IOException where no lesson is left, or a file is bad, in one line
     */
    public static OwnRun.Outcome run(Request request) throws IOException, InterruptedException {
        OwnRun run = request.run();
        Config config = new Config(
                "system2",
                run.questions().toString(),
                run.teacherName(),
                request.method().title(),
                request.cut().title(),
                request.samples(),
                request.vote(),
                run.student().toString(),
                run.training());
        boolean finished = run.once(config, () -> {
            RunFolder.writeConfig(run.out(), config);
            List<TeacherSample> agreed = agreed(request);
            return run.train("system2", tokenizer -> agreed.stream()
                    .map(sample -> example(sample, request.cut(), tokenizer))
                    .toList());
        });
        return new OwnRun.Outcome(
                run.read(malformed -> {}).size(),
                run.count(OwnRun.TRAIN, Example.class),
                run.count(FilterJob.REJECTED, TeacherSample.class),
                run.count(SampleJob.FAILURES, Failure.class),
                finished);
    }

    /** A sample of every question whose answers agree. */
    private static List<TeacherSample> agreed(Request request) throws IOException, InterruptedException {
        Path out = request.run().out();
        // S_II(x; f), N times, and z is kept aside; asked in the order of the samples until the vote stands
        SampleRequest sampling = request.run()
                .sampling()
                .withSamples(request.samples())
                .withMethod(TeacherWrapper.of(request.method(), request.cut()))
                .withVote(VoteFactory.of(request.vote()));
        SampleOutcome asked = request.run().asking(shown -> SampleJob.run(sampling.withProgress(shown)));
        request.run().requireWithinBudget(asked);
        // y where most agree
        FilterOutcome filtered = FilterJob.run(new FilterRequest(
                out.resolve(SampleJob.SAMPLES),
                null,
                FilterPlan.of(
                        List.of(new FilterSpec.OutputConsistency(request.vote(), AnswerForm.TEXT, request.samples())),
                        List.of()),
                out));
        Map<String, TeacherSample> agreed = new LinkedHashMap<>();
        for (TeacherSample sample : JsonLines.read(out.resolve(FilterJob.KEPT), TeacherSample.class)) {
            agreed.putIfAbsent(sample.id(), sample);
        }
        if (agreed.isEmpty()) {
            throw new IOException(out + ": there is no question whose answers agree (" + filtered.rejected()
                    + " samples rejected, " + asked.failed() + " failed); rejected.jsonl and failures.jsonl say why");
        }
        return List.copyOf(agreed.values());
    }

    private static Example example(TeacherSample sample, AnswerCut cut, Tokenizer tokenizer) {
        String answer = cut == AnswerCut.VERDICT ? "[[" + sample.answer() + "]]" : sample.answer();
        return OwnRun.answer(tokenizer, sample, answer);
    }
}
