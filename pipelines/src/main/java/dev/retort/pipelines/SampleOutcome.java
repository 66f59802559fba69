package dev.retort.pipelines;

/**
 * What a {@link SampleJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param asked pairs of a question and a sample index that were asked now
 * @param answered those of them that are in samples.jsonl
 * @param failed those of them that are in failures.jsonl
 * @param reused pairs that an earlier run had answered
 * @param malformed lines of the questions file that are no questions
 * @param tokens of prompts and completions, each request once
 */
public record SampleOutcome(long asked, long answered, long failed, long reused, long malformed, long tokens) {

    /** One line for a log. */
    public String summary() {
        return "asked " + asked + ", answered " + answered + ", failed " + failed + ", answered before " + reused
                + ", malformed lines " + malformed + ", tokens " + tokens;
    }
}
