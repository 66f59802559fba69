package dev.retort.eval;

import dev.retort.data.JsonLines;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.run.Progress;
import dev.retort.run.ProgressListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a model answered to a task.
 *
 * @param task the task's name
 * @param rows one for every item, in the task's order
 * @param completionTokens the model wrote in all, end-of-sequence tokens included; -1 where it was read from a file
 */
public record Evaluation(String task, List<EvaluationRow> rows, long completionTokens) {

    public Evaluation {
        rows = List.copyOf(rows);
    }

    /** The mean score. */
    public double value() {
        return rows.stream().mapToDouble(EvaluationRow::score).average().orElse(0);
    }

    /** The scores in the task's order. */
    public double[] scores() {
        return rows.stream().mapToDouble(EvaluationRow::score).toArray();
    }

    /**
     * Answers and scores every item.
     *
     * @param batchRows most rows decoded together
     */
    public static Evaluation of(
            LoadedModel loaded, EvalTask task, int batchRows, boolean quiet, List<ProgressListener> listeners)
            throws IOException {
        return of(loaded, task, batchRows, quiet, listeners, () -> false);
    }

    /**
     * Answers and scores every item, unless it is asked to stop.
     *
     * @param batchRows most rows decoded together
     * @param stop polled between tokens on the calling thread
     * @throws java.util.concurrent.CancellationException once it is true
     */
    public static Evaluation of(
            LoadedModel loaded,
            EvalTask task,
            int batchRows,
            boolean quiet,
            List<ProgressListener> listeners,
            BooleanSupplier stop)
            throws IOException {
        List<int[]> prompts = new ArrayList<>();
        for (EvalItem item : task.items()) {
            prompts.add(loaded.requireTokenizer()
                    .encodePrompt(item.prompt(), loaded.model() instanceof dev.retort.model.Seq2SeqLm));
        }
        GenerationOptions options = new GenerationOptions(task.sampling(), loaded.eosIds(), 1, batchRows);
        List<Generated> completions;
        try (Progress progress =
                Progress.onStandardError("evaluate " + task.name(), 0, prompts.size(), quiet, listeners)) {
            completions = new Generator(loaded.model(), loaded.tokenizer())
                    .withStop(stop)
                    .generate(prompts, options, progress::update);
        }
        List<EvaluationRow> rows = new ArrayList<>();
        long tokens = 0;
        for (int i = 0; i < completions.size(); i++) {
            EvalItem item = task.items().get(i);
            String prediction = task.extract().apply(completions.get(i).text());
            double score = task.scorer().score(prediction, item.references());
            rows.add(new EvaluationRow(item.id(), prediction, score, task.graded()));
            tokens += completions.get(i).ids().length;
        }
        return new Evaluation(task.name(), rows, tokens);
    }

    /** Writes eval/TASK.jsonl below a folder, whole or not at all. */
    public void write(Path evalFolder) throws IOException {
        JsonLines.write(evalFolder.resolve(task + ".jsonl"), rows, EvaluationRow::format);
    }

    /** Reads a file that {@link #write} made; a name that ends in .gz is read through gzip. */
    public static Evaluation read(Path file) throws IOException {
        List<EvaluationRow> rows = new ArrayList<>();
        try (BufferedReader reader = JsonLines.open(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                try {
                    rows.add(EvaluationRow.parse(line));
                } catch (IllegalArgumentException e) {
                    throw new IOException(file + ":" + number + ": " + e.getMessage(), e);
                }
            }
        }
        String name = file.getFileName().toString();
        return new Evaluation(name.replaceAll("\\.jsonl(\\.gz)?$", ""), rows, -1);
    }
}
