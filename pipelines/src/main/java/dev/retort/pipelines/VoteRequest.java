package dev.retort.pipelines;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.filter.AnswerForm;
import java.nio.file.Path;

/**
 * What a {@link VoteJob} does.
 *
 * @param samples that vote, a JSON Lines file that the workers can see
 * @param out the folder of the output files
 * @param vote says who wins
 * @param asked samples of each question that were asked for; 0 takes those there are
 */
public record VoteRequest(Path samples, Path out, VoteFactory vote, int asked) {

    public VoteRequest {
        if (asked < 0) {
            throw new IllegalArgumentException("the samples asked for must not be fewer than 0, not " + asked);
        }
    }

    /**
     * A vote over the samples there are.
     *
     * @param rule strict, plurality, or a fraction in (0, 1], see {@link VoteRule}
     * @param answers which answers are one
     * @throws IllegalArgumentException where the rule is none of them
     */
    public static VoteRequest of(Path samples, Path out, String rule, AnswerForm answers) {
        VoteRule chosen = VoteRule.named(rule)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the rule must be strict, plurality or a fraction such as 0.6, not " + rule));
        return new VoteRequest(samples, out, () -> new MajorityVote(chosen, answers.normaliser()), 0);
    }

    public VoteRequest withSamplesAsked(int count) {
        return new VoteRequest(samples, out, vote, count);
    }
}
