package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.retort.op.Ops;
import java.util.List;

/** GPT-2: pre-norm decoder layers with learned positions (Radford et al. 2019). */
public final class Gpt2Model implements CausalLm {

    private final Gpt2Config config;
    private final Weights weights;

    Gpt2Model(Gpt2Config config, Weights weights) {
        this.config = config;
        this.weights = weights;
        for (int layer = 0; layer < config.layers(); layer++) {
            for (String module : List.of("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")) {
                weights.declareLinear(name(layer, module));
            }
        }
    }

    /** The weights a folder must hold, with their shapes; linear weights are [I, O]. */
    static WeightPlan plan(Gpt2Config c) {
        WeightPlan plan = new WeightPlan();
        int d = c.hiddenSize();
        plan.matrix("transformer.wte.weight", c.vocabularySize(), d);
        plan.matrix("transformer.wpe.weight", c.maxPositions(), d);
        for (int layer = 0; layer < c.layers(); layer++) {
            plan.layerNorm(name(layer, "ln_1"), d);
            plan.linearTransposed(name(layer, "attn.c_attn"), d, 3L * d);
            plan.linearTransposed(name(layer, "attn.c_proj"), d, d);
            plan.layerNorm(name(layer, "ln_2"), d);
            plan.linearTransposed(name(layer, "mlp.c_fc"), d, c.innerSize());
            plan.linearTransposed(name(layer, "mlp.c_proj"), c.innerSize(), d);
        }
        plan.layerNorm("transformer.ln_f", d);
        if (!c.tiedHead()) {
            plan.matrix("lm_head.weight", c.vocabularySize(), d);
        }
        // The original files name the weights without the leading "transformer.".
        plan.optionalPrefix("transformer.");
        return plan;
    }

    private static String name(int layer, String module) {
        return "transformer.h." + layer + "." + module;
    }

    @Override
    public Gpt2Config config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public int layers() {
        return config.layers();
    }

    @Override
    public NDArray head() {
        return weights.get(config.tiedHead() ? "transformer.wte.weight" : "lm_head.weight");
    }

    @Override
    public NDArray hidden(NDArray ids) {
        return forward(ids, null);
    }

    @Override
    public NDList hiddenStates(NDArray ids) {
        NDList states = new NDList();
        NDArray last = forward(ids, null, states);
        states.set(states.size() - 1, last);
        return states;
    }

    private NDArray forward(NDArray ids, DecodeState state) {
        return forward(ids, state, new NDList());
    }

    /** @param states takes the result of each layer */
    private NDArray forward(NDArray ids, DecodeState state, NDList states) {
        NDManager scratch = ids.getManager();
        boolean decoding = state != null && state.filled() > 0;
        long length = ids.getShape().get(1);
        NDArray mask = decoding ? state.mask(scratch, 0) : null;
        NDArray x = Ops.embedding(ids, weights.get("transformer.wte.weight")) // [B, S, D]
                .add(Ops.embedding(positions(state, length, scratch), weights.get("transformer.wpe.weight")));
        for (int layer = 0; layer < config.layers(); layer++) {
            x = x.add(attention(layer, norm(x, name(layer, "ln_1")), mask, state));
            NDArray inner = weights.conv1d(name(layer, "mlp.c_fc"), norm(x, name(layer, "ln_2")));
            inner = config.tanhGelu() ? Ops.geluTanh(inner) : Ops.gelu(inner);
            x = x.add(weights.conv1d(name(layer, "mlp.c_proj"), inner));
            states.add(x);
        }
        return norm(x, "transformer.ln_f");
    }

    /** [1, S] for a whole sequence, [B, 1] for each row's next position. */
    private NDArray positions(DecodeState state, long length, NDManager scratch) {
        if (state == null || state.filled() == 0) {
            checkPosition(length - 1);
            long[] positions = new long[Math.toIntExact(length)];
            for (int i = 0; i < positions.length; i++) {
                positions[i] = i;
            }
            return scratch.create(positions).expandDims(0);
        }
        long[] positions = new long[state.rows()];
        for (int row = 0; row < positions.length; row++) {
            positions[row] = state.position(row);
            checkPosition(positions[row]);
        }
        return scratch.create(positions).expandDims(1);
    }

    private void checkPosition(long position) {
        if (position >= config.maxPositions()) {
            throw new IllegalArgumentException(
                    "position " + position + " lies beyond the model's " + config.maxPositions() + " positions");
        }
    }

    private NDArray attention(int layer, NDArray x, NDArray mask, DecodeState state) {
        NDArray qkv = weights.conv1d(name(layer, "attn.c_attn"), x); // [B, S, 3 D]
        int d = config.hiddenSize();
        NDArray q = Ops.splitHeads(qkv.get(":,:,0:" + d), config.heads()); // [B, H, S, d]
        NDArray k = Ops.splitHeads(qkv.get(":,:," + d + ":" + 2 * d), config.heads());
        NDArray v = Ops.splitHeads(qkv.get(":,:," + 2 * d + ":" + 3 * d), config.heads());
        NDArray context;
        if (state == null) {
            context = Ops.causalAttention(q, k, v);
        } else {
            boolean decoding = state.filled() > 0;
            NDArray keys = state.appendKeys(layer, k);
            NDArray values = state.appendValues(layer, v);
            context = decoding ? Ops.decodeAttention(q, keys, values, mask) : Ops.causalAttention(q, k, v);
        }
        return weights.conv1d(name(layer, "attn.c_proj"), Ops.mergeHeads(context));
    }

    private NDArray norm(NDArray x, String module) {
        return Ops.layerNorm(x, weights.get(module + ".weight"), weights.get(module + ".bias"), config.normEpsilon());
    }

    @Override
    public DecodeState start(List<int[]> prompts, NDManager manager) {
        return CausalDecoding.start(this, config.layers(), prompts, manager, CausalDecoding.padded(this::forward));
    }

    @Override
    public void advance(DecodeState state, int[] tokens) {
        CausalDecoding.advance(state, tokens, this::forward);
    }
}
