package dev.retort.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * GPT-2.
 *
 * @param innerSize width of the feed-forward layer
 * @param tanhGelu whether GELU is in its tanh form
 */
public record Gpt2Config(
        ObjectNode json,
        int vocabularySize,
        int hiddenSize,
        int layers,
        int heads,
        int innerSize,
        double normEpsilon,
        boolean tanhGelu,
        int maxPositions,
        boolean tiedHead)
        implements ModelConfig {

    static Gpt2Config read(ConfigReader config) {
        int hidden = config.size("n_embd", 1 << 17, 768);
        int heads = config.size("n_head", 1 << 12, 12);
        if (hidden % heads != 0) {
            throw config.bad("n_embd", hidden + " is not a multiple of n_head " + heads);
        }
        String activation = config.text("activation_function", "gelu_new");
        boolean tanh = activation.equals("gelu_new") || activation.equals("gelu_pytorch_tanh");
        if (!tanh && !activation.equals("gelu")) {
            throw config.bad("activation_function", "'" + activation + "' is not supported; supported: gelu_new, gelu");
        }
        for (String flag :
                new String[] {"scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention"}) {
            if (config.flag(flag, false)) {
                throw config.bad(flag, "true is not supported");
            }
        }
        if (!config.flag("scale_attn_weights", true)) {
            throw config.bad("scale_attn_weights", "false is not supported");
        }
        return new Gpt2Config(
                config.json(),
                config.size("vocab_size", 1 << 22, 50257),
                hidden,
                config.size("n_layer", 1 << 10, 12),
                heads,
                config.size("n_inner", 1 << 20, 4 * hidden),
                config.number("layer_norm_epsilon", 1e-5),
                tanh,
                config.size("n_positions", Integer.MAX_VALUE, 1024),
                config.flag("tie_word_embeddings", true));
    }
}
