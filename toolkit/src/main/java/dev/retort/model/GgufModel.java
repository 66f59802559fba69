package dev.retort.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A GGUF file of the LLaMA family seen with Hugging Face's names and layout: rows of queries and keys are put back in the order
 * of halves, and a config.json is made from the metadata.
 */
final class GgufModel implements TensorSource {

    private static final Map<String, String> TOP = Map.of(
            "token_embd.weight", "model.embed_tokens.weight",
            "output_norm.weight", "model.norm.weight",
            "output.weight", "lm_head.weight");

    private static final Map<String, String> IN_LAYER = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));

    private final GgufFile file;
    private final String architecture;
    private final Map<String, String> names = new LinkedHashMap<>();

    GgufModel(Path path) throws IOException {
        file = GgufFile.open(path);
        architecture = file.string("general.architecture");
        if (!Set.of("llama", "qwen2", "qwen3").contains(architecture)) {
            file.close();
            throw new ModelFileException(
                    path,
                    "general.architecture '" + architecture + "' is not supported; supported: llama, qwen2, qwen3");
        }
        for (String name : file.names()) {
            String translated = translate(name);
            if (translated != null) {
                names.put(translated, name);
            }
        }
    }

    GgufFile file() {
        return file;
    }

    private static String translate(String name) {
        if (TOP.containsKey(name)) {
            return TOP.get(name);
        }
        String[] parts = name.split("\\.", -1);
        if (parts.length == 4 && parts[0].equals("blk") && IN_LAYER.containsKey(parts[2])) {
            return "model.layers." + parts[1] + "." + IN_LAYER.get(parts[2]) + "." + parts[3];
        }
        return null;
    }

    /** A config.json with the values of the metadata. */
    ObjectNode config() throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        String type = architecture;
        json.putArray("architectures")
                .add(
                        switch (type) {
                            case "qwen2" -> "Qwen2ForCausalLM";
                            case "qwen3" -> "Qwen3ForCausalLM";
                            default -> "LlamaForCausalLM";
                        });
        json.put("model_type", type);
        int hidden = number("embedding_length");
        int heads = number("attention.head_count");
        int headDim =
                file.optionalUint32(architecture + ".attention.key_length").orElse(hidden / Math.max(1, heads));
        json.put("hidden_size", hidden);
        json.put("intermediate_size", number("feed_forward_length"));
        json.put("num_hidden_layers", number("block_count"));
        json.put("num_attention_heads", heads);
        json.put(
                "num_key_value_heads",
                file.optionalUint32(architecture + ".attention.head_count_kv").orElse(heads));
        json.put("head_dim", headDim);
        json.put("hidden_act", "silu");
        json.put("max_position_embeddings", number("context_length"));
        json.put("rms_norm_eps", shortest(file.float32(architecture + ".attention.layer_norm_rms_epsilon")));
        double theta =
                shortest(file.optionalFloat32(architecture + ".rope.freq_base").orElse(10_000f));
        rope(json, theta, headDim);
        long[] embedding = file.shape("token_embd.weight");
        json.put("vocab_size", embedding.length == 2 ? embedding[0] : -1);
        json.put("tie_word_embeddings", !names.containsKey("lm_head.weight"));
        json.put("attention_bias", names.containsKey("model.layers.0.self_attn.q_proj.bias") && type.equals("llama"));
        json.put("mlp_bias", names.containsKey("model.layers.0.mlp.up_proj.bias"));
        json.put("initializer_range", 0.02);
        json.put("use_cache", true);
        id("bos_token_id").ifPresent(id -> json.put("bos_token_id", id));
        id("eos_token_id").ifPresent(id -> json.put("eos_token_id", id));
        id("padding_token_id").ifPresent(id -> json.put("pad_token_id", id));
        json.put("dtype", "float32");
        return json;
    }

    private void rope(ObjectNode json, double theta, int headDim) throws IOException {
        // Both generations of transformers: version 5 reads rope_parameters, version 4 rope_theta and rope_scaling.
        json.put("rope_theta", theta);
        String scaling =
                file.optionalString(architecture + ".rope.scaling.type").orElse("none");
        ObjectNode parameters = Rows.mapper().createObjectNode();
        if (file.names().contains("rope_freqs.weight")) {
            RopeScaling.Llama3 found = matchingLlama3(theta, headDim);
            parameters.put("rope_type", "llama3");
            parameters.put("factor", found.factor());
            parameters.put("low_freq_factor", found.lowFrequencyFactor());
            parameters.put("high_freq_factor", found.highFrequencyFactor());
            parameters.put("original_max_position_embeddings", found.originalMaxPositions());
        } else if (scaling.equals("linear")) {
            parameters.put("rope_type", "linear");
            parameters.put("factor", shortest(file.float32(architecture + ".rope.scaling.factor")));
        } else if (scaling.equals("none")) {
            parameters.put("rope_type", "default");
        } else {
            throw new ModelFileException(
                    file.path(),
                    "rope scaling '" + scaling + "' is not supported; supported:"
                            + " none, linear, and LLaMA 3's rope_freqs");
        }
        if (!parameters.path("rope_type").asText().equals("default")) {
            json.set("rope_scaling", parameters.deepCopy());
        }
        parameters.put("rope_theta", theta);
        json.set("rope_parameters", parameters);
    }

    /**
     * LLaMA 3's settings behind the factors in the file, which keeps the factors and not the settings. The low and high
     * factors are 1 and 4, as in every published model.
     */
    private RopeScaling.Llama3 matchingLlama3(double theta, int headDim) throws IOException {
        float[] factors = new float[headDim / 2];
        long[] shape = file.shape("rope_freqs.weight");
        if (shape.length == 1 && shape[0] == factors.length) {
            file.readFloats("rope_freqs.weight", FloatBuffer.wrap(factors));
            float[] plain = new RopeScaling.None().inverseFrequencies(theta, headDim);
            double largest = 1;
            for (float factor : factors) {
                largest = Math.max(largest, factor);
            }
            for (long original : originalPositions(plain, factors, largest)) {
                if (original < 1 || original > Integer.MAX_VALUE) {
                    continue;
                }
                double factor = Double.parseDouble(Float.toString((float) largest));
                RopeScaling.Llama3 candidate = new RopeScaling.Llama3(factor, 1, 4, (int) original);
                float[] scaled = candidate.inverseFrequencies(theta, headDim);
                boolean equal = true;
                for (int i = 0; i < factors.length; i++) {
                    equal &= Math.abs(plain[i] / scaled[i] - factors[i]) <= 1e-3 * factors[i];
                }
                if (equal) {
                    return candidate;
                }
            }
        }
        throw ModelFileException.tensor(
                file.path(), "rope_freqs.weight", "its factors are not those of LLaMA 3's rule, the one supported");
    }

    /** What the original context may have been: solved from frequencies between low and high, else powers of two. */
    private static List<Long> originalPositions(float[] plain, float[] factors, double largest) {
        List<Long> candidates = new ArrayList<>();
        for (int i = 0; i < factors.length; i++) {
            if (factors[i] > 1.0001 && factors[i] < largest * 0.9999) {
                double smooth = (1 / factors[i] - 1 / largest) / (1 - 1 / largest);
                candidates.add(Math.round((3 * smooth + 1) * 2 * Math.PI / plain[i]));
            }
        }
        for (int power = 4; power < 31; power++) {
            candidates.add(1L << power);
        }
        return candidates;
    }

    private int number(String key) throws IOException {
        return file.uint32(architecture + "." + key);
    }

    private OptionalInt id(String key) throws IOException {
        return file.optionalUint32("tokenizer.ggml." + key);
    }

    /** The float32's shortest decimal, so that 1e-5 stays 1e-5. */
    private static double shortest(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public Set<String> names() {
        return names.keySet();
    }

    private String stored(String name) throws ModelFileException {
        String stored = names.get(name);
        if (stored == null) {
            throw new ModelFileException(path(), "tensor " + name + ": not in the file");
        }
        return stored;
    }

    @Override
    public long[] shape(String name) throws ModelFileException {
        return file.shape(stored(name));
    }

    @Override
    public WeightDtype dtype(String name) throws ModelFileException {
        return file.dtype(stored(name));
    }

    @Override
    public void readFloats(String name, FloatBuffer target) throws IOException {
        boolean queries = name.contains(".q_proj.");
        boolean keys = name.contains(".k_proj.");
        if (!architecture.equals("llama") || !(queries || keys)) {
            file.readFloats(stored(name), target);
            return;
        }
        int allHeads = number("attention.head_count");
        int heads = queries
                ? allHeads
                : file.optionalUint32(architecture + ".attention.head_count_kv").orElse(allHeads);
        long[] shape = shape(name);
        int rows = Math.toIntExact(shape[0]);
        int columns = shape.length == 2 ? Math.toIntExact(shape[1]) : 1;
        if (heads < 1 || rows % (2 * heads) != 0) {
            throw new ModelFileException(
                    path(), "tensor " + name + ": " + rows + " rows do not fit " + heads + " heads");
        }
        float[] values = new float[Math.multiplyExact(rows, columns)];
        file.readFloats(stored(name), FloatBuffer.wrap(values));
        int half = rows / heads / 2;
        // llama.cpp stores a head's rows as pairs (i, i + half); Hugging Face keeps the halves apart.
        for (int head = 0; head < heads; head++) {
            for (int part = 0; part < 2; part++) {
                for (int i = 0; i < half; i++) {
                    target.put(values, ((head * half + i) * 2 + part) * columns, columns);
                }
            }
        }
    }

    @Override
    public ByteBuffer readRaw(String name) throws IOException {
        long count = WeightPlan.count(shape(name));
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(count * 4)).order(ByteOrder.LITTLE_ENDIAN);
        readFloats(name, bytes.asFloatBuffer());
        return bytes;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
