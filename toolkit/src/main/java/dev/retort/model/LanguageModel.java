package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.TokenBatch;
import dev.retort.data.Precision;
import dev.retort.op.Ops;
import java.util.List;

/**
 * A model with its weights. Hidden states and logits are apart, so that logits are made only where they are needed.
 *
 * <p>Shapes: B rows, S positions, D width, V vocabulary, N labelled positions.
 */
public sealed interface LanguageModel extends AutoCloseable permits CausalLm, Seq2SeqLm {

    ModelConfig config();

    Weights weights();

    /** The head's weight [V, D]: hidden states times its transpose are the logits. */
    NDArray head();

    /**
     * The hidden states [N, D] from which the labels of a batch are predicted, in the order of {@link
     * TokenBatch#labelIds()}.
     */
    NDArray labelHidden(TokenBatch batch);

    /**
     * {@link #labelHidden}, and behind it the hidden states [N, D] at the same places after some layers, from the same
     * forward pass. That of the last layer is after the final norm, as in {@link CausalLm#hiddenStates}.
     *
     * @param layers of a decoder-only model, counted from 1
     * @throws IllegalArgumentException where layers of an encoder-decoder are asked for
     */
    NDList labelStates(TokenBatch batch, List<Integer> layers);

    /** The numbers in which decoding's layers and {@link #gradientPasses} multiply matrices; float32 unless set. */
    default Precision precision() {
        return Precision.FLOAT32;
    }

    /**
     * Sets {@link #precision}. {@link #labelHidden} stays in float32, {@link #logits} in all but 8-bit integers; a model of these
     * has no {@link #gradientPasses}.
     *
     * @throws IllegalArgumentException where the model cannot do it
     */
    default void setPrecision(Precision value) {
        if (value != Precision.FLOAT32) {
            throw new IllegalArgumentException((value == Precision.INT8
                            ? "int8 (--dtype int8, --weights int8)"
                            : "bfloat16 (bf16: true, dtype: bfloat16, --dtype bfloat16)")
                    + " is for LLaMA models on the CPU without biases, norms of queries and keys or a sliding window, and"
                    + " this is a "
                    + config().json().path("model_type").asText() + " on "
                    + weights().manager().getDevice() + "; leave the setting out");
        }
    }

    /** Forward passes whose gradients are wanted; close them before the weights change. */
    default GradientPasses gradientPasses() {
        return new AutogradPasses(this);
    }

    /**
     * Whether {@link #gradientPasses} lay rows behind one another, so that padding costs next to nothing and what rows begin with
     * alike is read once.
     */
    default boolean isPacked() {
        return false;
    }

    /**
     * Reads prompts and gets ready to continue them.
     *
     * @param prompts token ids of each row, each at least one
     * @param manager owns what decoding keeps; closed by the caller
     * @throws java.util.concurrent.CancellationException where the thread is interrupted while many prompts are read
     */
    DecodeState start(List<int[]> prompts, NDManager manager);

    /**
     * Appends one token to each row.
     *
     * @param tokens one id a row
     */
    void advance(DecodeState state, int[] tokens);

    /** Logits [.., V] of hidden states [.., D]. */
    default NDArray logits(NDArray hidden) {
        return Ops.linear(hidden, head());
    }

    @Override
    default void close() {
        weights().close();
    }
}
