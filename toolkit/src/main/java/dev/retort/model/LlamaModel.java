package dev.retort.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.retort.batch.TokenBatch;
import dev.retort.data.Precision;
import dev.retort.op.Autograd;
import dev.retort.op.LlamaLayer;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.ObjIntConsumer;

/**
 * The LLaMA family: pre-norm decoder layers with rotary positions, grouped-query attention and a gated feed-forward layer
 * (Touvron et al. 2023; Qwen2 adds biases to q, k and v, Qwen3 a norm on queries and keys).
 */
public final class LlamaModel implements CausalLm {

    static final String EMBEDDING = "model.embed_tokens.weight";

    /** What a layer called as a whole is given, in its order. */
    private static final List<String> FUSED = List.of(
            "input_layernorm",
            "self_attn.q_proj",
            "self_attn.k_proj",
            "self_attn.v_proj",
            "self_attn.o_proj",
            "post_attention_layernorm",
            "mlp.gate_proj",
            "mlp.up_proj",
            "mlp.down_proj");

    /** What a layer is given for a single row, or by 8-bit integers: weights of one list lie below one another. */
    private static final List<List<String>> ROW = List.of(
            List.of("input_layernorm"),
            List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            List.of("self_attn.o_proj"),
            List.of("post_attention_layernorm"),
            List.of("mlp.gate_proj", "mlp.up_proj"),
            List.of("mlp.down_proj"));

    private final LlamaConfig config;
    private final Weights weights;
    private Precision precision = Precision.FLOAT32;
    private NDArray cosines; // [P, d]
    private NDArray sines; // [P, d]

    LlamaModel(LlamaConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
        for (int layer = 0; layer < config.layers(); layer++) {
            for (String module : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
                weights.declareLinear(name(layer, "self_attn." + module));
            }
            for (String module : List.of("gate_proj", "up_proj", "down_proj")) {
                weights.declareLinear(name(layer, "mlp." + module));
            }
        }
    }

    /** The weights a folder must hold, with their shapes. */
    static WeightPlan plan(LlamaConfig c) {
        WeightPlan plan = new WeightPlan();
        int queries = c.heads() * c.headDim();
        int keys = c.keyValueHeads() * c.headDim();
        boolean qkvBias =
                c.json().path("attention_bias").asBoolean(c.modelType().equals("qwen2"));
        boolean outBias = c.json().path("attention_bias").asBoolean(false);
        boolean mlpBias = c.json().path("mlp_bias").asBoolean(false);
        plan.matrix(EMBEDDING, c.vocabularySize(), c.hiddenSize());
        for (int layer = 0; layer < c.layers(); layer++) {
            plan.ones(name(layer, "input_layernorm.weight"), c.hiddenSize());
            plan.linear(name(layer, "self_attn.q_proj"), queries, c.hiddenSize(), qkvBias);
            plan.linear(name(layer, "self_attn.k_proj"), keys, c.hiddenSize(), qkvBias);
            plan.linear(name(layer, "self_attn.v_proj"), keys, c.hiddenSize(), qkvBias);
            plan.linear(name(layer, "self_attn.o_proj"), c.hiddenSize(), queries, outBias);
            if (c.queryKeyNorm()) {
                plan.ones(name(layer, "self_attn.q_norm.weight"), c.headDim());
                plan.ones(name(layer, "self_attn.k_norm.weight"), c.headDim());
            }
            plan.ones(name(layer, "post_attention_layernorm.weight"), c.hiddenSize());
            plan.linear(name(layer, "mlp.gate_proj"), c.innerSize(), c.hiddenSize(), mlpBias);
            plan.linear(name(layer, "mlp.up_proj"), c.innerSize(), c.hiddenSize(), mlpBias);
            plan.linear(name(layer, "mlp.down_proj"), c.hiddenSize(), c.innerSize(), mlpBias);
        }
        plan.ones("model.norm.weight", c.hiddenSize());
        if (!c.tiedHead()) {
            plan.matrix("lm_head.weight", c.vocabularySize(), c.hiddenSize());
        }
        return plan;
    }

    static String name(int layer, String module) {
        return "model.layers." + layer + "." + module;
    }

    @Override
    public LlamaConfig config() {
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
        return weights.get(headModule() + ".weight");
    }

    /** The head of losses in the numbers of products; a trained one stays float32, for losses add to its gradient. */
    NDArray productHead() {
        NDArray head = head();
        return precision == Precision.FLOAT32 || head.hasGradient() ? head : weights.rounded(headModule());
    }

    @Override
    public NDArray logits(NDArray hidden) {
        if (precision == Precision.INT8 && hidden.getShape().dimension() == 2) {
            NDList head = weights.integers(List.of(headModule()));
            return Ops.linearInt8(hidden, head.get(0), head.get(1));
        }
        boolean isRow = hidden.getShape().dimension() == 2 && hidden.getShape().get(0) == 1;
        return Ops.linear(hidden, isRow && weights.hasColumns() ? weights.columns(List.of(headModule())) : head());
    }

    private String headModule() {
        return config.tiedHead() ? "model.embed_tokens" : "lm_head";
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public void setPrecision(Precision value) {
        if (value != Precision.FLOAT32 && !isPackable()) {
            CausalLm.super.setPrecision(value);
        }
        precision = value;
    }

    @Override
    public GradientPasses gradientPasses() {
        if (precision == Precision.INT8) {
            throw new IllegalStateException("a model whose matrices are 8-bit integers cannot be trained");
        }
        return isPacked() ? new LlamaPasses(this) : new AutogradPasses(this);
    }

    @Override
    public boolean isPacked() {
        return LlamaPasses.support(this);
    }

    @Override
    public NDArray hidden(NDArray ids) {
        return forward(ids, null);
    }

    /** Rows lie behind one another where nothing is recorded and no adapter would have to be merged. */
    @Override
    public NDArray labelHidden(TokenBatch batch) {
        boolean isWhole = isPackable() && weights.loraConfig() == null && precision == Precision.FLOAT32;
        if (!isWhole || Autograd.isRecording()) {
            return CausalLm.super.labelHidden(batch);
        }
        PackedRows packed = PackedRows.of(batch, this);
        NDArray places = batch.manager().create(packed.labelPlaces(batch));
        return norm(read(packed, places, wholeLayers(), null, (read, layer) -> {}), "model.norm");
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

    /** @param states takes the result of each layer that is not fused */
    private NDArray forward(NDArray ids, DecodeState state, NDList states) {
        NDManager scratch = ids.getManager();
        Shape shape = ids.getShape();
        boolean decoding = state != null && state.filled() > 0;
        NDArray[] rotation = decoding ? rotationOfRows(state, scratch) : rotation(shape.get(1), scratch);
        NDArray mask = decoding
                ? state.mask(scratch, config.slidingWindow())
                : SlidingWindow.mask(scratch, shape.get(1), config.slidingWindow());
        NDArray x = Ops.embedding(ids, weights.get(EMBEDDING)); // [B, S, D]
        boolean isFused = decoding && state.wholeLayers() != null;
        if (isFused) {
            rotation = new NDArray[] {
                rotation[0].squeeze(1), rotation[1].squeeze(1).mul(halfSigns(scratch))
            };
        }
        for (int layer = 0; layer < config.layers(); layer++) {
            if (isFused) {
                x = fusedLayer(layer, x, rotation, mask, state);
                continue;
            }
            x = x.add(attention(layer, norm(x, name(layer, "input_layernorm")), rotation, mask, state));
            x = x.add(feedForward(layer, norm(x, name(layer, "post_attention_layernorm"))));
            states.add(x);
        }
        return norm(x, "model.norm");
    }

    /** Whether layers have nothing but matrices and norms, so that a whole layer can be one call. */
    boolean isPlain() {
        return !config.queryKeyNorm()
                && !weights.has(name(0, "self_attn.q_proj.bias"))
                && !weights.has(name(0, "mlp.up_proj.bias"));
    }

    /** Whether whole layers can read rows that lie behind one another. */
    boolean isPackable() {
        return isPlain()
                && config.slidingWindow() == 0
                && weights.manager().getDevice().equals(Device.cpu())
                && weights.get(EMBEDDING).getDataType() == DataType.FLOAT32;
    }

    /** The arrays of layers that are called as a whole, adapters added as they are now; matrices in the numbers of products. */
    List<NDArray[]> wholeLayers() {
        List<NDArray[]> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layers(); layer++) {
            int index = layer;
            layers.add(FUSED.stream()
                    .map(module -> precision == Precision.FLOAT32 || module.endsWith("norm")
                            ? weights.merged(name(index, module))
                            : weights.rounded(name(index, module)))
                    .toArray(NDArray[]::new));
        }
        return layers;
    }

    /** The arrays of layers by 8-bit integers, each matrix with its scales, adapters added as they are now. */
    private List<NDArray[]> integerLayers() {
        List<NDArray[]> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layers(); layer++) {
            NDList arrays = new NDList();
            for (List<String> modules : ROW) {
                List<String> names = names(layer, modules);
                if (modules.get(0).endsWith("norm")) {
                    arrays.add(weights.get(names.get(0) + ".weight"));
                } else {
                    arrays.addAll(weights.integers(names));
                }
            }
            layers.add(arrays.toArray(new NDArray[0]));
        }
        return layers;
    }

    private static List<String> names(int layer, List<String> modules) {
        return modules.stream().map(module -> name(layer, module)).toList();
    }

    /** The arrays of layers for a single row. */
    private List<NDArray[]> rowLayers() {
        List<NDArray[]> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layers(); layer++) {
            int index = layer;
            layers.add(ROW.stream()
                    .map(modules -> {
                        List<String> names = names(index, modules);
                        return modules.get(0).endsWith("norm")
                                ? weights.get(names.get(0) + ".weight")
                                : weights.columns(names);
                    })
                    .toArray(NDArray[]::new));
        }
        return layers;
    }

    private NDArray fusedLayer(int layer, NDArray x, NDArray[] rotation, NDArray mask, DecodeState state) {
        NDArray keys = state.keysWithRoom(layer);
        NDArray values = state.valuesWithRoom(layer);
        if (mask == null && state.isSingle()) {
            if (state.rowLayers() == null) {
                state.setRowLayers(rowLayers());
            }
            return LlamaLayer.decodeRow(
                    x, state.rowLayers().get(layer), rotation, keys, values, state.filled(), config.normEpsilon());
        }
        return LlamaLayer.decode(
                x, state.wholeLayers().get(layer), rotation, keys, values, mask, state.filled(), config.normEpsilon());
    }

    private NDArray attention(int layer, NDArray x, NDArray[] rotation, NDArray mask, DecodeState state) {
        NDArray q = Ops.splitHeads(weights.linear(name(layer, "self_attn.q_proj"), x), config.heads()); // [B, H, S, d]
        NDArray k = Ops.splitHeads(weights.linear(name(layer, "self_attn.k_proj"), x), config.keyValueHeads());
        NDArray v = Ops.splitHeads(weights.linear(name(layer, "self_attn.v_proj"), x), config.keyValueHeads());
        if (config.queryKeyNorm()) {
            q = norm(q, name(layer, "self_attn.q_norm"));
            k = norm(k, name(layer, "self_attn.k_norm"));
        }
        q = Ops.rope(q, rotation[0], rotation[1]);
        k = Ops.rope(k, rotation[0], rotation[1]);
        boolean decoding = state != null && state.filled() > 0;
        NDArray keys = state == null ? k : state.appendKeys(layer, k);
        NDArray values = state == null ? v : state.appendValues(layer, v);
        NDArray context;
        if (decoding) {
            context = Ops.decodeAttention(q, keys, values, mask);
        } else {
            context = mask == null ? Ops.causalAttention(q, k, v) : Ops.maskedAttention(q, k, v, mask);
        }
        return weights.linear(name(layer, "self_attn.o_proj"), Ops.mergeHeads(context));
    }

    private NDArray feedForward(int layer, NDArray x) {
        NDArray gate = weights.linear(name(layer, "mlp.gate_proj"), x); // [B, S, I]
        NDArray up = weights.linear(name(layer, "mlp.up_proj"), x);
        return weights.linear(name(layer, "mlp.down_proj"), Ops.swiglu(gate, up));
    }

    private NDArray norm(NDArray x, String module) {
        return Ops.rmsNorm(x, weights.get(module + ".weight"), config.normEpsilon());
    }

    @Override
    public DecodeState start(List<int[]> prompts, NDManager manager) {
        return CausalDecoding.start(this, config.layers(), prompts, manager, (rows, state, scratch) -> {
            if (isPlain() && !Autograd.isRecording()) {
                // Adapters are merged once for all the tokens to come.
                state.setWholeLayers(precision == Precision.INT8 ? integerLayers() : wholeLayers());
                state.setSingle(rows.size() == 1 && precision == Precision.FLOAT32 && weights.hasColumns());
                if (isPackable()) {
                    return readPacked(rows, state, scratch);
                }
            }
            return CausalDecoding.padded(this::forward).apply(rows, state, scratch);
        });
    }

    /** Reads prompts a piece at a time. */
    private NDArray readPacked(List<int[]> prompts, DecodeState state, NDManager scratch) {
        NDList last = new NDList();
        int from = 0;
        for (int to : PromptPieces.ends(prompts)) {
            try (NDManager ofPiece = scratch.newSubManager()) {
                NDArray hidden = readPiece(prompts.subList(from, to), from, state, ofPiece);
                hidden.attach(scratch);
                last.add(hidden);
            }
            from = to;
        }
        return norm(NDArrays.concat(last), "model.norm");
    }

    /** @return the last layer's result for the last token of each prompt */
    private NDArray readPiece(List<int[]> prompts, int firstRow, DecodeState state, NDManager scratch) {
        int shared = PromptPieces.shared(prompts);
        List<LlamaLayer.Prefix> prefix = shared == 0 ? null : prefix(prompts, shared, state, scratch);
        List<int[]> rests = prompts.stream()
                .map(prompt -> Arrays.copyOfRange(prompt, shared, prompt.length))
                .toList();
        PackedRows packed = PackedRows.rectangle(rests, shared, this, scratch);
        long[] last = Arrays.stream(packed.tokens())
                .mapToLong(tokens -> tokens[tokens.length - 1])
                .toArray();
        return read(packed, scratch.create(last), state.wholeLayers(), prefix, (read, layer) -> {
            if (Thread.currentThread().isInterrupted()) {
                // Many long prompts take minutes.
                throw new CancellationException("the reading of prompts was given up");
            }
            state.setPrompts(layer, firstRow, read.keys(), read.values());
        });
    }

    /** Reads what all prompts begin with. */
    private List<LlamaLayer.Prefix> prefix(List<int[]> prompts, int shared, DecodeState state, NDManager scratch) {
        int width = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow() - shared;
        float[] mask = new float[width * (shared + width)];
        for (int position = 0; position < width; position++) {
            int row = position * (shared + width);
            Arrays.fill(mask, row + shared + position + 1, row + shared + width, Float.NEGATIVE_INFINITY);
        }
        NDArray seen = scratch.create(mask, new Shape(width, shared + width));
        List<LlamaLayer.Prefix> prefix = new ArrayList<>();
        int[] tokens = Arrays.copyOf(prompts.get(0), shared);
        PackedRows packed = PackedRows.rectangle(List.of(tokens), 0, this, scratch);
        NDArray last = scratch.create(new long[] {shared - 1L});
        read(packed, last, state.wholeLayers(), null, (read, layer) -> {
            NDArray keys = read.keys().duplicate();
            NDArray values = read.values().duplicate();
            keys.attach(scratch);
            values.attach(scratch);
            prefix.add(new LlamaLayer.Prefix(keys, values, seen));
        });
        return prefix;
    }

    /**
     * Reads rows that lie behind one another: the last layer's result for the wanted tokens [L, D]. What each layer gives is shown,
     * then freed.
     */
    private NDArray read(
            PackedRows packed,
            NDArray wanted,
            List<NDArray[]> layers,
            List<LlamaLayer.Prefix> prefix,
            ObjIntConsumer<LlamaLayer.Read> show) {
        NDArray x = Ops.embedding(packed.ids(), weights.get(EMBEDDING)); // [N, D]
        for (int layer = 0; layer < config.layers(); layer++) {
            LlamaLayer.Prefix before = prefix == null ? null : prefix.get(layer);
            NDArray needed = layer == config.layers() - 1 ? wanted : null;
            LlamaLayer.Read read =
                    LlamaLayer.read(x, layers.get(layer), packed.pack(), before, config.normEpsilon(), needed);
            show.accept(read, layer);
            read.keys().close();
            read.values().close();
            x.close();
            x = read.out();
        }
        return x;
    }

    @Override
    public void advance(DecodeState state, int[] tokens) {
        CausalDecoding.advance(state, tokens, this::forward);
    }

    /** Cosines and sines [1, 1, S, d] of the first S positions. */
    private NDArray[] rotation(long length, NDManager scratch) {
        NDArray[] tables = tables(length);
        NDArray cos = tables[0].get("0:" + length);
        NDArray sin = tables[1].get("0:" + length);
        cos.attach(scratch);
        sin.attach(scratch);
        return new NDArray[] {cos, sin};
    }

    /** Cosines and sines [B, 1, 1, d] of each row's next position. */
    private NDArray[] rotationOfRows(DecodeState state, NDManager scratch) {
        long[] positions = new long[state.rows()];
        for (int row = 0; row < positions.length; row++) {
            positions[row] = state.position(row);
        }
        return rotationOf(positions, new Shape(positions.length, 1, 1, config.headDim()), scratch);
    }

    /** Cosines and sines of these positions in this shape. */
    NDArray[] rotationOf(long[] positions, Shape shape, NDManager scratch) {
        NDArray[] tables = tables(Arrays.stream(positions).max().orElse(0) + 1);
        NDArray index = scratch.create(positions);
        NDArray cos = Ops.embedding(index, tables[0]).reshape(shape);
        NDArray sin = Ops.embedding(index, tables[1]).reshape(shape);
        return new NDArray[] {cos, sin};
    }

    /** -1 for the first half of a head's width and 1 for the second [d]. */
    private NDArray halfSigns(NDManager scratch) {
        float[] signs = new float[config.headDim()];
        Arrays.fill(signs, 0, signs.length / 2, -1);
        Arrays.fill(signs, signs.length / 2, signs.length, 1);
        return scratch.create(signs);
    }

    /** Cosines and sines of at least so many positions. */
    private synchronized NDArray[] tables(long length) {
        if (cosines != null && cosines.getShape().get(0) >= length) {
            return new NDArray[] {cosines, sines};
        }
        int positions = Math.toIntExact(Math.max(256, Long.highestOneBit(length * 2 - 1)));
        float[] inverse = config.ropeScaling().inverseFrequencies(config.ropeTheta(), config.headDim());
        int d = config.headDim();
        float[] cos = new float[positions * d];
        float[] sin = new float[positions * d];
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < d; i++) {
                float angle = position * inverse[i % (d / 2)];
                cos[position * d + i] = (float) Math.cos(angle);
                sin[position * d + i] = (float) Math.sin(angle);
            }
        }
        // Smaller tables stay with the weights: another thread may be reading them.
        cosines = weights.manager().create(cos, new Shape(positions, d));
        sines = weights.manager().create(sin, new Shape(positions, d));
        return new NDArray[] {cosines, sines};
    }
}
