package dev.retort.pipelines;

import java.util.Locale;

/**
 * What a {@link SampleJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param asked completions that the teacher gave now
 * @param answered pairs of a question and a sample index that are in samples.jsonl
 * @param failed pairs that are in failures.jsonl
 * @param overBudget failed pairs that the budget had nothing left for
 * @param cached completions that the cache had
 * @param spared pairs that were not asked because the verdict of the vote stood
 * @param malformed lines of the questions file that are no questions
 * @param requests made now, repeated ones included
 * @param retried requests that were made again
 * @param tokens paid for now, of prompts and completions, each request once
 * @param money paid now, in the currency of the prices; 0 without prices
 * @param latencyMillis time of all requests added up
 * @param damaged stretches of the cache that were damaged, set aside and asked again
 */
public record SampleOutcome(
        long asked,
        long answered,
        long failed,
        long overBudget,
        long cached,
        long spared,
        long malformed,
        long requests,
        long retried,
        long tokens,
        double money,
        long latencyMillis,
        long damaged) {

    /** One line for a log. */
    public String summary() {
        StringBuilder line = new StringBuilder("answered " + answered + ", failed " + failed);
        if (overBudget > 0) {
            line.append(" (").append(overBudget).append(" over budget)");
        }
        if (spared > 0) {
            line.append(", spared ").append(spared);
        }
        line.append("; asked ").append(asked).append(", from the cache ").append(cached);
        line.append("; requests ").append(requests).append(", repeated ").append(retried);
        if (requests > 0) {
            line.append(", mean ").append(latencyMillis / requests).append(" ms");
        }
        line.append("; tokens ").append(tokens);
        if (money > 0) {
            line.append(String.format(Locale.ROOT, ", cost %.4f", money));
        }
        if (malformed > 0) {
            line.append("; malformed lines ").append(malformed);
        }
        if (damaged > 0) {
            line.append("; damaged parts of the cache ").append(damaged);
        }
        return line.toString();
    }
}
