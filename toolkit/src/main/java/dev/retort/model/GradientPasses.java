package dev.retort.model;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.TokenBatch;

/**
 * Forward passes whose gradients are wanted, while the weights stand still. One at a time in a JVM.
 *
 * <p>A loss is computed outside, from hidden states and head in closed form; its gradient is handed back here.
 */
public interface GradientPasses extends AutoCloseable {

    /** The hidden states [N, D] from which the labels of a batch are predicted, as {@link LanguageModel#labelHidden}. */
    NDArray labelHidden(TokenBatch batch);

    /**
     * Adds to the gradient of every trained weight below the head.
     *
     * @param gradient of a loss with respect to the result of the last {@link #labelHidden}, [N, D]
     */
    void backward(NDArray gradient);

    @Override
    void close();
}
