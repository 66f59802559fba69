package dev.retort.pipelines;

/**
 * What a {@link VoteJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param won questions with a winning answer
 * @param undecided questions without one
 * @param variants samples of variants, which were left out
 * @param malformed lines of the samples' file that are no samples
 */
public record VoteOutcome(long won, long undecided, long variants, long malformed) {

    /** One line for a log. */
    public String summary() {
        return "voted on " + (won + undecided) + " questions: " + won + " with an answer that won, " + undecided
                + " without" + (variants > 0 ? "; samples of variants left out " + variants : "")
                + (malformed > 0 ? "; malformed lines " + malformed : "");
    }
}
