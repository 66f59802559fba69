package dev.retort.pipelines;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import java.io.Serializable;

/** Makes a vote on the worker that counts it. */
@FunctionalInterface
public interface VoteFactory extends Serializable {

    MajorityVote create();

    /**
     * A vote over answers whose case, quotes and final marks do not count.
     *
     * @param rule strict, plurality, or a fraction in (0, 1]
     * @throws IllegalArgumentException where it is none of them
     */
    static VoteFactory of(String rule) {
        rule(rule);
        return () -> new MajorityVote(rule(rule), AnswerText::relaxed);
    }

    private static VoteRule rule(String text) {
        return switch (text) {
            case "strict" -> new VoteRule.StrictMajority();
            case "plurality" -> new VoteRule.Plurality();
            default -> new VoteRule.AtLeast(fraction(text));
        };
    }

    private static double fraction(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("give strict, plurality or a fraction, not " + text, e);
        }
    }
}
