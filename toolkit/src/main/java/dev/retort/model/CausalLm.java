package dev.retort.model;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.TokenBatch;
import dev.retort.op.Ops;

/** A decoder-only model. */
public sealed interface CausalLm extends LanguageModel permits LlamaModel, Gpt2Model {

    /**
     * Hidden states after the final norm.
     *
     * @param ids token ids [B, S], 64-bit; rows shorter than S are padded on the right, which causal attention never sees
     * @return [B, S, D]
     */
    NDArray hidden(NDArray ids);

    @Override
    default NDArray labelHidden(TokenBatch batch) {
        NDArray hidden = hidden(batch.inputIds());
        return Ops.selectRows(hidden.reshape(-1, config().hiddenSize()), batch.labelPositions());
    }
}
