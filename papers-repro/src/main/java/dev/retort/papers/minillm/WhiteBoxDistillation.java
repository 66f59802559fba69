package dev.retort.papers.minillm;

import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.OwnRun;
import dev.retort.papers.RunFolder;
import dev.retort.pipelines.RationaleJob;
import dev.retort.pipelines.SampleJob;
import dev.retort.train.Distillation;
import dev.retort.train.DistillationSettings;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * From one's own questions and a teacher whose probabilities can be read: word-level distillation on the references, the KD of
 * MiniLLM (arXiv 2306.08543, appendix B.1), and GKD on references and the student's own completions (arXiv 2306.13649).
 */
public final class WhiteBoxDistillation {

    private WhiteBoxDistillation() {}

    /**
     * What is to be done.
     *
     * @param run what every method is told; nobody is asked
     * @param method its name in records
     * @param teacher where its probabilities come from
     * @param settings its divergence
     */
    public record Request(OwnRun run, String method, TeacherOf teacher, DistillationSettings settings) {}

    /** Puts the teacher beside a student. */
    @FunctionalInterface
    public interface TeacherOf {
        Distillation beside(LoadedModel student) throws IOException;
    }

    /** A teacher of this machine: a folder or a file. */
    public static Request of(OwnRun run, String method, Path teacher, DistillationSettings settings) {
        return new Request(
                run, method, student -> Distillation.open(student, teacher, run.device(), settings), settings);
    }

    /** The settings in config.yaml, which a later run of the folder must share. */
    record Config(
            String method,
            String questions,
            String teacher,
            String student,
            DistillationSettings distillation,
            TrainingSettings training) {}

    /**
     * Composes and trains; what the folder holds already is not done again. The trained student is OUT/final; it is asked with
     * the question alone, through its chat template where it has one.
     *
     * @throws IOException where a question has no reference that it needs, or a file is bad, in one line
     */
    public static OwnRun.Outcome run(Request request) throws IOException, InterruptedException {
        OwnRun run = request.run();
        Config config = new Config(
                request.method(),
                run.questions().toString(),
                run.teacherName(),
                run.student().toString(),
                request.settings(),
                run.training());
        boolean finished = run.once(config, () -> {
            List<Malformed> malformed = new ArrayList<>();
            List<Question> questions = run.read(malformed::add);
            requireReferences(request, questions);
            try (LoadedModel student = Models.load(run.student(), run.device());
                    Distillation distillation = request.teacher().beside(student)) {
                RunFolder.writeConfig(run.out(), config);
                JsonLines.write(run.out().resolve(RationaleJob.QUESTIONS), questions);
                JsonLines.write(run.out().resolve(SampleJob.MALFORMED), malformed);
                return train(request, questions, student, distillation);
            }
        });
        int questions = run.count(RationaleJob.QUESTIONS, Question.class);
        return new OwnRun.Outcome(questions, run.count(OwnRun.TRAIN, Example.class), 0, 0, finished);
    }

    private static void requireReferences(Request request, List<Question> questions) throws IOException {
        if (questions.isEmpty()) {
            throw new IOException(request.run().questions() + ": no questions");
        }
        for (Question question : questions) {
            if (question.reference() == null && request.settings().lmbda() < 1) {
                throw new IOException(request.run().questions() + ": question " + question.id()
                        + " has no reference: give every question one, or learn from the student's own completions"
                        + " alone with --method gkd --set lmbda=1");
            }
        }
    }

    private static boolean train(
            Request request, List<Question> questions, LoadedModel student, Distillation distillation)
            throws IOException {
        OwnRun run = request.run();
        List<Example> examples = new ArrayList<>();
        for (Question question : questions) {
            examples.add(example(student.requireTokenizer(), question));
        }
        JsonLines.write(run.out().resolve(OwnRun.TRAIN), examples);
        List<List<TokenExample>> items =
                OwnRun.items(student, examples, Math.min(run.training().maxLength(), distillation.maxPositions()));
        Map<String, Double> terms = request.settings().terms(Map.of(OwnRun.ANSWER, 1.0));
        SupervisedTraining training = new SupervisedTraining(student, run.training(), terms, run.out())
                .withProgress(request.method(), run.quiet(), List.of())
                .withInterrupt(run.interrupt());
        List<TokenExample> all = items.stream().flatMap(List::stream).toList();
        return distillation.begin(training, all, run.out(), run.training().seed(), run.quiet(), run.interrupt())
                && training.run(items).finished();
    }

    /** A question without a reference is a prompt alone. */
    private static Example example(Tokenizer tokenizer, Question question) {
        String completion = question.reference() == null ? "" : question.reference();
        return OwnRun.answer(tokenizer, question.id(), question.messages(), completion, List.of(question.id()));
    }
}
