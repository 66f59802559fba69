package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Forward passes whose gradients are wanted, while the weights stand still. One at a time in a JVM.
 *
 * <p>A loss is computed outside, from hidden states and head in closed form; its gradient is handed back here.
 */
public interface GradientPasses extends AutoCloseable {

    /** The hidden states [N, D] from which the labels of a batch are predicted, as {@link LanguageModel#labelHidden}. */
    default NDArray labelHidden(TokenBatch batch) {
        return labelStates(batch, List.of()).get(0);
    }

    /** These and the hidden states after some layers, as {@link LanguageModel#labelStates}. */
    NDList labelStates(TokenBatch batch, List<Integer> layers);

    /**
     * Gives a pass up between two layers where it is asked to.
     *
     * @param stop polled on the calling thread; once it is true a pass ends with a {@link CancellationException}, and the gradient of
     *     the weights is that of no whole pass
     */
    void stopWhen(BooleanSupplier stop);

    /** The head [V, D] that losses multiply these states by: the model's, rounded where products are. */
    NDArray head();

    /**
     * Adds to the gradient of every trained weight below the head.
     *
     * @param gradient of a loss with respect to the result of the last {@link #labelHidden}, [N, D]
     */
    default void backward(NDArray gradient) {
        backward(new NDList(gradient));
    }

    /**
     * Adds to the gradient of every trained weight below the head.
     *
     * @param gradients of a loss with respect to the results of the last {@link #labelStates}, [N, D] each
     */
    void backward(NDList gradients);

    @Override
    void close();
}
