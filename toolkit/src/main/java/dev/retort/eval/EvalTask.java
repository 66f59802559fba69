package dev.retort.eval;

import dev.retort.data.SamplingParams;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Questions, how an answer is cut from a completion, and how it is scored.
 *
 * @param name kebab-case; names the evaluation's file
 * @param items in the file's order
 * @param sampling how completions are drawn; greedy in every recipe
 * @param extract cuts the prediction from a completion
 * @param scorer 0 to 1
 * @param graded whether scores lie between 0 and 1; else each is 0 or 1
 */
public record EvalTask(
        String name,
        List<EvalItem> items,
        SamplingParams sampling,
        UnaryOperator<String> extract,
        Scorer scorer,
        boolean graded) {

    /** Compares a prediction with the accepted answers. */
    @FunctionalInterface
    public interface Scorer {
        double score(String prediction, List<String> references);
    }

    public EvalTask {
        items = List.copyOf(items);
        if (items.isEmpty()) {
            throw new IllegalArgumentException("task " + name + " has no items");
        }
    }

    /** The first items only. */
    public EvalTask limit(int count) {
        return new EvalTask(name, items.subList(0, Math.min(count, items.size())), sampling, extract, scorer, graded);
    }
}
