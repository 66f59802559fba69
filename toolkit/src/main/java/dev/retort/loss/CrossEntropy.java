package dev.retort.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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
     * Losses, and their gradient.
     *
     * @param losses per labelled token, [N], without factors
     * @param gradient of sum(factor times loss) with respect to the hidden states, [N, D]
     */
    public record Result(float[] losses, NDArray gradient) {}

    /**
     * The losses alone.
     *
     * @param hidden [N, D], the states that predict the labels
     * @param head [V, D]
     * @param labels [N], 64-bit, each in [0, V)
     */
    public static float[] losses(NDArray hidden, NDArray head, NDArray labels) {
        NDArray factors = hidden.getManager().zeros(labels.getShape());
        try (NDList parts = Ops.crossEntropy(hidden, head, labels, factors, CHUNK_ROWS, Ops.HeadGradient.NONE)) {
            return parts.get(0).toFloatArray();
        }
    }

    /**
     * The losses and their gradient; a trained head's gradient is added to at once.
     *
     * @param factors [N], what each token's loss counts in the gradient: term weight over term count
     */
    public static Result withGradient(NDArray hidden, NDArray head, NDArray labels, float[] factors) {
        Ops.HeadGradient wanted = head.hasGradient() ? Ops.HeadGradient.HIDDEN_AND_WEIGHT : Ops.HeadGradient.HIDDEN;
        NDArray factorArray = hidden.getManager().create(factors);
        NDList parts = Ops.crossEntropy(hidden, head, labels, factorArray, CHUNK_ROWS, wanted);
        if (wanted == Ops.HeadGradient.HIDDEN_AND_WEIGHT) {
            try (NDArray gradient = head.getGradient()) {
                Ops.addTo(gradient, parts.get(2));
            }
        }
        return new Result(parts.get(0).toFloatArray(), parts.get(1));
    }
}
