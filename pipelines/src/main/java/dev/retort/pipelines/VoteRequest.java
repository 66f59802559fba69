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
        rule(rule); // A rule that is none is refused here and not on a worker.
        return new VoteRequest(samples, out, () -> new MajorityVote(rule(rule), answers.normaliser()), 0);
    }

    private static VoteRule rule(String name) {
        return switch (name) {
            case "strict" -> new VoteRule.StrictMajority();
            case "plurality" -> new VoteRule.Plurality();
            default -> new VoteRule.AtLeast(fraction(name));
        };
    }

    private static double fraction(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "the rule must be strict, plurality or a fraction such as 0.6, not " + text, e);
        }
    }

    public VoteRequest withSamplesAsked(int count) {
        return new VoteRequest(samples, out, vote, count);
    }
}
