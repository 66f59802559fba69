package dev.retort.papers.stepbystep;

import dev.retort.answer.AnswerText;
import dev.retort.answer.Metric;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.SamplingParams;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * A released data set as a task by name, for a student of any training: a question, "Answer:" below it, and the label.
 *
 * @param set the data
 */
public record ReleasedTask(DssDataSet set) {

    /** What stands behind a question where nothing else is asked for. */
    public static final String AFTER = "\nAnswer:";

    private static final int MOST_TOKENS = 64;

    /** The names, as in {@link #of}. */
    public static List<String> names() {
        return Arrays.stream(DssDataSet.values()).map(DssDataSet::title).toList();
    }

    /**
     * The task of a name: svamp, cqa, anli1 or esnli.
     *
     * @throws IllegalArgumentException that lists the names
     */
    public static ReleasedTask of(String name) {
        return Arrays.stream(DssDataSet.values())
                .filter(set -> set.title().equals(name))
                .map(ReleasedTask::new)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("no task '" + name + "'; tasks: " + String.join(", ", names())));
    }

    /**
     * The training split.
     *
     * @throws IOException where the data are missing
     * @throws IllegalArgumentException where no training inputs were released
     */
    public List<Example> training(DataCatalogue catalogue) throws IOException {
        return set.load(catalogue, "train").stream()
                .map(row -> new Example(row.id(), row.input() + AFTER, " " + row.label(), "answer", List.of(row.id())))
                .toList();
    }

    /**
     * The test split. SVAMP's equations are worked out and compared as numbers, the others' labels as texts.
     *
     * @param eos text between premise and hypothesis
     * @param before each question, such as the prefix that a student was trained with
     * @param after each question
     * @throws IOException where the data are missing
     */
    public EvalTask test(DataCatalogue catalogue, String eos, String before, String after) throws IOException {
        List<EvalItem> items = set.load(catalogue, "test").stream()
                .map(row -> new EvalItem(row.id(), before + row.inputJoinedBy(eos) + after, List.of(row.label())))
                .toList();
        return new EvalTask(
                set.title(), items, SamplingParams.greedy(MOST_TOKENS), AnswerText::plain, scorer(set), false);
    }

    /** 1 where a prediction is the label, else 0. */
    static EvalTask.Scorer scorer(DssDataSet set) {
        return set == DssDataSet.SVAMP
                ? (prediction, references) -> EquationValue.equal(prediction, references.get(0)) ? 1 : 0
                : Metric.EXACT_MATCH::score;
    }
}
