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
        VoteRule chosen = VoteRule.named(rule)
                .orElseThrow(() -> new IllegalArgumentException("give strict, plurality or a fraction, not " + rule));
        return () -> new MajorityVote(chosen, AnswerText::relaxed);
    }
}
