package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import dev.retort.op.Ops;
import java.util.List;

/** An encoder-decoder model. */
public sealed interface Seq2SeqLm extends LanguageModel permits T5Model {

    /**
     * The encoder's output.
     *
     * @param ids token ids [B, S], 64-bit, padded on the right
     * @param mask [B, S], 1 for a token and 0 for padding, 64-bit
     * @return [B, S, D]
     */
    NDArray encode(NDArray ids, NDArray mask);

    /**
     * Hidden states of the decoder, ready for the head.
     *
     * @param decoderIds [B, T], 64-bit, the decoder's start token first
     * @param encoded [B, S, D] from {@link #encode}
     * @param mask [B, S] as for {@link #encode}
     * @return [B, T, D]
     */
    NDArray decode(NDArray decoderIds, NDArray encoded, NDArray mask);

    /** The first input of the decoder. */
    int decoderStartTokenId();

    @Override
    default NDArray labelHidden(TokenBatch batch) {
        NDArray mask = batch.attentionMask();
        NDArray hidden = decode(batch.decoderInputIds(decoderStartTokenId()), encode(batch.inputIds(), mask), mask);
        return Ops.selectRows(hidden.reshape(-1, config().hiddenSize()), batch.labelPositions());
    }

    @Override
    default NDList labelStates(TokenBatch batch, List<Integer> layers) {
        if (!layers.isEmpty()) {
            throw new IllegalArgumentException("hidden states of layers are those of decoder-only models");
        }
        return new NDList(labelHidden(batch));
    }
}
