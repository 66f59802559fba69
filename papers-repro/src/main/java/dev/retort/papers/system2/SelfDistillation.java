package dev.retort.papers.system2;

import ai.djl.Device;
import dev.retort.answer.AnswerCut;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.filter.AnswerForm;
import dev.retort.filter.FilterSpec;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.Seq2SeqLm;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.FilterJob;
import dev.retort.pipelines.FilterOutcome;
import dev.retort.pipelines.FilterPlan;
import dev.retort.pipelines.FilterRequest;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.pipelines.VoteFactory;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.teacher.System2Method;
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
 * Distilling System 2 into System 1 from one's own questions without labels: a method of several calls, N times a question, the
 * answers on which most agree, and a student that learns to give them at once (arXiv 2407.06023, section 2). In the paper the
 * student is the model that was asked.
 */
public final class SelfDistillation {

    private static final String KIND = "answer";
    private static final String TRAIN = "train.jsonl";

    private SelfDistillation() {}

    /**
     * What is to be done.
     *
     * @param questions of {@link Question}; references are not read
     * @param out the run folder
     * @param teacher who is asked, in the paper the student itself
     * @param teacherName in samples and records
     * @param params how its calls are drawn
     * @param method the System 2
     * @param cut how the final answer is cut from what the method gives
     * @param samples N of each question
     * @param vote strict, plurality or a fraction in (0, 1]
     * @param student folder or file of the student before training
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
            System2Method method,
            AnswerCut cut,
            int samples,
            String vote,
            Path student,
            TrainingSettings training,
            Device device,
            String command,
            boolean quiet,
            Interrupt interrupt) {}

    /**
     * What came of it.
     *
     * @param questions read
     * @param lessons questions whose answers agreed
     * @param rejected samples with the reason in rejected.jsonl
     * @param failed pairs that the teacher did not answer
     * @param finished false after an interruption
     */
    public record Outcome(int questions, int lessons, int rejected, int failed, boolean finished) {}

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
    public static Outcome run(Request request) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path out = request.out();
        Config config = new Config(
                "system2",
                request.questions().toString(),
                request.teacherName(),
                request.method().title(),
                request.cut().title(),
                request.samples(),
                request.vote(),
                request.student().toString(),
                request.training());
        RunFolder.requireSame(out, config, "use another --out");
        if (Files.isDirectory(out.resolve(SupervisedTraining.FINAL)) && Files.exists(out.resolve(RunRecord.FILE))) {
            return outcome(request, true);
        }
        if (!Files.exists(request.student())) {
            throw new IOException(
                    request.student() + ": no such folder or file; give a Hugging Face folder or a GGUF file");
        }
        RunFolder.writeConfig(out, config);
        // S_II(x; f), N times, and z is kept aside; asked in the order of the samples until the vote stands
        SampleOutcome asked = SampleJob.run(SampleRequest.of(request.questions(), out, request.teacher())
                .withSamples(request.samples())
                .withParams(request.params())
                .withMethod(TeacherWrapper.of(request.method(), request.cut()))
                .withVote(VoteFactory.of(request.vote())));
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
        boolean finished = train(request, List.copyOf(agreed.values()));
        RunRecord record = RunFolder.start(
                request.training().seed(),
                request.command(),
                config,
                request.device(),
                Runtime.getRuntime().availableProcessors());
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start));
        return outcome(request, finished);
    }

    private static Outcome outcome(Request request, boolean finished) throws IOException {
        Path out = request.out();
        int[] questions = {0};
        JsonLines.forEach(request.questions(), Question.class, question -> questions[0]++, malformed -> {});
        return new Outcome(
                questions[0],
                JsonLines.read(out.resolve(TRAIN), Example.class).size(),
                JsonLines.read(out.resolve(FilterJob.REJECTED), TeacherSample.class)
                        .size(),
                JsonLines.read(out.resolve(SampleJob.FAILURES), Failure.class).size(),
                finished);
    }

    private static boolean train(Request request, List<TeacherSample> agreed) throws IOException {
        Path out = request.out();
        try (LoadedModel student = Models.load(request.student(), request.device())) {
            Tokenizer tokenizer = student.requireTokenizer();
            ExampleEncoder encoder = new ExampleEncoder(
                    tokenizer,
                    student.model() instanceof Seq2SeqLm,
                    student.trainingEosId(),
                    request.training().maxLength());
            List<Example> examples = new ArrayList<>();
            List<List<TokenExample>> items = new ArrayList<>();
            for (TeacherSample sample : agreed) {
                Example example = example(sample, request.cut(), tokenizer);
                examples.add(example);
                items.add(List.of(encoder.encode(example)));
            }
            JsonLines.write(out.resolve(TRAIN), examples);
            return new SupervisedTraining(student, request.training(), Map.of(KIND, 1.0), out)
                    .withProgress("system2", request.quiet(), List.of())
                    .withInterrupt(request.interrupt())
                    .run(items)
                    .finished();
        }
    }

    /** (x, y) as a local model is asked: through the chat template, or the last message alone. */
    static Example example(TeacherSample sample, AnswerCut cut, Tokenizer tokenizer) {
        boolean isChat = tokenizer.hasChatTemplate();
        String answer = cut == AnswerCut.VERDICT ? "[[" + sample.answer() + "]]" : sample.answer();
        String prompt = System2Road.prompt(tokenizer, sample.messages());
        String completion = isChat ? answer : " " + answer;
        return new Example(
                sample.id(), prompt, completion, KIND, List.of(sample.id(), sample.id() + "/" + sample.sampleIndex()));
    }
}
