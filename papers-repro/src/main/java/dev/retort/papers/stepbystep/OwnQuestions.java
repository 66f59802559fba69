package dev.retort.papers.stepbystep;

import ai.djl.Device;
import dev.retort.batch.TokenExample;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.RationaleJob;
import dev.retort.pipelines.RationaleRequest;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
     * What is to be done.
     *
     * @param questions JSON Lines of questions; a reference is the gold label
     * @param out the run folder
     * @param teacher who is asked
     * @param teacherName in samples and records
     * @param params how its answers are drawn
     * @param prompt the worked questions, or null for a teacher whose samples have rationales already
     * @param student folder or file of the student before training
     * @param goldLabels whether labels are the questions' references; else the teacher's answers
     * @param alpha weight of the label term
     * @param labelPrefix before the input where the label is predicted
     * @param rationalePrefix before the input where the rationale is predicted
     * @param training how the student is trained
     * @param device where
     * @param command as it was given, for the record
     * @param quiet no progress
     * @param interrupt polled between steps
     */
    public record Request(
            Path questions,
            Path out,
            TeacherFactory teacher,
            String teacherName,
            SamplingParams params,
            FewShotPrompt prompt,
            Path student,
            boolean goldLabels,
            double alpha,
            String labelPrefix,
            String rationalePrefix,
            TrainingSettings training,
            Device device,
            String command,
            boolean quiet,
            Interrupt interrupt) {}

    /**
     * What came of it.
     *
     * @param questions read
     * @param lessons questions with a rationale and a label
     * @param rejected completions that could not be cut
     * @param failed pairs that the teacher did not answer
     * @param finished false after an interruption
     */
    public record Outcome(int questions, int lessons, int rejected, int failed, boolean finished) {}

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
    public static Outcome run(Request request) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path out = request.out();
        Config config = new Config(
                "step-by-step",
                request.questions().toString(),
                request.teacherName(),
                request.student().toString(),
                request.goldLabels(),
                request.alpha(),
                request.labelPrefix(),
                request.rationalePrefix(),
                request.training());
        RunFolder.requireSame(out, config, "use another --out");
        if (Files.isDirectory(out.resolve(SupervisedTraining.FINAL)) && Files.exists(out.resolve(RunRecord.FILE))) {
            return outcome(request, lessons(request).size(), true);
        }
        check(request);
        RunFolder.writeConfig(out, config);
        ask(request);
        List<Lesson> lessons = lessons(request);
        if (lessons.isEmpty()) {
            Outcome none = outcome(request, 0, false);
            throw new IOException(out + ": of " + none.questions() + " questions none has a rationale and a label ("
                    + none.rejected() + " answers could not be cut, " + none.failed() + " failed); rejected.jsonl and"
                    + " failures.jsonl say why");
        }
        boolean finished = train(request, lessons);
        RunRecord record = RunFolder.start(
                request.training().seed(),
                request.command(),
                config,
                request.device(),
                Runtime.getRuntime().availableProcessors());
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start));
        return outcome(request, lessons.size(), finished);
    }

    /** Looks at what can be told before the teacher is paid. */
    private static void check(Request request) throws IOException {
        if (!Files.exists(request.student())) {
            throw new IOException(
                    request.student() + ": no such folder or file; give a Hugging Face folder or a GGUF file");
        }
        for (Question question : questions(request.questions())) {
            if (request.goldLabels() && question.reference() == null) {
                throw new IOException(request.questions() + ": question " + question.id() + " has no reference: give"
                        + " every question one, or take the teacher's labels with --labels teacher");
            }
        }
    }

    /** The questions of a file; the pipeline writes lines that are none to malformed.jsonl. */
    private static List<Question> questions(Path file) throws IOException {
        List<Question> questions = new ArrayList<>();
        JsonLines.forEach(file, Question.class, questions::add, malformed -> {});
        return questions;
    }

    private static Outcome outcome(Request request, int lessons, boolean finished) throws IOException {
        Path out = request.out();
        Path rejected = out.resolve(RationaleJob.REJECTED);
        return new Outcome(
                JsonLines.read(out.resolve(RationaleJob.QUESTIONS), Question.class)
                        .size(),
                lessons,
                Files.exists(rejected)
                        ? JsonLines.read(rejected, TeacherSample.class).size()
                        : 0,
                JsonLines.read(out.resolve(SampleJob.FAILURES), Failure.class).size(),
                finished);
    }

    private static void ask(Request request) throws IOException, InterruptedException {
        SampleRequest sampling = SampleRequest.of(request.questions(), request.out(), request.teacher())
                .withParams(request.params());
        if (request.prompt() != null) {
            RationaleJob.run(RationaleRequest.of(sampling, request.prompt()));
        } else {
            SampleJob.run(sampling);
            JsonLines.write(request.out().resolve(RationaleJob.QUESTIONS), questions(request.questions()));
        }
    }

    /** Questions in their order, each with its first sample that has a rationale and a label. */
    private static List<Lesson> lessons(Request request) throws IOException {
        Map<String, TeacherSample> samples = new LinkedHashMap<>();
        for (TeacherSample sample : JsonLines.read(request.out().resolve(SampleJob.SAMPLES), TeacherSample.class)) {
            if (sample.rationale() != null && sample.answer() != null) {
                samples.putIfAbsent(sample.id(), sample);
            }
        }
        List<Lesson> lessons = new ArrayList<>();
        for (Question question : JsonLines.read(request.out().resolve(RationaleJob.QUESTIONS), Question.class)) {
            TeacherSample sample = samples.get(question.id());
            if (sample != null) {
                lessons.add(new Lesson(
                        question.id(), question.text(), question.reference(), sample.answer(), sample.rationale()));
            }
        }
        return lessons;
    }

    private static boolean train(Request request, List<Lesson> lessons) throws IOException {
        Method method = request.goldLabels() ? Method.STEP_BY_STEP : Method.STEP_BY_STEP_TEACHER_LABELS;
        Method.Texts texts = new Method.Texts(request.labelPrefix(), request.rationalePrefix(), "");
        List<Example> examples = new ArrayList<>();
        for (Lesson lesson : lessons) {
            examples.addAll(method.examples(lesson, lesson.rationale(), texts));
        }
        JsonLines.write(request.out().resolve("train.jsonl"), examples);
        try (LoadedModel student = Models.load(request.student(), request.device())) {
            List<List<TokenExample>> items = MethodItems.of(
                    method,
                    lessons,
                    texts,
                    request.training().seed(),
                    student,
                    request.training().maxLength());
            return new SupervisedTraining(student, request.training(), method.terms(request.alpha()), request.out())
                    .withProgress("step-by-step", request.quiet(), List.of())
                    .withInterrupt(request.interrupt())
                    .run(items)
                    .finished();
        }
    }
}
