package dev.retort.train;

import dev.retort.batch.TokenBatch;
import dev.retort.loss.TeacherSignal;
import java.io.IOException;

/** Where the teacher's distributions at the labelled tokens of a batch come from. */
@FunctionalInterface
public interface TeacherSource {

    /**
     * What the teacher says at the batch's labels, in their order.
     *
     * @return of N tokens, its arrays in the batch's manager
     */
    TeacherSignal at(TokenBatch batch) throws IOException;
}
