package dev.retort.op;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Collections;

/**
 * A whole LLaMA layer in one call: prompts, and then one position after another, for decoding; a forward pass that keeps what its
 * backward pass needs; and that backward pass in closed form. Nothing is recorded. No biases, no norms of queries and keys, no sliding window.
 *
 * <p>In training, rows are packed: N tokens of B rows lie behind one another, so that matrix products and norms see no padding.
 * Attention alone sees a rectangle of B S slots.
 *
 * <p>Matrix products are made in the weights' number type, float32, bfloat16 or 8-bit integers; the layer's input and result,
 * norms, rotation, attention and the cache are float32 in any case.
 *
 * <p>Shapes: D width, H query heads, K key heads, d head width, I inner width.
 */
public final class LlamaLayer {

    private static final String SOURCE = Ops.LINEAR
            + Ops.LINEAR_INT8
            + """
              def decode(self: __torch__.M, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, kc: Tensor, vc: Tensor, at: Tensor, eps: Tensor, mask: Tensor) -> Tensor:
                e = annotate(float, torch.item(eps))
                start = annotate(int, torch.item(at))
                rows, heads, width = torch.size(x, 0), torch.size(kc, 1), torch.size(kc, 3)
                h = torch.to(torch.mul_(torch.mul(x, (self).rms(x, e)), n1), ops.prim.dtype(wq))
                q = torch.view((self).linear(h, wq), [rows, -1, width])
                k = torch.view((self).linear(h, wk), [rows, -1, width])
                qk = torch.to(torch.cat([q, k], 1), 6)
                v = torch.view((self).linear(h, wv), [rows, heads, width])
                o = (self).attend((self).place(qk, v, cos, sin, kc, vc, start), kc, vc, torch.add(start, 1), mask)
                y = torch.add(x, (self).linear(o, wo))
                g = torch.to(torch.mul_(torch.mul(y, (self).rms(y, e)), n2), ops.prim.dtype(wg))
                return torch.add(y, (self).linear(torch.mul_(torch.silu((self).linear(g, wg)), (self).linear(g, wu)), wd))
              def place(self: __torch__.M, qk: Tensor, v: Tensor, cos: Tensor, sin: Tensor, kc: Tensor, vc: Tensor, start: int) -> Tensor:
                turned = torch.addcmul(torch.mul(qk, cos), torch.roll(qk, [torch.floordiv(torch.size(kc, 3), 2)], [-1]), sin)
                queries = torch.sub(torch.size(turned, 1), torch.size(kc, 1))
                _0 = torch.copy_(torch.select(kc, 2, start), torch.slice(turned, 1, queries))
                _1 = torch.copy_(torch.select(vc, 2, start), v)
                return torch.slice(turned, 1, 0, queries)
              def attend(self: __torch__.M, q: Tensor, kc: Tensor, vc: Tensor, stop: int, mask: Tensor) -> Tensor:
                rows, heads, width = torch.size(q, 0), torch.size(kc, 1), torch.size(kc, 3)
                qs = torch.reshape(q, [torch.mul(rows, heads), -1, width])
                ks = torch.slice(torch.flatten(kc, 0, 1), 1, 0, stop)
                vs = torch.slice(torch.flatten(vc, 0, 1), 1, 0, stop)
                scores = torch.mul_(torch.bmm(qs, torch.transpose(ks, 1, 2)), torch.pow(width, -0.5))
                if torch.gt(torch.numel(mask), 0):
                  seen = torch.view(torch.where(mask, torch.view(scores, [rows, heads, -1, stop]), -inf), [torch.mul(rows, heads), -1, stop])
                else:
                  seen = scores
                return torch.reshape(torch.bmm(torch.softmax(seen, -1), vs), [rows, 1, -1])
              def decode_int8(self: __torch__.M, x0: Tensor, n1: Tensor, wqkv: Tensor, sqkv: Tensor, wo: Tensor, so: Tensor, n2: Tensor, wgu: Tensor, sgu: Tensor, wd: Tensor, sd: Tensor, cos: Tensor, sin: Tensor, kc: Tensor, vc: Tensor, at: Tensor, eps: Tensor, mask: Tensor) -> Tensor:
                e = annotate(float, torch.item(eps))
                start = annotate(int, torch.item(at))
                x = torch.flatten(x0, 0, 1)
                heads, width = torch.size(kc, 1), torch.size(kc, 3)
                h = torch.mul_(torch.mul(x, (self).rms(x, e)), n1)
                qkv = torch.view((self).linear_int8(h, wqkv, sqkv), [torch.size(x, 0), -1, width])
                both = torch.sub(torch.size(qkv, 1), heads)
                q = (self).place(torch.slice(qkv, 1, 0, both), torch.slice(qkv, 1, both), cos, sin, kc, vc, start)
                o = (self).attend(q, kc, vc, torch.add(start, 1), mask)
                y = torch.add_((self).linear_int8(torch.flatten(o, 0, 1), wo, so), x)
                return torch.unsqueeze((self).feed_forward_int8(y, n2, wgu, sgu, wd, sd, e), 1)
              def feed_forward_int8(self: __torch__.M, y: Tensor, n2: Tensor, wgu: Tensor, sgu: Tensor, wd: Tensor, sd: Tensor, e: float) -> Tensor:
                gate, up = torch.chunk((self).linear_int8(torch.mul_(torch.mul(y, (self).rms(y, e)), n2), wgu, sgu), 2, 1)
                return torch.add_((self).linear_int8(torch.mul_(torch.silu(gate), up), wd, sd), y)
              def read_int8(self: __torch__.M, x: Tensor, n1: Tensor, wqkv: Tensor, sqkv: Tensor, wo: Tensor, so: Tensor, n2: Tensor, wgu: Tensor, sgu: Tensor, wd: Tensor, sd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, rows0: Tensor, eps: Tensor, pk: Tensor, pv: Tensor, mask: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                width = torch.size(cos, -1)
                h = torch.mul_(torch.mul(x, (self).rms(x, e)), n1)
                qkv = torch.view((self).linear_int8(h, wqkv, sqkv), [torch.size(x, 0), -1, width])
                queries = torch.floordiv(torch.size(wo, 1), width)
                both = torch.floordiv(torch.add(torch.size(qkv, 1), queries), 2)
                turned = (self).rotate(torch.slice(qkv, 1, 0, both), cos, sin)
                xs, outs = (self).wanted(x, places, wanted)
                ctx, k, v = (self).read_attention(torch.slice(turned, 1, 0, queries), torch.slice(turned, 1, queries), torch.slice(qkv, 1, both), slots, outs, rows0, pk, pv, mask)
                y = torch.add_((self).linear_int8(ctx, wo, so), xs)
                return [(self).feed_forward_int8(y, n2, wgu, sgu, wd, sd, e), k, v]
              def read(self: __torch__.M, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, rows0: Tensor, eps: Tensor, pk: Tensor, pv: Tensor, mask: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                h1 = torch.to(torch.mul_(torch.mul(x, (self).rms(x, e)), n1), t)
                q = (self).rotate(torch.view(torch.to(torch.linear(h1, wq), 6), [n, -1, d]), cos, sin)
                k0 = (self).rotate(torch.view(torch.to(torch.linear(h1, wk), 6), [n, -1, d]), cos, sin)
                v0 = torch.view(torch.to(torch.linear(h1, wv), 6), [n, -1, d])
                xs, outs = (self).wanted(x, places, wanted)
                ctx, k, v = (self).read_attention(q, k0, v0, slots, outs, rows0, pk, pv, mask)
                y = torch.add_(torch.to(torch.linear(torch.to(ctx, t), wo), 6), xs)
                h2 = torch.to(torch.mul_(torch.mul(y, (self).rms(y, e)), n2), t)
                inner = torch.mul_(torch.silu(torch.linear(h2, wg)), torch.linear(h2, wu))
                return [torch.add_(torch.to(torch.linear(inner, wd), 6), y), k, v]
              def read_attention(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, slots: Tensor, outs: Tensor, rows0: Tensor, pk: Tensor, pv: Tensor, mask: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
                rows = annotate(int, torch.item(rows0))
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                qp = (self).pad_heads(q, slots, rows)
                kp = (self).pad_heads(k, slots, rows)
                vp = (self).pad_heads(v, slots, rows)
                if torch.gt(torch.numel(mask), 0):
                  ka = torch.cat([torch.expand(pk, [rows, -1, -1, -1]), kp], 2)
                  va = torch.cat([torch.expand(pv, [rows, -1, -1, -1]), vp], 2)
                  o, _0 = torch._scaled_dot_product_flash_attention_for_cpu(qp, (self).repeat_heads(ka, g), (self).repeat_heads(va, g), 0., False, attn_mask=mask)
                else:
                  ka, va = kp, vp
                  o, _1 = torch._scaled_dot_product_flash_attention_for_cpu(qp, (self).repeat_heads(kp, g), (self).repeat_heads(vp, g), 0., True)
                return ((self).unpad_heads(o, outs), ka, va)
              def wanted(self: __torch__.M, x: Tensor, places: Tensor, wanted: Tensor) -> Tuple[Tensor, Tensor]:
                if torch.eq(ops.prim.dtype(wanted), 4):
                  xs, outs = torch.index_select(x, 0, wanted), torch.index_select(places, 0, wanted)
                else:
                  xs, outs = x, places
                return (xs, outs)
              def decode_row(self: __torch__.M, x0: Tensor, n1: Tensor, wqkv: Tensor, wo: Tensor, n2: Tensor, wgu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, kc: Tensor, vc: Tensor, at: Tensor, eps: Tensor) -> Tensor:
                e = annotate(float, torch.item(eps))
                start = annotate(int, torch.item(at))
                stop = torch.add(start, 1)
                heads, width = torch.size(kc, 1), torch.size(kc, 3)
                x = torch.flatten(x0)
                qkv = torch.view(torch.mv(wqkv, (self).normed(x, n1, e)), [1, -1, width])
                both = torch.sub(torch.size(qkv, 1), heads)
                q = (self).place(torch.slice(qkv, 1, 0, both), torch.slice(qkv, 1, both), cos, sin, kc, vc, start)
                qs = torch.view(q, [1, heads, -1, width])
                o, _0 = torch._scaled_dot_product_flash_attention_for_cpu(qs, torch.slice(kc, 2, 0, stop), torch.slice(vc, 2, 0, stop))
                y = torch.addmv(x, wo, torch.reshape(o, [-1]))
                gate, up = torch.chunk(torch.mv(wgu, (self).normed(y, n2, e)), 2)
                return torch.view(torch.addmv(y, wd, torch.mul_(torch.silu(gate), up)), [1, 1, -1])
              def normed(self: __torch__.M, x: Tensor, n: Tensor, e: float) -> Tensor:
                square = annotate(float, torch.item(torch.dot(x, x)))
                return torch.mul_(torch.mul(x, n), torch.pow(torch.add(torch.div(square, torch.size(x, 0)), e), -0.5))
              def rms(self: __torch__.M, x: Tensor, e: float) -> Tensor:
                n = torch.linalg_vector_norm(x, 2, [-1], True)
                return torch.rsqrt_(torch.add_(torch.div_(torch.square_(n), torch.size(x, -1)), e))
              def rms_norm_gradient(self: __torch__.M, dy: Tensor, x: Tensor, h: Tensor, w: Tensor, r: Tensor) -> Tensor:
                s = torch.mean(torch.mul(dy, h), [-1], True)
                return torch.addcmul_(torch.mul_(torch.mul(dy, w), r), x, torch.mul(torch.square(r), s), value=-1)
              def rotate(self: __torch__.M, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
                half = torch.floordiv(torch.size(x, -1), 2)
                a = torch.slice(x, -1, 0, half)
                b = torch.slice(x, -1, half)
                c, s = torch.slice(cos, -1, 0, half), torch.slice(sin, -1, 0, half)
                return torch.cat([torch.sub(torch.mul(a, c), torch.mul(b, s)), torch.add(torch.mul(b, c), torch.mul(a, s))], -1)
              def pad_heads(self: __torch__.M, x: Tensor, slots: Tensor, rows: int) -> Tensor:
                p = torch.index_select(torch.flatten(x, 1), 0, slots)
                return torch.transpose(torch.view(p, [rows, -1, torch.size(x, 1), torch.size(x, 2)]), 1, 2)
              def unpad_heads(self: __torch__.M, x: Tensor, places: Tensor) -> Tensor:
                t = torch.reshape(torch.transpose(x, 1, 2), [torch.mul(torch.size(x, 0), torch.size(x, 2)), -1])
                return torch.index_select(t, 0, places)
              def repeat_heads(self: __torch__.M, x: Tensor, g: int) -> Tensor:
                if torch.gt(g, 1):
                  y = torch.repeat_interleave(x, g, 1)
                else:
                  y = x
                return y
              def sum_heads(self: __torch__.M, x: Tensor, g: int) -> Tensor:
                if torch.gt(g, 1):
                  y = torch.sum(torch.view(x, [torch.size(x, 0), -1, g, torch.size(x, 2), torch.size(x, 3)]), [2])
                else:
                  y = x
                return y
              def forward_pass(self: __torch__.M, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, rows0: Tensor, eps: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                rows = annotate(int, torch.item(rows0))
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                r1 = (self).rms(x, e)
                h1 = torch.to(torch.mul_(torch.mul(x, r1), n1), t)
                q = (self).rotate(torch.view(torch.to(torch.linear(h1, wq), 6), [n, -1, d]), cos, sin)
                k = (self).rotate(torch.view(torch.to(torch.linear(h1, wk), 6), [n, -1, d]), cos, sin)
                v = torch.view(torch.to(torch.linear(h1, wv), 6), [n, -1, d])
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                qp = (self).pad_heads(q, slots, rows)
                kp = (self).pad_heads(k, slots, rows)
                vp = (self).pad_heads(v, slots, rows)
                o, lse = torch._scaled_dot_product_flash_attention_for_cpu(qp, (self).repeat_heads(kp, g), (self).repeat_heads(vp, g), 0., True)
                xs, outs = (self).wanted(x, places, wanted)
                ctx = torch.to((self).unpad_heads(o, outs), t)
                y = torch.add_(torch.to(torch.linear(ctx, wo), 6), xs)
                r2 = (self).rms(y, e)
                h2 = torch.to(torch.mul_(torch.mul(y, r2), n2), t)
                gate, up = torch.linear(h2, wg), torch.linear(h2, wu)
                act = torch.silu(gate)
                inner = torch.mul(act, up)
                out = torch.add_(torch.to(torch.linear(inner, wd), 6), y)
                return [out, r1, h1, qp, kp, vp, o, lse, ctx, y, r2, h2, gate, up, act, inner]
              def backward_pass(self: __torch__.M, dout: Tensor, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, rows0: Tensor, eps: Tensor, wanted: Tensor, r1: Tensor, h1: Tensor, qp: Tensor, kp: Tensor, vp: Tensor, o: Tensor, lse: Tensor, ctx: Tensor, y: Tensor, r2: Tensor, h2: Tensor, gate: Tensor, up: Tensor, act: Tensor, inner: Tensor) -> List[Tensor]:
                rows = annotate(int, torch.item(rows0))
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                dinner = torch.matmul(torch.to(dout, t), wd)
                dup = torch.mul_(act, dinner)
                dgate = torch.silu_backward(torch.mul_(dinner, up), gate)
                dh2 = torch.to(torch.addmm(torch.matmul(dgate, wg), dup, wu), 6)
                dy = torch.add_((self).rms_norm_gradient(dh2, y, h2, n2, r2), dout)
                g = torch.floordiv(torch.size(qp, 1), torch.size(kp, 1))
                dctx = torch.to(torch.matmul(torch.to(dy, t), wo), 6)
                _0, outs = (self).wanted(places, places, wanted)
                dop = torch.index_copy_(torch.zeros([torch.size(slots, 0), torch.size(dctx, 1)], dtype=6), 0, outs, dctx)
                dop2 = torch.transpose(torch.view(dop, [rows, -1, torch.size(qp, 1), d]), 1, 2)
                dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward(dop2, qp, (self).repeat_heads(kp, g), (self).repeat_heads(vp, g), o, lse, 0., True)
                neg = torch.neg(sin)
                dqu = torch.view((self).unpad_heads(dq, places), [n, -1, d])
                dku = torch.view((self).unpad_heads((self).sum_heads(dk, g), places), [n, -1, d])
                dq2 = torch.to(torch.flatten((self).rotate(dqu, cos, neg), 1), t)
                dk2 = torch.to(torch.flatten((self).rotate(dku, cos, neg), 1), t)
                dv2 = torch.to((self).unpad_heads((self).sum_heads(dv, g), places), t)
                dh1 = torch.to(torch.addmm(torch.addmm(torch.matmul(dq2, wq), dk2, wk), dv2, wv), 6)
                dx = (self).rms_norm_gradient(dh1, x, h1, n1, r1)
                if torch.eq(ops.prim.dtype(wanted), 4):
                  _1 = torch.index_add_(dx, 0, wanted, dy)
                else:
                  _1 = torch.add_(dx, dy)
                return [dx, dq2, dk2, dv2, dy, dgate, dup, dh1, dh2]
            """;

    private static final class Holder {
        private static final TorchScript MODULE = new TorchScript(SOURCE);
        private static final NDManager CONSTANTS = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        private static final NDArray NOTHING = CONSTANTS.create(new boolean[0]);
    }

    private LlamaLayer() {}

    /**
     * How B rows of different length lie in a pack of N tokens.
     *
     * @param cos cosines of each token's position [N, 1, d]
     * @param sin sines likewise
     * @param slots for each of the B S slots the token in it, 64-bit; any token where there is none
     * @param places for each token its slot [N], 64-bit
     * @param rows B
     */
    public record Pack(NDArray cos, NDArray sin, NDArray slots, NDArray places, int rows) {}

    /**
     * One position of each row, for decoding.
     *
     * @param x [B, 1, D]
     * @param weights input norm, q, k, v, o, second norm, gate, up, down; or, by 8-bit integers, input norm; q, k and v below one
     *     another; o; second norm; gate and up below one another; down: each matrix followed by its scales ({@link Ops#toInt8})
     * @param rotation cosines and sines [B, 1, d], the sines of the first half of d with their sign changed
     * @param keys cache [B, K, T, d] with room at the position, written in place
     * @param values likewise
     * @param mask [B, 1, 1, position + 1] boolean, true = seen; null where all are
     * @return [B, 1, D]
     */
    public static NDArray decode(
            NDArray x,
            NDArray[] weights,
            NDArray[] rotation,
            NDArray keys,
            NDArray values,
            NDArray mask,
            long position,
            double epsilon) {
        String method = isInt8(weights) ? "decode_int8" : "decode";
        return decode(method, x, weights, rotation, keys, values, position, epsilon, orNothing(mask));
    }

    private static NDArray orNothing(NDArray array) {
        return array == null ? Holder.NOTHING : array;
    }

    /**
     * As {@link #decode} for one row that sees all, in float32 and in fewer, larger steps: there the time between products counts.
     *
     * @param x [1, 1, D]
     * @param weights input norm; q, k and v below one another; o; second norm; gate and up below one another; down
     * @param rotation cosines and sines [1, 1, d], the sines of the first half of d with their sign changed
     * @param keys cache [1, K, T, d] with room at the position, written in place
     * @param values likewise
     * @return [1, 1, D]
     */
    public static NDArray decodeRow(
            NDArray x,
            NDArray[] weights,
            NDArray[] rotation,
            NDArray keys,
            NDArray values,
            long position,
            double epsilon) {
        return decode("decode_row", x, weights, rotation, keys, values, position, epsilon);
    }

    /**
     * What reading prompts gives.
     *
     * @param out the layer's result [N, D], or for the wanted tokens alone [L, D]
     * @param keys rotated, those of a prefix before each row's [B, K, P + S, d]
     * @param values likewise
     */
    public record Read(NDArray out, NDArray keys, NDArray values) {}

    /**
     * What all rows of a pack begin with, read before them.
     *
     * @param keys of the layer [1, K, P, d]
     * @param values likewise
     * @param mask [S, P + S], 0 where a position of a row sees one of the prefix or of the row, else -infinity
     */
    public record Prefix(NDArray keys, NDArray values, NDArray mask) {}

    /**
     * A forward pass over prompts that keeps nothing for a way back.
     *
     * @param x [N, D]
     * @param weights as of {@link #decode}
     * @param prefix null where rows have none
     * @param wanted the tokens whose result is wanted, 64-bit [L]; null for all
     */
    public static Read read(NDArray x, NDArray[] weights, Pack pack, Prefix prefix, double epsilon, NDArray wanted) {
        NDList inputs = inputs(x, null, weights, pack, epsilon);
        if (prefix == null) {
            Collections.addAll(inputs, Holder.NOTHING, Holder.NOTHING, Holder.NOTHING);
        } else {
            Collections.addAll(inputs, prefix.keys(), prefix.values(), prefix.mask());
        }
        inputs.add(orNothing(wanted));
        NDList results =
                Holder.MODULE.call(isInt8(weights) ? "read_int8" : "read", false, inputs.toArray(new NDArray[0]));
        return new Read(results.get(0), results.get(1), results.get(2));
    }

    private static boolean isInt8(NDArray[] weights) {
        return weights[1].getDataType() == DataType.INT8;
    }

    private static NDArray decode(
            String method,
            NDArray x,
            NDArray[] weights,
            NDArray[] rotation,
            NDArray keys,
            NDArray values,
            long position,
            double epsilon,
            NDArray... more) {
        NDList inputs = new NDList(x);
        Collections.addAll(inputs, weights);
        Collections.addAll(inputs, rotation);
        Collections.addAll(inputs, keys, values, Ops.scalar(position), Ops.scalar(epsilon));
        Collections.addAll(inputs, more);
        return Holder.MODULE.call(method, false, inputs.toArray(new NDArray[0])).singletonOrThrow();
    }

    /**
     * What a forward pass gives, and keeps for the backward pass.
     *
     * <p>Where some tokens alone are wanted, everything behind attention has L rows in place of N.
     *
     * @param x the layer's input [N, D]
     * @param wanted the tokens whose result is wanted, 64-bit [L]; null for all
     * @param results the layer's result, then what is kept
     */
    public record Kept(NDArray x, NDArray wanted, NDList results) implements AutoCloseable {

        /** The layer's result [N, D], which is not closed with the rest. */
        public NDArray out() {
            return results.get(0);
        }

        /** The input of q, k and v [N, D]. */
        public NDArray normed() {
            return results.get(2);
        }

        /** The input of o [N, H d]. */
        public NDArray context() {
            return results.get(8);
        }

        /** The state between attention and feed-forward [N, D]. */
        public NDArray y() {
            return results.get(9);
        }

        /** The input of gate and up [N, D]. */
        public NDArray normedAgain() {
            return results.get(11);
        }

        /** The input of down [N, I]. */
        public NDArray inner() {
            return results.get(15);
        }

        @Override
        public void close() {
            results.subList(1, results.size()).forEach(NDArray::close);
        }
    }

    /**
     * The forward pass over a pack.
     *
     * @param x [N, D]
     * @param weights input norm, q, k, v, o, second norm, gate, up, down
     * @param wanted the tokens whose result is wanted, 64-bit [L]; null for all
     */
    public static Kept forward(NDArray x, NDArray[] weights, Pack pack, double epsilon, NDArray wanted) {
        NDList inputs = inputs(x, null, weights, pack, epsilon);
        inputs.add(orNothing(wanted));
        return new Kept(x, wanted, Holder.MODULE.call("forward_pass", false, inputs.toArray(new NDArray[0])));
    }

    /**
     * Gradients of a layer: of its input, and of the results of its modules.
     *
     * @param dx of the layer's input [N, D]
     * @param dq of the queries before rotation [N, H d]
     * @param dk of the keys before rotation [N, K d]
     * @param dv of the values [N, K d]
     * @param dy of the state between attention and feed-forward [N, D], which is also that of o's result
     * @param dgate of the gate's result [N, I]
     * @param dup of up's result [N, I]
     * @param dnormed of the first norm's result [N, D]
     * @param dnormedAgain of the second norm's result [N, D]
     */
    public record Gradients(
            NDArray dx,
            NDArray dq,
            NDArray dk,
            NDArray dv,
            NDArray dy,
            NDArray dgate,
            NDArray dup,
            NDArray dnormed,
            NDArray dnormedAgain) {

        /** Closes everything but {@link #dx}. */
        public void closeRest() {
            for (NDArray array : new NDArray[] {dq, dk, dv, dy, dgate, dup, dnormed, dnormedAgain}) {
                array.close();
            }
        }
    }

    /**
     * The backward pass. It overwrites a part of what was kept, so it runs once.
     *
     * @param dout gradient of the layer's result [N, D], or [L, D]
     */
    public static Gradients backward(NDArray dout, Kept kept, NDArray[] weights, Pack pack, double epsilon) {
        NDList inputs = inputs(kept.x(), dout, weights, pack, epsilon);
        inputs.add(orNothing(kept.wanted()));
        inputs.addAll(kept.results().subList(1, kept.results().size()));
        NDList g = Holder.MODULE.call("backward_pass", false, inputs.toArray(new NDArray[0]));
        return new Gradients(g.get(0), g.get(1), g.get(2), g.get(3), g.get(4), g.get(5), g.get(6), g.get(7), g.get(8));
    }

    private static NDList inputs(NDArray x, NDArray dout, NDArray[] weights, Pack pack, double epsilon) {
        NDList inputs = new NDList();
        if (dout != null) {
            inputs.add(dout);
        }
        inputs.add(x);
        for (NDArray weight : weights) {
            inputs.add(weight);
        }
        inputs.add(pack.cos());
        inputs.add(pack.sin());
        inputs.add(pack.slots());
        inputs.add(pack.places());
        inputs.add(Ops.scalar((long) pack.rows()));
        inputs.add(Ops.scalar(epsilon));
        return inputs;
    }
}
