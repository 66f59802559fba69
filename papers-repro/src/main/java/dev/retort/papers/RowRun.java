package dev.retort.papers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.run.RunRecord;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * A row of a result table while it is made: a student trained and tested in a folder of its own, rows/NAME. What is there
 * already is not done again; a row that has its evaluation needs no model any more.
 *
 * @param options of the run
 * @param name method.fraction-or-size.seed
 * @param config the row's config.yaml
 * @param training its settings, seed included
 * @param terms weight of each kind of example in the loss
 * @param record its run.json, as it starts
 * @param evalBatchRows rows decoded together
 */
public record RowRun(
        RunOptions options,
        String name,
        Record config,
        TrainingSettings training,
        Map<String, Double> terms,
        RunRecord record,
        int evalBatchRows) {

    private static final String USAGE = "usage.json";

    /** Makes the student as it is before training. */
    @FunctionalInterface
    public interface Student {
        LoadedModel fresh() throws IOException;
    }

    /** What the student is trained on; an item's examples are seen in one step. */
    @FunctionalInterface
    public interface Items {
        List<List<TokenExample>> of(LoadedModel student) throws IOException;
    }

    /** What the student is tested on. */
    @FunctionalInterface
    public interface Test {
        EvalTask of(LoadedModel student) throws IOException;
    }

    /** The row's folder. */
    public Path folder() {
        return folder(options.out(), name);
    }

    private static Path folder(Path out, String name) {
        return out.resolve("rows").resolve(name);
    }

    /**
     * The seeds of the rows that a run folder has, in order.
     *
     * @param before what stands before the seed in a row's name
     */
    public static List<Integer> seeds(Path out, String before) throws IOException {
        Path rows = out.resolve("rows");
        if (!Files.isDirectory(rows)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(rows)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.startsWith(before))
                    .map(name -> Integer.valueOf(name.substring(before.length())))
                    .sorted()
                    .toList();
        }
    }

    /** The evaluation file of a row, whether it is there or not. */
    public static Path evaluation(Path out, String name, String task) {
        return folder(out, name).resolve("eval").resolve(task + ".jsonl");
    }

    /**
     * Trains and tests, so far as it is not done and the options ask for it, this row included.
     *
     * @param task the test's name
     * @return false after an interruption
     */
    public boolean run(String task, Student student, Items items, Test test) throws IOException {
        if (!options.rows().matches(name)) {
            return true;
        }
        Path folder = folder();
        boolean isEvaluated = Files.exists(evaluation(options.out(), name, task));
        boolean isTrained = isEvaluated || Files.isDirectory(folder.resolve(SupervisedTraining.FINAL));
        boolean trains = options.runs(Stage.TRAIN) && !isTrained;
        boolean evaluates = options.runs(Stage.EVALUATE) && !isEvaluated;
        if (!trains && !evaluates) {
            return true;
        }
        long start = System.nanoTime();
        RunFolder.writeConfig(folder, config);
        if (trains) {
            try (LoadedModel loaded = student.fresh()) {
                SupervisedTraining.Outcome outcome = new SupervisedTraining(loaded, training, terms, folder)
                        .withProgress(name, options.quiet(), options.listeners())
                        .withInterrupt(options.interrupt())
                        .run(items.of(loaded));
                if (!outcome.finished()) {
                    return false;
                }
            }
        }
        if (evaluates) {
            try (LoadedModel loaded = Models.load(folder.resolve(SupervisedTraining.FINAL), options.device())) {
                write(
                        folder,
                        Evaluation.of(
                                loaded,
                                test.of(loaded),
                                evalBatchRows,
                                options.quiet(),
                                options.listeners(),
                                () -> options.interrupt().requested()));
            } catch (CancellationException e) {
                // What was trained stands; the test begins anew with the next run.
                return false;
            }
        }
        Duration spent = Duration.ofNanos(System.nanoTime() - start);
        RunFolder.record(folder, record.withParents(List.of("../..")), spent);
        return true;
    }

    /** Writes a row's evaluation, and usage.json beside it: what the answers cost in tokens. */
    public static void write(Path folder, Evaluation evaluation) throws IOException {
        ObjectNode usage = Rows.mapper().createObjectNode();
        usage.put("completion_tokens", evaluation.completionTokens());
        usage.put("answers", evaluation.rows().size());
        AtomicFiles.writeText(folder.resolve(USAGE), usage + "\n");
        evaluation.write(folder.resolve("eval"));
    }

    /** Tokens that a row's answers took, each. */
    public static double tokensPerAnswer(Path out, String name) throws IOException {
        JsonNode usage = Rows.mapper().readTree(folder(out, name).resolve(USAGE).toFile());
        return usage.path("completion_tokens").asDouble()
                / usage.path("answers").asDouble();
    }
}
