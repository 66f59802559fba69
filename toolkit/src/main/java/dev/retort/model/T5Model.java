package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.retort.op.Autograd;
import dev.retort.op.Ops;
import java.util.Arrays;
import java.util.List;

/**
 * T5: an encoder and a decoder with relative positions (Raffel et al. 2020), v1.0 with ReLU or v1.1 with gated GELU (Shazeer
 * 2020). Attention scores are not scaled by the head width.
 */
public final class T5Model implements Seq2SeqLm {

    /** Added to the scores of positions that must not be seen. */
    private static final float HIDDEN_SCORE = -1e30f;

    private final T5Config config;
    private final Weights weights;
    private final double dropout;

    T5Model(T5Config config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.dropout = config.json().path("dropout_rate").asDouble(0.1);
        for (boolean decoder : new boolean[] {false, true}) {
            for (int block = 0; block < blocks(decoder); block++) {
                for (String kind : decoder ? List.of("SelfAttention", "EncDecAttention") : List.of("SelfAttention")) {
                    for (String part : List.of("q", "k", "v", "o")) {
                        weights.declareLinear(attentionName(decoder, block, kind) + "." + part);
                    }
                }
                for (String part : feedForwardParts(config)) {
                    weights.declareLinear(feedForwardName(decoder, block) + "." + part);
                }
            }
        }
    }

    /** The weights a folder must hold, with their shapes. */
    static WeightPlan plan(T5Config c) {
        WeightPlan plan = new WeightPlan();
        int inner = c.heads() * c.headDim();
        plan.matrix("shared.weight", c.vocabularySize(), c.hiddenSize());
        for (boolean decoder : new boolean[] {false, true}) {
            for (int block = 0; block < (decoder ? c.decoderLayers() : c.layers()); block++) {
                for (String kind : decoder ? List.of("SelfAttention", "EncDecAttention") : List.of("SelfAttention")) {
                    String attention = attentionName(decoder, block, kind);
                    plan.linear(attention + ".q", inner, c.hiddenSize(), false);
                    plan.linear(attention + ".k", inner, c.hiddenSize(), false);
                    plan.linear(attention + ".v", inner, c.hiddenSize(), false);
                    plan.linear(attention + ".o", c.hiddenSize(), inner, false);
                    if (block == 0 && kind.equals("SelfAttention")) {
                        plan.matrix(attention + ".relative_attention_bias.weight", c.relativeBuckets(), c.heads());
                    }
                    plan.ones(normName(decoder, block, kind.equals("SelfAttention") ? 0 : 1), c.hiddenSize());
                }
                String forward = feedForwardName(decoder, block);
                for (String part : feedForwardParts(c)) {
                    boolean out = part.equals("wo");
                    plan.linear(
                            forward + "." + part,
                            out ? c.hiddenSize() : c.innerSize(),
                            out ? c.innerSize() : c.hiddenSize(),
                            false);
                }
                plan.ones(normName(decoder, block, decoder ? 2 : 1), c.hiddenSize());
            }
            plan.ones(stack(decoder) + ".final_layer_norm.weight", c.hiddenSize());
        }
        plan.optionalMatrix("lm_head.weight", c.vocabularySize(), c.hiddenSize(), !c.tiedHead());
        return plan;
    }

    private static List<String> feedForwardParts(T5Config config) {
        return config.gated() ? List.of("wi_0", "wi_1", "wo") : List.of("wi", "wo");
    }

    private static String stack(boolean decoder) {
        return decoder ? "decoder" : "encoder";
    }

    private static String attentionName(boolean decoder, int block, String kind) {
        return stack(decoder) + ".block." + block + ".layer." + (kind.equals("SelfAttention") ? 0 : 1) + "." + kind;
    }

    private static String feedForwardName(boolean decoder, int block) {
        return stack(decoder) + ".block." + block + ".layer." + (decoder ? 2 : 1) + ".DenseReluDense";
    }

    private static String normName(boolean decoder, int block, int layer) {
        return stack(decoder) + ".block." + block + ".layer." + layer + ".layer_norm.weight";
    }

    private int blocks(boolean decoder) {
        return decoder ? config.decoderLayers() : config.layers();
    }

    @Override
    public T5Config config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public int decoderStartTokenId() {
        return config.decoderStartTokenId();
    }

    @Override
    public NDArray head() {
        return weights.get(weights.has("lm_head.weight") ? "lm_head.weight" : "shared.weight");
    }

    @Override
    public NDArray encode(NDArray ids, NDArray mask) {
        int length = Math.toIntExact(ids.getShape().get(1));
        NDArray bias = positionBias(false, ids.getManager(), 0, length, length).add(maskBias(mask)); // [B, H, S, S]
        NDArray x = drop(Ops.embedding(ids, weights.get("shared.weight")));
        for (int block = 0; block < config.layers(); block++) {
            String name = attentionName(false, block, "SelfAttention");
            NDArray h = norm(x, normName(false, block, 0));
            NDArray context = Ops.biasedAttention(
                    heads(name + ".q", h), heads(name + ".k", h), heads(name + ".v", h), bias, attentionDropout());
            x = x.add(drop(weights.linear(name + ".o", Ops.mergeHeads(context))));
            x = feedForward(false, block, x);
        }
        return drop(norm(x, "encoder.final_layer_norm.weight"));
    }

    @Override
    public NDArray decode(NDArray decoderIds, NDArray encoded, NDArray mask) {
        NDManager scratch = decoderIds.getManager();
        int length = Math.toIntExact(decoderIds.getShape().get(1));
        NDArray bias = positionBias(true, scratch, 0, length, length).add(causalBias(scratch, length));
        return decode(decoderIds, bias, encoded, maskBias(mask), null);
    }

    /** The decoder over ids [B, T]; with a state, keys and values are kept there and cross-attention's are made once. */
    private NDArray decode(
            NDArray decoderIds, NDArray selfBias, NDArray encoded, NDArray crossBias, DecodeState state) {
        NDArray x = drop(Ops.embedding(decoderIds, weights.get("shared.weight"))); // [B, T, D]
        for (int block = 0; block < config.decoderLayers(); block++) {
            String name = attentionName(true, block, "SelfAttention");
            NDArray h = norm(x, normName(true, block, 0));
            NDArray k = heads(name + ".k", h);
            NDArray v = heads(name + ".v", h);
            if (state != null) {
                k = state.appendKeys(block, k);
                v = state.appendValues(block, v);
            }
            NDArray context = Ops.biasedAttention(heads(name + ".q", h), k, v, selfBias, attentionDropout());
            x = x.add(drop(weights.linear(name + ".o", Ops.mergeHeads(context))));

            String cross = attentionName(true, block, "EncDecAttention");
            h = norm(x, normName(true, block, 1));
            NDArray crossKeys;
            NDArray crossValues;
            if (state != null && state.crossKeys(block) != null) {
                crossKeys = state.crossKeys(block);
                crossValues = state.crossValues(block);
            } else {
                crossKeys = heads(cross + ".k", encoded);
                crossValues = heads(cross + ".v", encoded);
                if (state != null) {
                    state.setCross(block, crossKeys, crossValues);
                }
            }
            context =
                    Ops.biasedAttention(heads(cross + ".q", h), crossKeys, crossValues, crossBias, attentionDropout());
            x = x.add(drop(weights.linear(cross + ".o", Ops.mergeHeads(context))));
            x = feedForward(true, block, x);
        }
        x = drop(norm(x, "decoder.final_layer_norm.weight"));
        return config.scaleDecoderOutput() ? x.mul((float) (1 / Math.sqrt(config.hiddenSize()))) : x;
    }

    private NDArray feedForward(boolean decoder, int block, NDArray x) {
        String name = feedForwardName(decoder, block);
        NDArray h = norm(x, normName(decoder, block, decoder ? 2 : 1));
        NDArray inner = config.gated()
                ? Ops.geluTanh(weights.linear(name + ".wi_0", h)).mul(weights.linear(name + ".wi_1", h))
                : Ops.relu(weights.linear(name + ".wi", h));
        return x.add(drop(weights.linear(name + ".wo", drop(inner))));
    }

    private NDArray heads(String module, NDArray x) {
        return Ops.splitHeads(weights.linear(module, x), config.heads()); // [B, H, S, d]
    }

    private NDArray norm(NDArray x, String weight) {
        return Ops.rmsNorm(x, weights.get(weight), config.normEpsilon());
    }

    private double attentionDropout() {
        return weights.isTraining() && Autograd.isRecording() ? dropout : 0;
    }

    private NDArray drop(NDArray x) {
        return Ops.dropout(x, attentionDropout());
    }

    /** [1, H, T, S]: the learned bias of each query position from {@code first} on towards each key position. */
    private NDArray positionBias(boolean decoder, NDManager scratch, int first, int queries, int keys) {
        long[] buckets = new long[queries * keys];
        for (int query = 0; query < queries; query++) {
            for (int key = 0; key < keys; key++) {
                buckets[query * keys + key] = bucket(key - (first + query), !decoder);
            }
        }
        NDArray table = weights.get(attentionName(decoder, 0, "SelfAttention") + ".relative_attention_bias.weight");
        return Ops.embedding(scratch.create(buckets, new Shape(queries, keys)), table)
                .transpose(2, 0, 1)
                .expandDims(0);
    }

    /** The bucket of a distance (key minus query): exact when near, logarithmic when far. */
    private int bucket(int distance, boolean bothWays) {
        int buckets = config.relativeBuckets();
        int base = 0;
        int n = -distance;
        if (bothWays) {
            buckets /= 2;
            base = distance > 0 ? buckets : 0;
            n = Math.abs(distance);
        } else {
            n = Math.max(n, 0);
        }
        int exact = buckets / 2;
        if (n < exact) {
            return base + n;
        }
        // In float32 as in transformers, or a distance at a boundary falls into the neighbouring bucket.
        float ratio =
                (float) Math.log((float) n / exact) / (float) Math.log((double) config.relativeMaxDistance() / exact);
        int far = exact + (int) (ratio * (buckets - exact));
        return base + Math.min(far, buckets - 1);
    }

    /** [1, 1, T, T]: what keeps a query from later keys. */
    private static NDArray causalBias(NDManager scratch, int length) {
        float[] bias = new float[length * length];
        for (int query = 0; query < length; query++) {
            Arrays.fill(bias, query * length + query + 1, (query + 1) * length, HIDDEN_SCORE);
        }
        return scratch.create(bias, new Shape(1, 1, length, length));
    }

    /** [B, 1, 1, S] from a mask [B, S]. */
    private static NDArray maskBias(NDArray mask) {
        return mask.toType(DataType.FLOAT32, false)
                .sub(1f)
                .mul(-HIDDEN_SCORE)
                .reshape(mask.getShape().get(0), 1, 1, mask.getShape().get(1));
    }

    @Override
    public DecodeState start(List<int[]> prompts, NDManager manager) {
        int[] ones = new int[prompts.size()];
        Arrays.fill(ones, 1);
        DecodeState state = new DecodeState(manager, config.decoderLayers(), config.decoderLayers(), ones);
        try (NDManager scratch = manager.newSubManager()) {
            NDArray ids = DecodeState.rectangle(prompts, scratch);
            long width = ids.getShape().get(1);
            long[] mask = new long[Math.toIntExact(prompts.size() * width)];
            for (int row = 0; row < prompts.size(); row++) {
                int from = Math.toIntExact(row * width);
                Arrays.fill(mask, from, from + prompts.get(row).length, 1);
            }
            NDArray maskArray = scratch.create(mask, ids.getShape());
            NDArray encoded = encode(ids, maskArray);
            state.setCrossBias(maskBias(maskArray));
            int[] starts = new int[prompts.size()];
            Arrays.fill(starts, config.decoderStartTokenId());
            step(state, starts, encoded, scratch);
        }
        return state;
    }

    @Override
    public void advance(DecodeState state, int[] tokens) {
        try (NDManager scratch = state.manager().newSubManager()) {
            step(state, tokens, null, scratch);
        }
    }

    private void step(DecodeState state, int[] tokens, NDArray encoded, NDManager scratch) {
        long[] ids = Arrays.stream(tokens).asLongStream().toArray();
        NDArray bias = positionBias(true, scratch, state.filled(), 1, state.filled() + 1);
        NDArray hidden = decode(scratch.create(ids, new Shape(ids.length, 1)), bias, encoded, state.crossBias(), state);
        NDArray rows = hidden.squeeze(1);
        rows.attach(state.manager());
        state.setHidden(rows);
        state.setFilled(state.filled() + 1);
    }
}
