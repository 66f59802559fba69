package dev.retort.op;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The fused operators that the models, losses and optimisers are written with. Shapes: B rows, S positions, D width, H heads,
 * d head width, V vocabulary. Results belong to the manager of the first argument.
 */
public final class Ops {

    /**
     * x [.., I] by w [O, I]. For few rows the product is made the other way round, w by x transposed: the library then walks once
     * along the weight, which is what there is to read, instead of copying it into blocks first (16 rows: 50 for 82 ms of SmolLM2's
     * products). The result lies transposed in memory. One to three rows and many are quick as they stand; in bfloat16
     * it pays from one row on.
     *
     * <p>The product is made in the weight's number type and given back in that of x.
     */
    static final String LINEAR =
            """
              def linear(self: __torch__.M, x0: Tensor, w: Tensor) -> Tensor:
                x = torch.to(x0, ops.prim.dtype(w))
                rows = torch.floordiv(torch.numel(x), torch.size(w, 1))
                if torch.__and__(torch.__or__(torch.ge(rows, 4), torch.eq(ops.prim.dtype(w), 15)), torch.le(rows, 64)):
                  y = torch.mm(w, torch.t(torch.reshape(x, [rows, torch.size(w, 1)])))
                  z = torch.reshape(torch.t(y), torch.add(torch.slice(torch.size(x), None, -1), [torch.size(w, 0)]))
                else:
                  z = torch.linear(x, w)
                return torch.to(z, ops.prim.dtype(x0))
            """;

    /**
     * A product by 8-bit integers: each row of x is rounded by a scale of its own, so that what a row gives does not depend on its
     * neighbours; sums of integers are exact.
     */
    static final String LINEAR_INT8 =
            """
              def linear_int8(self: __torch__.M, x: Tensor, w: Tensor, s: Tensor) -> Tensor:
                scale = torch.clamp_min_(torch.mul(torch.amax(torch.abs(x), [1], True), 0.007874015748031496), 1e-30)
                q = torch.to(torch.round_(torch.div(x, scale)), 1)
                return torch.mul_(torch.mul_(torch.to(torch._int_mm(q, torch.t(w)), 6), scale), s)
            """;

    private static final String SOURCE = LINEAR
            + LINEAR_INT8
            + """
              def softmax(self: __torch__.M, x: Tensor, temperature: Tensor) -> Tensor:
                return torch.softmax(torch.div(x, annotate(float, torch.item(temperature))), -1)
              def to_int8(self: __torch__.M, w: Tensor) -> List[Tensor]:
                s = torch.clamp_min_(torch.mul(torch.amax(torch.abs(w), [1], True), 0.007874015748031496), 1e-30)
                return [torch.to(torch.round_(torch.div(w, s)), 1), torch.squeeze(s, 1)]
              def linear_bias(self: __torch__.M, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
                return torch.linear(x, w, b)
              def conv1d(self: __torch__.M, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
                return torch.add(torch.matmul(x, w), b)
              def lora(self: __torch__.M, x: Tensor, y: Tensor, a: Tensor, b: Tensor, scale: Tensor, p: Tensor) -> Tensor:
                rate = annotate(float, torch.item(p))
                if torch.gt(rate, 0.):
                  d = torch.dropout(x, rate, True)
                else:
                  d = x
                return torch.add(y, torch.linear(torch.linear(d, a), b), alpha=annotate(float, torch.item(scale)))
              def dropout(self: __torch__.M, x: Tensor, p: Tensor) -> Tensor:
                return torch.dropout(x, annotate(float, torch.item(p)), True)
              def embedding(self: __torch__.M, ids: Tensor, w: Tensor) -> Tensor:
                return torch.embedding(w, ids)
              def rms_norm(self: __torch__.M, x: Tensor, w: Tensor, eps: Tensor) -> Tensor:
                return torch.rms_norm(x, [torch.size(w, 0)], w, annotate(float, torch.item(eps)))
              def layer_norm(self: __torch__.M, x: Tensor, w: Tensor, b: Tensor, eps: Tensor) -> Tensor:
                return torch.layer_norm(x, [torch.size(w, 0)], w, b, annotate(float, torch.item(eps)))
              def heads(self: __torch__.M, x: Tensor, n: Tensor) -> Tensor:
                h = annotate(int, torch.item(n))
                return torch.transpose(torch.view(x, [torch.size(x, 0), torch.size(x, 1), h, -1]), 1, 2)
              def merge(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.flatten(torch.transpose(x, 1, 2), 2)
              def rope(self: __torch__.M, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
                half = torch.floordiv(torch.size(x, -1), 2)
                a = torch.slice(x, -1, 0, half)
                b = torch.slice(x, -1, half)
                return torch.add(torch.mul(x, cos), torch.mul(torch.cat([torch.neg(b), a], -1), sin))
              def attention_causal(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                if torch.gt(g, 1):
                  k2, v2 = torch.repeat_interleave(k, g, 1), torch.repeat_interleave(v, g, 1)
                else:
                  k2, v2 = k, v
                return torch.scaled_dot_product_attention(q, k2, v2, None, 0., True)
              def attention_masked(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                if torch.gt(g, 1):
                  k2, v2 = torch.repeat_interleave(k, g, 1), torch.repeat_interleave(v, g, 1)
                else:
                  k2, v2 = k, v
                return torch.scaled_dot_product_attention(q, k2, v2, mask, 0., False)
              def attention_one(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
                shape = [torch.size(k, 0), torch.size(k, 1), -1, torch.size(q, 3)]
                o = torch.scaled_dot_product_attention(torch.reshape(q, shape), k, v, mask, 0., False)
                return torch.reshape(o, [torch.size(q, 0), torch.size(q, 1), 1, torch.size(q, 3)])
              def attention_one_unmasked(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                shape = [torch.size(k, 0), torch.size(k, 1), -1, torch.size(q, 3)]
                o = torch.scaled_dot_product_attention(torch.reshape(q, shape), k, v, None, 0., False)
                return torch.reshape(o, [torch.size(q, 0), torch.size(q, 1), 1, torch.size(q, 3)])
              def attention_biased(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, p: Tensor) -> Tensor:
                rate = annotate(float, torch.item(p))
                w = torch.softmax(torch.add(torch.matmul(q, torch.transpose(k, 2, 3)), bias), -1)
                if torch.gt(rate, 0.):
                  d = torch.dropout(w, rate, True)
                else:
                  d = w
                return torch.matmul(d, v)
              def relu(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.relu(x)
              def rms_norm_backward(self: __torch__.M, dy: Tensor, x: Tensor, w: Tensor, eps: Tensor) -> Tensor:
                r = torch.rsqrt(torch.add(torch.mean(torch.square(x), [-1], True), annotate(float, torch.item(eps))))
                t = torch.mul(dy, w)
                s = torch.mean(torch.mul(t, x), [-1], True)
                return torch.mul(torch.sub(t, torch.mul(x, torch.mul(torch.square(r), s))), r)
              def add_norm_gradient(self: __torch__.M, dw: Tensor, dy: Tensor, x: Tensor, eps: Tensor) -> Tensor:
                r = torch.rsqrt(torch.add(torch.mean(torch.square(x), [-1], True), annotate(float, torch.item(eps))))
                return torch.add_(dw, torch.sum(torch.mul(torch.mul(dy, x), r), [0]))
              def add_linear_gradient(self: __torch__.M, dw: Tensor, dy: Tensor, x: Tensor) -> Tensor:
                t = ops.prim.dtype(x)
                if torch.ne(t, 15):
                  sum = torch.addmm_(dw, torch.t(dy), x)
                else:
                  sum = torch.add_(dw, torch.matmul(torch.t(torch.to(dy, t)), x))
                return sum
              def add_lora_gradient(self: __torch__.M, da: Tensor, db: Tensor, dy: Tensor, x: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
                s = annotate(float, torch.item(scale))
                t = ops.prim.dtype(x)
                d = torch.to(dy, t)
                _0 = torch.add_(db, torch.t(torch.matmul(torch.t(torch.linear(x, torch.to(a, t))), d)), alpha=s)
                r = torch.t(torch.matmul(d, torch.to(b, t)))
                if torch.ne(t, 15):
                  sum = torch.addmm_(da, r, x, alpha=s)
                else:
                  sum = torch.add_(da, torch.matmul(r, x), alpha=s)
                return sum
              def add_rows(self: __torch__.M, to: Tensor, index: Tensor, x: Tensor) -> Tensor:
                return torch.index_add_(to, 0, index, x)
              def add_to(self: __torch__.M, to: Tensor, x: Tensor) -> Tensor:
                return torch.add_(to, x)
              def merge_lora(self: __torch__.M, out: Tensor, w: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
                s = annotate(float, torch.item(scale))
                if torch.ne(ops.prim.dtype(out), 15):
                  sum = torch.addmm_(torch.copy_(out, w), b, a, alpha=s)
                else:
                  sum = torch.copy_(out, torch.addmm(w, b, a, alpha=s))
                return sum
              def to_bfloat16(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.to(x, 15)
              def by_columns(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.t(torch.contiguous(torch.t(x)))
              def swiglu(self: __torch__.M, gate: Tensor, up: Tensor) -> Tensor:
                return torch.mul(torch.silu(gate), up)
              def gelu_tanh(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.gelu(x, approximate="tanh")
              def gelu(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.gelu(x)
              def select_rows(self: __torch__.M, x: Tensor, index: Tensor) -> Tensor:
                return torch.index_select(x, 0, index)
              def move_rows(self: __torch__.M, x: Tensor, source: Tensor, to: Tensor) -> Tensor:
                return torch.index_copy_(x, 0, to, torch.index_select(x, 0, source))
              def cache_write(self: __torch__.M, cache: Tensor, new: Tensor, at: Tensor) -> Tensor:
                start = annotate(int, torch.item(at))
                stop = torch.add(start, torch.size(new, 2))
                _0 = torch.copy_(torch.slice(cache, 2, start, stop), new)
                return torch.slice(cache, 2, 0, stop)
              def cross_entropy(self: __torch__.M, h0: Tensor, w0: Tensor, labels: Tensor, c: Tensor, rows: Tensor, grad: Tensor) -> List[Tensor]:
                h, w = torch.detach(h0), torch.detach(w0)
                n = torch.size(h, 0)
                step = annotate(int, torch.item(rows))
                want = annotate(int, torch.item(grad))
                losses = torch.empty([n], dtype=6, device=ops.prim.device(h))
                dh = torch.empty_like(h)
                if torch.gt(want, 1):
                  dw = torch.zeros_like(w)
                else:
                  dw = torch.empty([0])
                chunks = torch.floordiv(torch.sub(torch.add(n, step), 1), step)
                for i in range(chunks):
                  a = torch.mul(i, step)
                  b = ops.prim.min([torch.add(a, step), n])
                  hc = torch.slice(h, 0, a, b)
                  y = torch.unsqueeze(torch.slice(labels, 0, a, b), 1)
                  z = torch.to(torch.linear(torch.to(hc, ops.prim.dtype(w)), w), 6)
                  _1 = torch.sub_(z, torch.logsumexp(z, [1], True))
                  _2 = torch.copy_(torch.slice(losses, 0, a, b), torch.neg(torch.squeeze(torch.gather(z, 1, y), 1)))
                  if torch.gt(want, 0):
                    g = torch.exp_(z)
                    _3 = torch.scatter_add_(g, 1, y, torch.full_like(y, -1, dtype=6))
                    _6 = torch.mul_(g, torch.unsqueeze(torch.slice(c, 0, a, b), 1))
                    gc = torch.to(g, ops.prim.dtype(w))
                    _4 = torch.copy_(torch.slice(dh, 0, a, b), torch.matmul(gc, w))
                    if torch.gt(want, 1):
                      _5 = torch.addmm_(dw, torch.t(gc), hc)
                return [losses, dh, dw]
              def adamw(self: __torch__.M, grad: Tensor, p: Tensor, m: Tensor, v: Tensor, s: Tensor) -> Tensor:
                lr = annotate(float, torch.item(torch.select(s, 0, 0)))
                b1 = annotate(float, torch.item(torch.select(s, 0, 1)))
                b2 = annotate(float, torch.item(torch.select(s, 0, 2)))
                eps = annotate(float, torch.item(torch.select(s, 0, 3)))
                wd = annotate(float, torch.item(torch.select(s, 0, 4)))
                clip = annotate(float, torch.item(torch.select(s, 0, 5)))
                step = annotate(float, torch.item(torch.select(s, 0, 6)))
                if ops.prim.is_cuda(p):
                  c1, c2 = torch.sub(1., torch.pow(b1, step)), torch.sub(1., torch.pow(b2, step))
                  _0 = torch.mul_(p, torch.sub(1., torch.mul(lr, wd)))
                  _1 = torch.mul_(grad, clip)
                  _2 = torch.lerp_(m, grad, torch.sub(1., b1))
                  _3 = torch.addcmul_(torch.mul_(v, b2), grad, grad, value=torch.sub(1., b2))
                  d = torch.add_(torch.div_(torch.sqrt(v), torch.sqrt(c2)), eps)
                  r = torch.addcdiv_(p, m, d, value=torch.neg(torch.div(lr, c1)))
                else:
                  count, scale = torch.full([], step, dtype=6), torch.full([], torch.div(1., clip), dtype=6)
                  ps = [p]
                  torch._fused_adamw_(ps, [grad], [m], [v], annotate(List[Tensor], []), [count], lr=lr, beta1=b1, beta2=b2, weight_decay=wd, eps=eps, amsgrad=False, maximize=False, grad_scale=scale)
                  r = ps[0]
                _4 = torch.zero_(grad)
                return r
              def dot(self: __torch__.M, x: Tensor, y: Tensor) -> Tensor:
                return torch.dot(torch.flatten(x), torch.flatten(y))
              def zero(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.zero_(x)
              def assign(self: __torch__.M, to: Tensor, x: Tensor) -> Tensor:
                return torch.copy_(to, x)
              def square_sum(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.to(torch.square(torch.linalg_vector_norm(x)), 7)
              def argmax_rows(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.argmax(x, -1)
            """;

    private static final class Holder {
        private static final TorchScript MODULE = new TorchScript(SOURCE);
        private static final NDManager CONSTANTS = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        private static final Map<Object, NDArray> SCALARS = new ConcurrentHashMap<>();
    }

    private Ops() {}

    private static NDArray run(String method, NDArray... inputs) {
        return Holder.MODULE.call(method, Autograd.isRecording(), inputs).singletonOrThrow();
    }

    private static NDArray runUnrecorded(String method, NDArray... inputs) {
        return Holder.MODULE.call(method, false, inputs).singletonOrThrow();
    }

    /** A 64-bit float on the CPU, kept for ever: for settings, of which there are few. */
    static NDArray scalar(double value) {
        return Holder.SCALARS.computeIfAbsent(value, key -> Holder.CONSTANTS.create(value));
    }

    /** A 64-bit integer on the CPU, kept for ever: for settings and positions. */
    static NDArray scalar(long value) {
        return Holder.SCALARS.computeIfAbsent(value, key -> Holder.CONSTANTS.create(value));
    }

    /** Sets how many threads one operation may use, from the next operation on. */
    public static void setThreads(int threads) {
        Engine.getEngine("PyTorch"); // loads the native library
        JniUtils.setNumThreads(threads);
    }

    /** How many threads one operation of this thread may use. */
    public static int threads() {
        Engine.getEngine("PyTorch"); // loads the native library
        return JniUtils.getNumThreads();
    }

    /** Softmax of x / temperature along the last axis. */
    public static NDArray softmax(NDArray x, double temperature) {
        return runUnrecorded("softmax", x, scalar(temperature));
    }

    /** x [.., I] by w [O, I], giving [.., O]. */
    public static NDArray linear(NDArray x, NDArray w) {
        return run("linear", x, w);
    }

    /** x [.., I] by w [O, I] plus b [O], giving [.., O]; b may be null. */
    public static NDArray linear(NDArray x, NDArray w, NDArray b) {
        return b == null ? linear(x, w) : run("linear_bias", x, w, b);
    }

    /** x [.., I] by w [I, O] plus b [O]: GPT-2's linear layer, whose weight lies the other way round. */
    public static NDArray conv1d(NDArray x, NDArray w, NDArray b) {
        return run("conv1d", x, w, b);
    }

    /**
     * y plus scale times x through a [r, I] and b [O, r], with dropout on x: Hu et al. 2021, equation 3.
     *
     * @param dropout probability in [0, 1) that an element of x is dropped; 0 outside training
     */
    public static NDArray lora(NDArray x, NDArray y, NDArray a, NDArray b, double scale, double dropout) {
        return run("lora", x, y, a, b, scalar(scale), scalar(dropout));
    }

    /** Drops elements with this probability and scales the others up; use only in training. */
    public static NDArray dropout(NDArray x, double probability) {
        return probability == 0 ? x : run("dropout", x, scalar(probability));
    }

    /** Rows of w [V, D] for ids [B, S], giving [B, S, D]. */
    public static NDArray embedding(NDArray ids, NDArray w) {
        return run("embedding", ids, w);
    }

    /** x over its root mean square along the last axis, times w [D] (Zhang and Sennrich 2019, equation 4). */
    public static NDArray rmsNorm(NDArray x, NDArray w, double epsilon) {
        return run("rms_norm", x, w, scalar(epsilon));
    }

    /** x [.., D] normalised along the last axis, times w [D] plus b [D]. */
    public static NDArray layerNorm(NDArray x, NDArray w, NDArray b, double epsilon) {
        return run("layer_norm", x, w, b, scalar(epsilon));
    }

    /** [B, S, H d] to [B, H, S, d]. */
    public static NDArray splitHeads(NDArray x, int heads) {
        return run("heads", x, scalar((long) heads));
    }

    /** [B, H, S, d] to [B, S, H d]. */
    public static NDArray mergeHeads(NDArray x) {
        return run("merge", x);
    }

    /** Rotates x [B, H, S, d] by cos and sin [B or 1, 1, S, d] (Su et al. 2021), halves paired as in Hugging Face's LLaMA. */
    public static NDArray rope(NDArray x, NDArray cos, NDArray sin) {
        return run("rope", x, cos, sin);
    }

    /** Causal attention of q [B, H, S, d] over k and v [B, K, S, d], K dividing H; scores scaled by 1/sqrt(d). */
    public static NDArray causalAttention(NDArray q, NDArray k, NDArray v) {
        return run("attention_causal", q, k, v);
    }

    /** Attention where mask [B or 1, 1, S, T] (boolean, true = seen; or added to the scores) holds; scaled by 1/sqrt(d). */
    public static NDArray maskedAttention(NDArray q, NDArray k, NDArray v, NDArray mask) {
        return run("attention_masked", q, k, v, mask);
    }

    /**
     * One query position q [B, H, 1, d] over k and v [B, K, T, d] without repeating keys for grouped queries.
     *
     * @param mask [B, 1, 1, T] boolean, true = seen; null where all are
     */
    public static NDArray decodeAttention(NDArray q, NDArray k, NDArray v, NDArray mask) {
        return mask == null ? run("attention_one_unmasked", q, k, v) : run("attention_one", q, k, v, mask);
    }

    /**
     * Unscaled attention with a bias [B or 1, H or 1, S, T] added to the scores (T5).
     *
     * @param dropout probability that an attention weight is dropped; 0 outside training
     */
    public static NDArray biasedAttention(NDArray q, NDArray k, NDArray v, NDArray bias, double dropout) {
        return run("attention_biased", q, k, v, bias, scalar(dropout));
    }

    /** The positive part. */
    public static NDArray relu(NDArray x) {
        return run("relu", x);
    }

    /** SiLU(gate) times up (Shazeer 2020). */
    public static NDArray swiglu(NDArray gate, NDArray up) {
        return run("swiglu", gate, up);
    }

    /** GELU in its tanh form ("gelu_new"). */
    public static NDArray geluTanh(NDArray x) {
        return run("gelu_tanh", x);
    }

    /** GELU in its exact form. */
    public static NDArray gelu(NDArray x) {
        return run("gelu", x);
    }

    /** The rows of x that the index [N] (64-bit) names, in that order. */
    public static NDArray selectRows(NDArray x, NDArray index) {
        return run("select_rows", x, index);
    }

    /** Copies rows of x [B, ..] over others of it. */
    public static void moveRows(NDArray x, NDArray from, NDArray to) {
        runUnrecorded("move_rows", x, from, to).close();
    }

    /** Writes fresh [B, K, S, d] into the cache [B, K, T, d] at a position, giving the cache's filled part. */
    public static NDArray cacheWrite(NDArray cache, NDArray fresh, long position) {
        return runUnrecorded("cache_write", cache, fresh, scalar(position));
    }

    /** What the cross-entropy's gradient is wanted for. */
    public enum HeadGradient {
        /** Nothing: values only. */
        NONE(0),
        /** The hidden states: the head is frozen. */
        HIDDEN(1),
        /** Hidden states and head. */
        HIDDEN_AND_WEIGHT(2);

        private final long code;

        HeadGradient(long code) {
            this.code = code;
        }
    }

    /**
     * Cross-entropy of labels [N] under softmax(h w^T), without keeping [N, V] logits: only {@code chunkRows} rows of
     * them live at a time. Closed form, never recorded.
     *
     * @param h hidden states [N, D]
     * @param w head [V, D]
     * @param factors float32 [N], what each row's loss is multiplied by before the sum that is differentiated
     * @return losses [N] in float32, without factors; the gradient of the weighted sum with respect to h [N, D]; and to w
     *     [V, D] (each only if wanted, else undefined)
     */
    public static NDList crossEntropy(
            NDArray h, NDArray w, NDArray labels, NDArray factors, int chunkRows, HeadGradient gradient) {
        NDArray rows = scalar((long) chunkRows);
        // Not under inference mode while gradients are recorded, or the results could not enter the record.
        return Holder.MODULE.call(
                "cross_entropy", Autograd.isRecording(), h, w, labels, factors, rows, scalar(gradient.code));
    }

    /**
     * One AdamW step in place (Loshchilov and Hutter 2019, algorithm 2), and the gradient set to zero.
     *
     * @param settings float64 [7]: learning rate, beta1, beta2, epsilon, weight decay, factor on the gradient, t
     */
    public static void adamW(NDArray gradient, NDArray weight, NDArray m, NDArray v, NDArray settings) {
        runUnrecorded("adamw", gradient, weight, m, v, settings).close();
    }

    /** The sum of products of equal places, a scalar. */
    public static NDArray dot(NDArray x, NDArray y) {
        return run("dot", x, y);
    }

    /** Sets to zero in place. */
    public static void zero(NDArray x) {
        runUnrecorded("zero", x).close();
    }

    /** Copies values into an array of equal shape, in place. */
    public static void assign(NDArray to, NDArray from) {
        runUnrecorded("assign", to, from).close();
    }

    /** The sum of squares as a float64 scalar. */
    public static NDArray squareSum(NDArray x) {
        return runUnrecorded("square_sum", x);
    }

    /** The index of the largest value of each row, 64-bit. */
    public static NDArray argmax(NDArray x) {
        return runUnrecorded("argmax_rows", x);
    }

    /** The gradient with respect to x [.., D] of {@link #rmsNorm}, given that of its result. Not recorded. */
    public static NDArray rmsNormGradient(NDArray gradient, NDArray x, NDArray w, double epsilon) {
        return runUnrecorded("rms_norm_backward", gradient, x, w, scalar(epsilon));
    }

    /** Adds to {@code sum} [D] the gradient with respect to the weight of {@link #rmsNorm}, in place. */
    public static void addNormGradient(NDArray sum, NDArray gradient, NDArray x, double epsilon) {
        runUnrecorded("add_norm_gradient", sum, gradient, x, scalar(epsilon)).close();
    }

    /** Adds to {@code sum} [O, I] the gradient with respect to the weight of {@link #linear}, in place. */
    public static void addLinearGradient(NDArray sum, NDArray gradient, NDArray x) {
        runUnrecorded("add_linear_gradient", sum, gradient, x).close();
    }

    /**
     * Adds the gradients with respect to an adapter's matrices, in place, given that of the result of {@link #lora}
     * without dropout.
     *
     * @param sumA gradient of a so far [r, I]
     * @param sumB gradient of b so far [O, r]
     */
    public static void addLoraGradient(
            NDArray sumA, NDArray sumB, NDArray gradient, NDArray x, NDArray a, NDArray b, double scale) {
        runUnrecorded("add_lora_gradient", sumA, sumB, gradient, x, a, b, scalar(scale))
                .close();
    }

    /** Adds the rows of x [N, D] to the rows of {@code to} [M, D] that the index [N] (64-bit) names, in place. */
    public static void addRows(NDArray to, NDArray index, NDArray x) {
        runUnrecorded("add_rows", to, index, x).close();
    }

    /** Adds x to {@code to}, in place. */
    public static void addTo(NDArray to, NDArray x) {
        runUnrecorded("add_to", to, x).close();
    }

    /** A copy in bfloat16, which DJL itself does not know: it can be given to these operators and not be read. */
    public static NDArray toBfloat16(NDArray x) {
        return runUnrecorded("to_bfloat16", x);
    }

    /**
     * A matrix [O, I] by 8-bit integers from -127 to 127.
     *
     * @return the integers [O, I], and for each output the scale [O] that gives the matrix back
     */
    public static NDList toInt8(NDArray w) {
        return Holder.MODULE.call("to_int8", false, w);
    }

    /**
     * x [N, I] times the transpose of a matrix by 8-bit integers, giving float32 [N, O].
     *
     * @param w as of {@link #toInt8}
     * @param scales [O]
     */
    public static NDArray linearInt8(NDArray x, NDArray w, NDArray scales) {
        return runUnrecorded("linear_int8", x, w, scales);
    }

    /**
     * A copy of a matrix [O, I] that lies in memory column by column. Its product with one row reads the columns side by side, a
     * quarter faster than row after row; with more rows it is slower.
     */
    public static NDArray byColumns(NDArray x) {
        return runUnrecorded("by_columns", x);
    }

    /** Writes w plus scale times b a into {@code out} [O, I]: what {@link #lora} without dropout amounts to. */
    public static void mergeLora(NDArray out, NDArray w, NDArray a, NDArray b, double scale) {
        runUnrecorded("merge_lora", out, w, a, b, scalar(scale)).close();
    }
}
