package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import dev.retort.op.Ops;
import java.util.List;

/** A decoder-only model. */
public sealed interface CausalLm extends LanguageModel permits LlamaModel, Gpt2Model {

    /**
     * Hidden states after the final norm.
     *
     * @param ids token ids [B, S], 64-bit; rows shorter than S are padded on the right, which causal attention never sees
     * @return [B, S, D]
     */
    NDArray hidden(NDArray ids);

    /**
     * Hidden states after each layer, the last of them after the final norm as well: transformers' output_hidden_states
     * without the embeddings.
     *
     * @param ids as of {@link #hidden}
     * @return [B, S, D] each
     */
    NDList hiddenStates(NDArray ids);

    /** How many layers there are. */
    int layers();

    @Override
    default NDArray labelHidden(TokenBatch batch) {
        return atLabels(hidden(batch.inputIds()), batch);
    }

    @Override
    default NDList labelStates(TokenBatch batch, List<Integer> layers) {
        if (layers.isEmpty()) {
            return new NDList(labelHidden(batch));
        }
        NDList all = hiddenStates(batch.inputIds());
        NDList states = new NDList(atLabels(all.get(layers() - 1), batch));
        layers.forEach(layer -> states.add(atLabels(all.get(layer - 1), batch)));
        return states;
    }

    private NDArray atLabels(NDArray hidden, TokenBatch batch) {
        return Ops.selectRows(hidden.reshape(-1, config().hiddenSize()), batch.labelPositions());
    }
}
