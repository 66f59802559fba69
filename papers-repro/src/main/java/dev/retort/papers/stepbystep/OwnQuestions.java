package dev.retort.papers.stepbystep;

import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.OwnRun;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.RationaleJob;
import dev.retort.pipelines.RationaleRequest;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Distilling step-by-step from one's own questions, with any teacher: few-shot rationales and labels (section 3.1), then a
 * student trained on both (section 3.2).
 */
public final class OwnQuestions {

    private OwnQuestions() {}

    /**
     * What is to be done; a question's reference is its gold label.
     *
     * @param run what every method is told
     * @param prompt the worked questions, or null for a teacher whose samples have rationales already
     * @param goldLabels whether labels are the questions' references; else the teacher's answers
     * @param alpha weight of the label term
     * @param labelPrefix before the input where the label is predicted
     * @param rationalePrefix before the input where the rationale is predicted
     */
    public record Request(
            OwnRun run,
            FewShotPrompt prompt,
            boolean goldLabels,
            double alpha,
            String labelPrefix,
            String rationalePrefix) {}

    /** The settings in config.yaml, which a later run of the folder must share. */
    record Config(
            String method,
            String questions,
            String teacher,
            String student,
            Boolean goldLabels,
            Double alpha,
            String labelPrefix,
            String rationalePrefix,
            TrainingSettings training) {}

    /**
     * Asks, composes and trains; what the folder holds already is not done again. The trained student is OUT/final.
     *
     * @throws IOException where no lesson is left, or a file is bad, in one line
     */
    public static OwnRun.Outcome run(Request request) throws IOException, InterruptedException {
        OwnRun run = request.run();
        Config config = new Config(
                "step-by-step",
                run.questions().toString(),
                run.teacherName(),
                run.student().toString(),
                request.goldLabels(),
                request.alpha(),
                request.labelPrefix(),
                request.rationalePrefix(),
                run.training());
        boolean finished = run.once(config, () -> {
            requireLabels(request);
            RunFolder.writeConfig(run.out(), config);
            run.requireWithinBudget(ask(request));
            return train(request);
        });
        return outcome(request, finished);
    }

    /** Looks before the teacher is paid. */
    private static void requireLabels(Request request) throws IOException {
        for (Question question : request.run().read(malformed -> {})) {
            if (request.goldLabels() && question.reference() == null) {
                throw new IOException(request.run().questions() + ": question " + question.id()
                        + " has no reference: give every question one, or take the teacher's labels with --labels"
                        + " teacher");
            }
        }
    }

    private static OwnRun.Outcome outcome(Request request, boolean finished) throws IOException {
        OwnRun run = request.run();
        return new OwnRun.Outcome(
                run.count(RationaleJob.QUESTIONS, Question.class),
                lessons(request).size(),
                run.count(RationaleJob.REJECTED, TeacherSample.class),
                run.count(SampleJob.FAILURES, Failure.class),
                finished);
    }

    private static SampleOutcome ask(Request request) throws IOException, InterruptedException {
        OwnRun run = request.run();
        if (request.prompt() != null) {
            return run.asking(shown ->
                            RationaleJob.run(RationaleRequest.of(run.sampling().withProgress(shown), request.prompt())))
                    .asking();
        }
        SampleOutcome asked = run.asking(shown -> SampleJob.run(run.sampling().withProgress(shown)));
        run.writeQuestions();
        return asked;
    }

    /** Questions in their order, each with its first sample that has a rationale and a label. */
    private static List<Lesson> lessons(Request request) throws IOException {
        Path out = request.run().out();
        Map<String, TeacherSample> samples = new LinkedHashMap<>();
        for (TeacherSample sample : JsonLines.read(out.resolve(SampleJob.SAMPLES), TeacherSample.class)) {
            if (sample.rationale() != null && sample.answer() != null) {
                samples.putIfAbsent(sample.id(), sample);
            }
        }
        List<Lesson> lessons = new ArrayList<>();
        for (Question question : JsonLines.read(out.resolve(RationaleJob.QUESTIONS), Question.class)) {
            TeacherSample sample = samples.get(question.id());
            if (sample != null) {
                lessons.add(new Lesson(
                        question.id(), question.text(), question.reference(), sample.answer(), sample.rationale()));
            }
        }
        return lessons;
    }

    private static boolean train(Request request) throws IOException {
        OwnRun run = request.run();
        List<Lesson> lessons = lessons(request);
        if (lessons.isEmpty()) {
            OwnRun.Outcome none = outcome(request, false);
            throw new IOException(run.out() + ": of " + none.questions()
                    + " questions none has a rationale and a label ("
                    + none.rejected() + " answers could not be cut, " + none.failed() + " failed); rejected.jsonl and"
                    + " failures.jsonl say why");
        }
        Method method = request.goldLabels() ? Method.STEP_BY_STEP : Method.STEP_BY_STEP_TEACHER_LABELS;
        Method.Texts texts = new Method.Texts(request.labelPrefix(), request.rationalePrefix(), "");
        List<Example> examples = new ArrayList<>();
        for (Lesson lesson : lessons) {
            examples.addAll(method.examples(lesson, lesson.rationale(), texts));
        }
        JsonLines.write(run.out().resolve(OwnRun.TRAIN), examples);
        try (LoadedModel student = Models.load(run.student(), run.device())) {
            List<List<TokenExample>> items = MethodItems.of(
                    method,
                    lessons,
                    texts,
                    run.training().seed(),
                    student,
                    run.training().maxLength());
            return new SupervisedTraining(student, run.training(), method.terms(request.alpha()), run.out())
                    .withProgress("step-by-step", run.quiet(), List.of())
                    .withInterrupt(run.interrupt())
                    .run(items)
                    .finished();
        }
    }
}
