package dev.retort.papers;

import ai.djl.Device;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Row;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.Seq2SeqLm;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.RationaleJob;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A run from one's own questions to a student: what {@code retort distil} is told whatever the method, and what the methods
 * have in common.
 *
 * @param questions JSON Lines of questions
 * @param out the run folder
 * @param teacher who is asked
 * @param teacherName in samples and records
 * @param params how its answers are drawn
 * @param asking limits and attempts
 * @param student folder or file of the student before training
 * @param training how the student is trained
 * @param device where
 * @param command as it was given, for the record
 * @param quiet no progress
 * @param interrupt polled between steps; it ends an asking at once
 */
public record OwnRun(
        Path questions,
        Path out,
        TeacherFactory teacher,
        String teacherName,
        SamplingParams params,
        AskSettings asking,
        Path student,
        TrainingSettings training,
        Device device,
        String command,
        boolean quiet,
        Interrupt interrupt) {

    /** The file of what the student is trained on. */
    public static final String TRAIN = "train.jsonl";

    /** The kind of an example that is an answer. */
    public static final String ANSWER = "answer";

    /**
     * What came of it.
     *
     * @param questions read
     * @param lessons questions that the student learns from
     * @param rejected samples of the teacher that it does not learn from
     * @param failed pairs that the teacher did not answer
     * @param finished false after an interruption
     */
    public record Outcome(int questions, int lessons, int rejected, int failed, boolean finished) {}

    /** Asks, showing how far it has come; {@link InterruptedException} where it was ended before it was done. */
    public <T> T asking(AskingProgress.Asking<T> asking) throws IOException, InterruptedException {
        return AskingProgress.of("ask", quiet, List.of(), interrupt, asking);
    }

    /** What a run does; false after an interruption. */
    @FunctionalInterface
    public interface Work {
        boolean run() throws IOException, InterruptedException;
    }

    /**
     * Does the work and records it in run.json, unless the folder is finished.
     *
     * @param config what the folder's config.yaml must be, where there is one; the work writes it
     * @return whether it is finished; false after an interruption
     * @throws IOException where the folder was made with other settings, or there is no student
     */
    public boolean once(Record config, Work work) throws IOException, InterruptedException {
        long start = System.nanoTime();
        RunFolder.requireSame(out, config, "use another --out");
        if (Files.isDirectory(out.resolve(SupervisedTraining.FINAL)) && Files.exists(out.resolve(RunRecord.FILE))) {
            return true;
        }
        if (!Files.exists(student)) {
            throw new IOException(student + ": no such folder or file; give a Hugging Face folder or a GGUF file");
        }
        RunRecord record = RunFolder.start(
                training.seed(), command, config, device, Runtime.getRuntime().availableProcessors());
        boolean finished = work.run();
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start));
        return finished;
    }

    /** One completion of every question. */
    public SampleRequest sampling() {
        return SampleRequest.of(questions, out, teacher).withParams(params).withSettings(asking);
    }

    /**
     * Refuses to train on what a budget has left.
     *
     * @throws IOException where a pair was not asked for it
     */
    public void requireWithinBudget(SampleOutcome asked) throws IOException {
        if (asked.overBudget() > 0) {
            throw new IOException(out.resolve(SampleJob.FAILURES) + ": the budget ended before " + asked.overBudget()
                    + " of its rows; raise it and go on with --resume");
        }
    }

    /** The questions of the file; lines that are none go to {@code bad}. */
    public List<Question> read(Consumer<Malformed> bad) throws IOException {
        List<Question> read = new ArrayList<>();
        JsonLines.forEach(questions, Question.class, read::add, bad);
        return read;
    }

    /** Writes the questions into the run folder; the pipeline has written the lines that are none to malformed.jsonl. */
    public void writeQuestions() throws IOException {
        JsonLines.write(out.resolve(RationaleJob.QUESTIONS), read(malformed -> {}));
    }

    /** Rows of a file of the run folder; 0 where there is no such file. */
    public int count(String file, Class<? extends Row> type) throws IOException {
        Path path = out.resolve(file);
        return Files.exists(path) ? JsonLines.read(path, type).size() : 0;
    }

    /** Messages as a local model gets them: through its chat template, or the last one alone. */
    public static String prompt(Tokenizer tokenizer, List<Message> messages) {
        return tokenizer.hasChatTemplate()
                ? tokenizer.chat(messages, true)
                : messages.get(messages.size() - 1).content();
    }

    /**
     * A prompt and what the student is to say, as a local model is asked.
     *
     * @param from the ids of the question and samples it is made from
     */
    public static Example answer(
            Tokenizer tokenizer, String id, List<Message> messages, String completion, List<String> from) {
        String text = tokenizer.hasChatTemplate() ? completion.strip() : " " + completion.strip();
        return new Example(id, prompt(tokenizer, messages), text, ANSWER, from);
    }

    /** As {@link #answer(Tokenizer, String, List, String, List)}, made from a sample. */
    public static Example answer(Tokenizer tokenizer, TeacherSample sample, String completion) {
        List<String> from = List.of(sample.id(), sample.id() + "/" + sample.sampleIndex());
        return answer(tokenizer, sample.id(), sample.messages(), completion, from);
    }

    /** Encodes for a student, each example an item by itself. */
    public static List<List<TokenExample>> items(LoadedModel student, List<Example> examples, int maxLength)
            throws IOException {
        ExampleEncoder encoder = new ExampleEncoder(
                student.requireTokenizer(),
                student.model() instanceof Seq2SeqLm,
                student.trainingEosId(),
                Math.min(maxLength, student.model().config().maxPositions()));
        return examples.stream().map(encoder::encode).map(List::of).toList();
    }

    /**
     * Fine-tunes the student on answers, which OUT/train.jsonl holds.
     *
     * @param label of the progress
     * @param compose the answers for the student's tokenizer
     * @return false after an interruption
     */
    public boolean train(String label, Function<Tokenizer, List<Example>> compose) throws IOException {
        try (LoadedModel loaded = Models.load(student, device)) {
            List<Example> examples = compose.apply(loaded.requireTokenizer());
            JsonLines.write(out.resolve(TRAIN), examples);
            return new SupervisedTraining(loaded, training, Map.of(ANSWER, 1.0), out)
                    .withProgress(label, quiet, List.of())
                    .withInterrupt(interrupt)
                    .run(items(loaded, examples, training.maxLength()))
                    .finished();
        }
    }
}
