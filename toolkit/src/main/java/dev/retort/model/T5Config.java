package dev.retort.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * T5 v1.0 (ReLU) and v1.1 (gated GELU).
 *
 * @param headDim d_kv
 * @param gated whether the feed-forward layer is gated GELU (v1.1) and not ReLU (v1.0)
 * @param scaleDecoderOutput whether the decoder's output is multiplied by D^-0.5 before the head
 * @param decoderStartTokenId first input of the decoder
 */
public record T5Config(
        ObjectNode json,
        int vocabularySize,
        int hiddenSize,
        int headDim,
        int innerSize,
        int layers,
        int decoderLayers,
        int heads,
        int relativeBuckets,
        int relativeMaxDistance,
        double normEpsilon,
        boolean gated,
        boolean scaleDecoderOutput,
        int decoderStartTokenId,
        boolean tiedHead)
        implements ModelConfig {

    static T5Config read(ConfigReader config) {
        String projection = config.text("feed_forward_proj", "relu");
        if (!projection.equals("relu") && !projection.equals("gated-gelu")) {
            throw config.bad("feed_forward_proj", "'" + projection + "' is not supported; supported: relu, gated-gelu");
        }
        int layers = config.size("num_layers", 1 << 10, 6);
        boolean tied = config.flag("tie_word_embeddings", true);
        int buckets = config.size("relative_attention_num_buckets", 1 << 16, 32);
        if (buckets % 4 != 0) {
            throw config.bad("relative_attention_num_buckets", "must be a multiple of 4, not " + buckets);
        }
        int distance = config.size("relative_attention_max_distance", 1 << 24, 128);
        if (distance <= buckets / 2) {
            throw config.bad("relative_attention_max_distance", "must exceed half the buckets, not " + distance);
        }
        return new T5Config(
                config.json(),
                config.size("vocab_size", 1 << 22),
                config.size("d_model", 1 << 17),
                config.size("d_kv", 1 << 12),
                config.size("d_ff", 1 << 20),
                layers,
                config.size("num_decoder_layers", 1 << 10, layers),
                config.size("num_heads", 1 << 12),
                buckets,
                distance,
                config.number("layer_norm_epsilon", 1e-6),
                projection.equals("gated-gelu"),
                // transformers 5 stores the decision apart, since it forces tie_word_embeddings to true.
                config.flag("scale_decoder_outputs", tied),
                config.node("decoder_start_token_id").asInt(0),
                tied);
    }

    @Override
    public int maxPositions() {
        return Integer.MAX_VALUE;
    }
}
