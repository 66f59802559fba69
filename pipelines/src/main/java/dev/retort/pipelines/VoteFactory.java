package dev.retort.pipelines;

import dev.retort.answer.MajorityVote;
import java.io.Serializable;

/** Makes a vote on the worker that counts it. */
@FunctionalInterface
public interface VoteFactory extends Serializable {

    MajorityVote create();
}
