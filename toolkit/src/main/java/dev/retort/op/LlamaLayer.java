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
 * <p>In training, rows are packed: their N tokens lie behind one another, so that matrix products and norms see no padding, and
 * tokens that rows begin with alike are there once.
 * Attention alone sees rectangles of rows of like length, M slots in all.
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
              def read_int8(self: __torch__.M, x: Tensor, n1: Tensor, wqkv: Tensor, sqkv: Tensor, wo: Tensor, so: Tensor, n2: Tensor, wgu: Tensor, sgu: Tensor, wd: Tensor, sd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, sizes: Tensor, again: Tensor, eps: Tensor, pk: Tensor, pv: Tensor, mask: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                width = torch.size(cos, -1)
                h = torch.mul_(torch.mul(x, (self).rms(x, e)), n1)
                qkv = torch.view((self).linear_int8(h, wqkv, sqkv), [torch.size(x, 0), -1, width])
                queries = torch.floordiv(torch.size(wo, 1), width)
                both = torch.floordiv(torch.add(torch.size(qkv, 1), queries), 2)
                turned = (self).rotate(torch.slice(qkv, 1, 0, both), cos, sin)
                xs, outs = (self).wanted(x, places, wanted)
                ctx, k, v = (self).read_attention(torch.slice(turned, 1, 0, queries), torch.slice(turned, 1, queries), torch.slice(qkv, 1, both), slots, outs, sizes, pk, pv, mask)
                y = torch.add_((self).linear_int8(ctx, wo, so), xs)
                return [(self).feed_forward_int8(y, n2, wgu, sgu, wd, sd, e), k, v]
              def read(self: __torch__.M, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, sizes: Tensor, again: Tensor, eps: Tensor, pk: Tensor, pv: Tensor, mask: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                h1 = torch.to(torch.mul_(torch.mul(x, (self).rms(x, e)), n1), t)
                q = (self).rotate(torch.view(torch.to(torch.linear(h1, wq), 6), [n, -1, d]), cos, sin)
                k0 = (self).rotate(torch.view(torch.to(torch.linear(h1, wk), 6), [n, -1, d]), cos, sin)
                v0 = torch.view(torch.to(torch.linear(h1, wv), 6), [n, -1, d])
                xs, outs = (self).wanted(x, places, wanted)
                ctx, k, v = (self).read_attention(q, k0, v0, slots, outs, sizes, pk, pv, mask)
                y = torch.add_(torch.to(torch.linear(torch.to(ctx, t), wo), 6), xs)
                h2 = torch.to(torch.mul_(torch.mul(y, (self).rms(y, e)), n2), t)
                inner = torch.mul_(torch.silu(torch.linear(h2, wg)), torch.linear(h2, wu))
                return [torch.add_(torch.to(torch.linear(inner, wd), 6), y), k, v]
              def read_attention(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, slots: Tensor, outs: Tensor, sizes: Tensor, pk: Tensor, pv: Tensor, mask: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                qs = (self).into_slots(q, slots)
                ks = (self).into_slots(k, slots)
                vs = (self).into_slots(v, slots)
                if torch.eq(torch.size(sizes, 0), 1):
                  rows = annotate(int, torch.item(torch.select(torch.select(sizes, 0, 0), 0, 0)))
                else:
                  rows = 1
                width = torch.floordiv(torch.size(slots, 0), rows)
                kp = (self).rectangle(ks, 0, rows, width)
                vp = (self).rectangle(vs, 0, rows, width)
                if torch.gt(torch.numel(mask), 0):
                  qp = (self).rectangle(qs, 0, rows, width)
                  ka = torch.cat([torch.expand(pk, [rows, -1, -1, -1]), kp], 2)
                  va = torch.cat([torch.expand(pv, [rows, -1, -1, -1]), vp], 2)
                  o0, _0 = torch._scaled_dot_product_flash_attention_for_cpu(qp, (self).repeat_heads(ka, g), (self).repeat_heads(va, g), 0., False, attn_mask=mask)
                  o = (self).rows_of(o0)
                else:
                  ka, va = kp, vp
                  o, _1 = (self).attend_rows(qs, (self).repeat_heads(ks, g), (self).repeat_heads(vs, g), sizes)
                return (torch.index_select(o, 0, outs), ka, va)
              def attend_rows(self: __torch__.M, q: Tensor, k: Tensor, v: Tensor, sizes: Tensor) -> Tuple[Tensor, Tensor]:
                os = annotate(List[Tensor], [])
                sums = annotate(List[Tensor], [])
                at = 0
                for i in range(torch.size(sizes, 0)):
                  size = torch.select(sizes, 0, i)
                  rows = annotate(int, torch.item(torch.select(size, 0, 0)))
                  width = annotate(int, torch.item(torch.select(size, 0, 1)))
                  o, lse = torch._scaled_dot_product_flash_attention_for_cpu((self).rectangle(q, at, rows, width), (self).rectangle(k, at, rows, width), (self).rectangle(v, at, rows, width), 0., True)
                  _0 = torch.append(os, (self).rows_of(o))
                  _1 = torch.append(sums, torch.flatten(torch.transpose(lse, 1, 2), 0, 1))
                  at = torch.add(at, torch.mul(rows, width))
                return (torch.cat(os), torch.cat(sums))
              def attend_rows_back(self: __torch__.M, do: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor, sums: Tensor, sizes: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
                dqs = annotate(List[Tensor], [])
                dks = annotate(List[Tensor], [])
                dvs = annotate(List[Tensor], [])
                of = [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2)]
                at = 0
                for i in range(torch.size(sizes, 0)):
                  size = torch.select(sizes, 0, i)
                  rows = annotate(int, torch.item(torch.select(size, 0, 0)))
                  width = annotate(int, torch.item(torch.select(size, 0, 1)))
                  end = torch.add(at, torch.mul(rows, width))
                  lse = torch.transpose(torch.view(torch.slice(sums, 0, at, end), [rows, width, -1]), 1, 2)
                  dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward((self).rectangle(torch.view(do, of), at, rows, width), (self).rectangle(q, at, rows, width), (self).rectangle(k, at, rows, width), (self).rectangle(v, at, rows, width), (self).rectangle(torch.view(o, of), at, rows, width), lse, 0., True)
                  _0 = torch.append(dqs, (self).rows_of(dq))
                  _1 = torch.append(dks, (self).rows_of(dk))
                  _2 = torch.append(dvs, (self).rows_of(dv))
                  at = end
                return (torch.cat(dqs), torch.cat(dks), torch.cat(dvs))
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
              def into_slots(self: __torch__.M, x: Tensor, slots: Tensor) -> Tensor:
                return torch.view(torch.index_select(torch.flatten(x, 1), 0, slots), [torch.size(slots, 0), torch.size(x, 1), torch.size(x, 2)])
              def rectangle(self: __torch__.M, x: Tensor, at: int, rows: int, width: int) -> Tensor:
                part = torch.slice(x, 0, at, torch.add(at, torch.mul(rows, width)))
                return torch.transpose(torch.view(part, [rows, width, torch.size(x, 1), torch.size(x, 2)]), 1, 2)
              def rows_of(self: __torch__.M, x: Tensor) -> Tensor:
                return torch.reshape(torch.transpose(x, 1, 2), [torch.mul(torch.size(x, 0), torch.size(x, 2)), -1])
              def repeat_heads(self: __torch__.M, x: Tensor, g: int) -> Tensor:
                if torch.gt(g, 1):
                  y = torch.repeat_interleave(x, g, 1)
                else:
                  y = x
                return y
              def out_of_slots(self: __torch__.M, x: Tensor, g: int, d: int, places: Tensor, again: Tensor) -> Tensor:
                if torch.gt(g, 1):
                  y = torch.flatten(torch.sum(torch.view(x, [torch.size(x, 0), -1, g, d]), [2]), 1)
                else:
                  y = x
                z = torch.index_select(y, 0, places)
                if torch.gt(torch.numel(again), 0):
                  slots, tokens = torch.chunk(again, 2)
                  _0 = torch.index_add_(z, 0, tokens, torch.index_select(y, 0, slots))
                return z
              def forward_pass(self: __torch__.M, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, sizes: Tensor, again: Tensor, eps: Tensor, wanted: Tensor) -> List[Tensor]:
                e = annotate(float, torch.item(eps))
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                r1 = (self).rms(x, e)
                h1 = torch.to(torch.mul_(torch.mul(x, r1), n1), t)
                q = (self).rotate(torch.view(torch.to(torch.linear(h1, wq), 6), [n, -1, d]), cos, sin)
                k = (self).rotate(torch.view(torch.to(torch.linear(h1, wk), 6), [n, -1, d]), cos, sin)
                v = torch.view(torch.to(torch.linear(h1, wv), 6), [n, -1, d])
                g = torch.floordiv(torch.size(q, 1), torch.size(k, 1))
                qs = (self).into_slots(q, slots)
                ks = (self).repeat_heads((self).into_slots(k, slots), g)
                vs = (self).repeat_heads((self).into_slots(v, slots), g)
                o, sums = (self).attend_rows(qs, ks, vs, sizes)
                xs, outs = (self).wanted(x, places, wanted)
                ctx = torch.to(torch.index_select(o, 0, outs), t)
                y = torch.add_(torch.to(torch.linear(ctx, wo), 6), xs)
                r2 = (self).rms(y, e)
                h2 = torch.to(torch.mul_(torch.mul(y, r2), n2), t)
                gate, up = torch.linear(h2, wg), torch.linear(h2, wu)
                act = torch.silu(gate)
                inner = torch.mul(act, up)
                out = torch.add_(torch.to(torch.linear(inner, wd), 6), y)
                return [out, r1, h1, qs, ks, vs, o, sums, ctx, y, r2, h2, gate, up, act, inner]
              def backward_pass(self: __torch__.M, dout: Tensor, x: Tensor, n1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, n2: Tensor, wg: Tensor, wu: Tensor, wd: Tensor, cos: Tensor, sin: Tensor, slots: Tensor, places: Tensor, sizes: Tensor, again: Tensor, eps: Tensor, wanted: Tensor, r1: Tensor, h1: Tensor, qs: Tensor, ks: Tensor, vs: Tensor, o: Tensor, sums: Tensor, ctx: Tensor, y: Tensor, r2: Tensor, h2: Tensor, gate: Tensor, up: Tensor, act: Tensor, inner: Tensor) -> List[Tensor]:
                n, d, t = torch.size(x, 0), torch.size(cos, -1), ops.prim.dtype(wq)
                dinner = torch.matmul(torch.to(dout, t), wd)
                dup = torch.mul_(act, dinner)
                dgate = torch.silu_backward(torch.mul_(dinner, up), gate)
                dh2 = torch.to(torch.addmm(torch.matmul(dgate, wg), dup, wu), 6)
                dy = torch.add_((self).rms_norm_gradient(dh2, y, h2, n2, r2), dout)
                dctx = torch.to(torch.matmul(torch.to(dy, t), wo), 6)
                do = torch.zeros([torch.size(slots, 0), torch.size(dctx, 1)], dtype=6)
                if torch.eq(ops.prim.dtype(wanted), 4):
                  _0 = torch.index_add_(do, 0, torch.index_select(places, 0, wanted), dctx)
                else:
                  _1 = torch.index_copy_(do, 0, places, dctx)
                dq, dk, dv = (self).attend_rows_back(do, qs, ks, vs, o, sums, sizes)
                g = torch.floordiv(torch.size(wq, 0), torch.size(wk, 0))
                neg = torch.neg(sin)
                dqu = torch.view(torch.index_select(dq, 0, places), [n, -1, d])
                dku = torch.view((self).out_of_slots(dk, g, d, places, again), [n, -1, d])
                dq2 = torch.to(torch.flatten((self).rotate(dqu, cos, neg), 1), t)
                dk2 = torch.to(torch.flatten((self).rotate(dku, cos, neg), 1), t)
                dv2 = torch.to((self).out_of_slots(dv, g, d, places, again), t)
                dh1 = torch.to(torch.addmm(torch.addmm(torch.matmul(dq2, wq), dk2, wk), dv2, wv), 6)
                dx = (self).rms_norm_gradient(dh1, x, h1, n1, r1)
                if torch.eq(ops.prim.dtype(wanted), 4):
                  _2 = torch.index_add_(dx, 0, wanted, dy)
                else:
                  _3 = torch.add_(dx, dy)
                return [dx, dq2, dk2, dv2, dy, dgate, dup, dh1, dh2]
            """;

    private static final class Holder {
        private static final TorchScript MODULE = new TorchScript(SOURCE);
        private static final NDManager CONSTANTS = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        private static final NDArray NOTHING = CONSTANTS.create(new boolean[0]);
    }

    private LlamaLayer() {}

    /**
     * How rows of different length lie in a pack of N tokens. A token may belong to several rows that are alike up to it.
     *
     * @param cos cosines of each token's position [N, 1, d]
     * @param sin sines likewise
     * @param slots for each of the M slots of all rectangles, row by row, the token in it, 64-bit; any token where there is none
     * @param places for each token one of its slots [N], 64-bit
     * @param sizes rows and width of each rectangle, 64-bit [R, 2]
     * @param again the other slots of tokens that have several, then these tokens, 64-bit
     */
    public record Pack(NDArray cos, NDArray sin, NDArray slots, NDArray places, NDArray sizes, NDArray again) {}

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
     * @param keys rotated, those of a prefix before each row's [B, K, P + S, d]; of several rectangles [1, K, M, d]
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
        inputs.add(pack.sizes());
        inputs.add(pack.again());
        inputs.add(Ops.scalar(epsilon));
        return inputs;
    }
}
