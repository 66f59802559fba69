package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import dev.retort.op.LlamaLayer;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Forward and backward passes of a plain LLaMA in closed form, layer by layer.
 *
 * <p>Three things make it cheaper than autograd over the same operators. Rows are packed, so that padding costs nothing outside
 * attention, and neither does what rows begin with alike, but once. Adapters are merged into their weights once a step (x (W + s B A)^T = x W^T + s (x A^T) B^T), so that passes
 * through them cost no more than the frozen product. And a layer is one call each way, which keeps what the way back needs.
 */
final class LlamaPasses implements GradientPasses {

    private static final String LAST_NORM = "model.norm.weight";

    private final LlamaModel model;
    private final Weights weights;
    private final double epsilon;
    private final List<NDArray[]> layers;
    private final NDArray head;
    private final IdentityHashMap<NDArray, NDArray> gradients = new IdentityHashMap<>();
    private LlamaLayer.Pack pack;
    private NDArray ids; // [N]
    private NDArray labelPlaces; // [L]
    private NDArray beforeNorm; // [L, D]
    private List<Integer> wanted = List.of(); // layers from 1
    private final List<LlamaLayer.Kept> kept = new ArrayList<>();
    private BooleanSupplier stop = () -> false;

    LlamaPasses(LlamaModel model) {
        this.model = model;
        this.weights = model.weights();
        this.epsilon = model.config().normEpsilon();
        this.layers = model.wholeLayers();
        this.head = model.productHead();
    }

    /** Whether a model is of the kind whose gradient is written out here. */
    static boolean support(LlamaModel model) {
        Weights weights = model.weights();
        return model.isPackable()
                && (weights.loraConfig() == null || weights.loraConfig().loraDropout() == 0);
    }

    @Override
    public NDList labelStates(TokenBatch batch, List<Integer> wantedLayers) {
        wanted = wantedLayers;
        read(batch);
        NDArray x = Ops.embedding(ids, weights.get(LlamaModel.EMBEDDING)); // [N, D]
        kept.clear();
        for (int layer = 0; layer < layers.size(); layer++) {
            goOn();
            NDArray needed = layer == layers.size() - 1 ? labelPlaces : null;
            LlamaLayer.Kept results = LlamaLayer.forward(x, layers.get(layer), pack, epsilon, needed);
            kept.add(results);
            x = results.out();
        }
        beforeNorm = x;
        NDList states = new NDList(Ops.rmsNorm(beforeNorm, weights.get(LAST_NORM), epsilon));
        for (int layer : wanted) {
            boolean isLast = layer == layers.size();
            states.add(
                    isLast ? states.get(0) : Ops.selectRows(kept.get(layer - 1).out(), labelPlaces));
        }
        return states;
    }

    @Override
    public void stopWhen(BooleanSupplier newStop) {
        stop = newStop;
    }

    private void goOn() {
        if (stop.getAsBoolean()) {
            throw new CancellationException("the pass was given up");
        }
    }

    /** Lays the batch's rows behind one another; what they begin with alike is there once. */
    private void read(TokenBatch batch) {
        PackedRows packed = PackedRows.of(batch, model);
        ids = packed.ids();
        pack = packed.pack();
        labelPlaces = batch.manager().create(packed.labelPlaces(batch));
    }

    @Override
    public NDArray head() {
        return head;
    }

    @Override
    public void backward(NDList ofStates) {
        NDArray gradient = ofStates.get(0);
        for (int i = 0; i < wanted.size(); i++) {
            gradient = wanted.get(i) == layers.size() ? gradient.add(ofStates.get(i + 1)) : gradient;
        }
        addNorm(LAST_NORM, gradient, beforeNorm);
        NDArray dx = Ops.rmsNormGradient(gradient, beforeNorm, weights.get(LAST_NORM), epsilon); // [L, D]
        for (int layer = layers.size() - 1; layer >= 0; layer--) {
            goOn();
            addStates(layer + 1, ofStates, dx);
            LlamaLayer.Kept forward = kept.get(layer);
            LlamaLayer.Gradients g = LlamaLayer.backward(dx, forward, layers.get(layer), pack, epsilon);
            addLinear(LlamaModel.name(layer, "mlp.down_proj"), forward.inner(), dx);
            addLinear(LlamaModel.name(layer, "mlp.up_proj"), forward.normedAgain(), g.dup());
            addLinear(LlamaModel.name(layer, "mlp.gate_proj"), forward.normedAgain(), g.dgate());
            addNorm(LlamaModel.name(layer, "post_attention_layernorm.weight"), g.dnormedAgain(), forward.y());
            addLinear(LlamaModel.name(layer, "self_attn.o_proj"), forward.context(), g.dy());
            addLinear(LlamaModel.name(layer, "self_attn.v_proj"), forward.normed(), g.dv());
            addLinear(LlamaModel.name(layer, "self_attn.k_proj"), forward.normed(), g.dk());
            addLinear(LlamaModel.name(layer, "self_attn.q_proj"), forward.normed(), g.dq());
            addNorm(LlamaModel.name(layer, "input_layernorm.weight"), g.dnormed(), forward.x());
            dx.close();
            dx = g.dx();
            g.closeRest();
            forward.close();
        }
        if (weights.get(LlamaModel.EMBEDDING).hasGradient()) {
            Ops.addRows(gradient(weights.get(LlamaModel.EMBEDDING)), ids, dx);
        }
    }

    /** Adds the gradients of a layer's own states to that of its result; the last layer's went through the norm. */
    private void addStates(int layer, NDList ofStates, NDArray dx) {
        for (int i = 0; i < wanted.size(); i++) {
            if (layer == wanted.get(i) && layer < layers.size()) {
                Ops.addRows(dx, labelPlaces, ofStates.get(i + 1));
            }
        }
    }

    private void addLinear(String module, NDArray input, NDArray gradient) {
        Weights.Adapter adapter = weights.adapter(module);
        NDArray weight = weights.get(module + ".weight");
        if (adapter != null) {
            NDArray a = gradient(adapter.a());
            NDArray b = gradient(adapter.b());
            Ops.addLoraGradient(a, b, gradient, input, adapter.a(), adapter.b(), adapter.scale());
        } else if (weight.hasGradient()) {
            Ops.addLinearGradient(gradient(weight), gradient, input);
        }
    }

    private void addNorm(String name, NDArray gradient, NDArray x) {
        NDArray weight = weights.get(name);
        if (weight.hasGradient()) {
            Ops.addNormGradient(gradient(weight), gradient, x, epsilon);
        }
    }

    private NDArray gradient(NDArray weight) {
        return gradients.computeIfAbsent(weight, NDArray::getGradient);
    }

    @Override
    public void close() {
        gradients.values().forEach(NDArray::close);
    }
}
