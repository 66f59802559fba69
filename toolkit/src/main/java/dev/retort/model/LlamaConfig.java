package dev.retort.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The LLaMA family: LLaMA 1 to 3, SmolLM2, TinyLlama, Mistral, Qwen2 and Qwen3.
 *
 * @param layers decoder layers
 * @param heads H, query heads
 * @param keyValueHeads K, dividing H
 * @param headDim d, which need not be D / H
 * @param innerSize width between the gate and down products
 * @param normEpsilon of every RMS norm
 * @param ropeTheta base of the rotary frequencies
 * @param queryKeyNorm whether queries and keys are RMS-normalised per head (Qwen3)
 * @param slidingWindow positions a token sees, itself included; 0 for all
 */
public record LlamaConfig(
        ObjectNode json,
        String modelType,
        int vocabularySize,
        int hiddenSize,
        int layers,
        int heads,
        int keyValueHeads,
        int headDim,
        int innerSize,
        double normEpsilon,
        double ropeTheta,
        RopeScaling ropeScaling,
        boolean queryKeyNorm,
        int slidingWindow,
        int maxPositions,
        boolean tiedHead)
        implements ModelConfig {

    static LlamaConfig read(ConfigReader config) {
        String type = config.text("model_type", "llama");
        int hidden = config.size("hidden_size", 1 << 17);
        int heads = config.size("num_attention_heads", 1 << 12);
        int keyValueHeads = config.size("num_key_value_heads", 1 << 12, heads);
        if (heads % keyValueHeads != 0) {
            throw config.bad("num_key_value_heads", keyValueHeads + " does not divide num_attention_heads " + heads);
        }
        if (!config.has("head_dim") && hidden % heads != 0) {
            throw config.bad("hidden_size", hidden + " is not a multiple of num_attention_heads " + heads);
        }
        int headDim = config.size("head_dim", 1 << 12, Math.max(1, hidden / heads));
        if (headDim % 2 != 0) {
            throw config.bad("head_dim", "must be even for rotary positions, not " + headDim);
        }
        String activation = config.text("hidden_act", "silu");
        if (!activation.equals("silu") && !activation.equals("swish")) {
            throw config.bad("hidden_act", "'" + activation + "' is not supported; supported: silu");
        }
        // transformers 5 writes rope_parameters, transformers 4 rope_theta and rope_scaling.
        ConfigReader rope = config.object("rope_parameters");
        ConfigReader scaling = rope != null ? rope : config.object("rope_scaling");
        double theta = config.number("rope_theta", rope == null ? 10_000 : rope.number("rope_theta", 10_000));
        if (theta <= 0) {
            throw config.bad("rope_theta", "must be positive, not " + theta);
        }
        boolean sliding = type.equals("mistral") || config.flag("use_sliding_window", false);
        if (type.startsWith("qwen") && sliding) {
            throw config.bad("use_sliding_window", "true is not supported: only some layers would slide");
        }
        return new LlamaConfig(
                config.json(),
                type,
                config.size("vocab_size", 1 << 22),
                hidden,
                config.size("num_hidden_layers", 1 << 10),
                heads,
                keyValueHeads,
                headDim,
                config.size("intermediate_size", 1 << 20),
                config.number("rms_norm_eps", 1e-6),
                theta,
                scaling(config, scaling),
                type.equals("qwen3"),
                sliding ? config.size("sliding_window", Integer.MAX_VALUE, 0) : 0,
                config.size("max_position_embeddings", Integer.MAX_VALUE, 2048),
                config.flag("tie_word_embeddings", false));
    }

    private static RopeScaling scaling(ConfigReader config, ConfigReader scaling) {
        if (scaling == null) {
            return new RopeScaling.None();
        }
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        if (scaling.number("partial_rotary_factor", 1) != 1) {
            throw scaling.bad("partial_rotary_factor", "other than 1 is not supported");
        }
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(positive(scaling, "factor"));
            case "llama3" -> {
                double low = positive(scaling, "low_freq_factor");
                double high = positive(scaling, "high_freq_factor");
                if (high <= low) {
                    throw scaling.bad("high_freq_factor", "must be greater than low_freq_factor");
                }
                yield new RopeScaling.Llama3(
                        positive(scaling, "factor"),
                        low,
                        high,
                        scaling.size("original_max_position_embeddings", Integer.MAX_VALUE));
            }
            default -> throw config.bad(
                    "rope_scaling", "type '" + type + "' is not supported; supported: default, linear, llama3");
        };
    }

    private static double positive(ConfigReader scaling, String key) {
        double value = scaling.number(key, 0);
        if (value <= 0) {
            throw scaling.bad(key, "must be there and positive");
        }
        return value;
    }
}
