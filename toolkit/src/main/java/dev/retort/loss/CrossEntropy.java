package dev.retort.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.retort.op.Autograd;
import dev.retort.op.Ops;

/**
 * Cross-entropy of labels under the student: -log softmax(h W^T)[y], in nats, per labelled token.
 *
 * <p>Value and gradient come in closed form (softmax minus one-hot) over chunks of tokens, from hidden states and head, so that
 * at most {@link #CHUNK_ROWS} rows of logits live at a time. Equals torch.nn.functional.cross_entropy with reduction "none".
 */
public final class CrossEntropy {

    /** Rows of logits that live at a time. */
    public static final int CHUNK_ROWS = 128;

    private CrossEntropy() {}

    /**
     * Losses, and what to call backward on.
     *
     * @param losses per labelled token, [N], without factors
     * @param surrogate a scalar whose gradient is that of sum(factor times loss), or null outside {@link Autograd}; its
     *     value means nothing
     */
    public record Result(float[] losses, NDArray surrogate) {}

    /**
     * Computes the losses and, while {@link Autograd} records, the surrogate.
     *
     * @param hidden [N, D], the states that predict the labels
     * @param head [V, D]; gets a gradient if it is trained
     * @param labels [N], 64-bit, each in [0, V)
     * @param factors [N], what each token's loss counts in the gradient: term weight over term count
     */
    public static Result of(NDArray hidden, NDArray head, NDArray labels, float[] factors) {
        if (factors.length == 0) {
            return new Result(new float[0], null);
        }
        boolean record = Autograd.isRecording();
        Ops.HeadGradient wanted = !record
                ? Ops.HeadGradient.NONE
                : head.hasGradient() ? Ops.HeadGradient.HIDDEN_AND_WEIGHT : Ops.HeadGradient.HIDDEN;
        NDArray factorArray = hidden.getManager().create(factors);
        NDList parts = Ops.crossEntropy(hidden, head, labels, factorArray, CHUNK_ROWS, wanted);
        float[] losses = parts.get(0).toFloatArray();
        if (!record) {
            parts.close();
            return new Result(losses, null);
        }
        NDArray surrogate = hidden.mul(parts.get(1)).sum();
        if (wanted == Ops.HeadGradient.HIDDEN_AND_WEIGHT) {
            surrogate = surrogate.add(Ops.dot(parts.get(2), head));
        }
        return new Result(losses, surrogate.toType(DataType.FLOAT32, false));
    }
}
