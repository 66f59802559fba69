package dev.retort.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.signal.TopKLogProbs;

/** What is known of a teacher's distributions at N tokens. No gradient reaches it. */
public sealed interface TeacherSignal {

    /** V, or 0 where it is not known. */
    long vocabularySize();

    /**
     * Hidden states and head: its logits are made a chunk at a time.
     *
     * @param hidden [N, D]
     * @param head [V, D]
     * @param layers hidden states of the layers that were asked for, [N, D] each; no part of its distributions
     */
    record Hidden(NDArray hidden, NDArray head, NDList layers) implements TeacherSignal {

        /** Without its layers. */
        public Hidden(NDArray hidden, NDArray head) {
            this(hidden, head, new NDList());
        }

        @Override
        public long vocabularySize() {
            return head.getShape().get(0);
        }
    }

    /**
     * All logits.
     *
     * @param logits [N, V]; -infinity where it has no mass
     */
    record Logits(NDArray logits) implements TeacherSignal {

        @Override
        public long vocabularySize() {
            return logits.getShape().get(1);
        }
    }

    /**
     * The most probable tokens alone.
     *
     * @param top at the temperature of the loss
     * @param outside what is made of the mass outside them
     */
    record TopK(TopKLogProbs top, Outside outside) implements TeacherSignal {

        @Override
        public long vocabularySize() {
            return 0;
        }
    }

    /** What is made of the tokens outside the top k. */
    enum Outside {
        /** Their terms are left out; the value may be negative, and 0 elsewhere than at equality. */
        ZERO,
        /** They count as one token, for the teacher and for the student: never more than the value over all tokens. */
        BUCKET,
        /** Teacher and student are compared given that the token is one of the k. */
        RENORMALISE
    }
}
