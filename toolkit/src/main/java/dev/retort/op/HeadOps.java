package dev.retort.op;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Losses of a head's logits, a chunk of tokens at a time, in closed form: logits are overwritten by the gradient with respect
 * to them. Nothing is recorded.
 *
 * <p>Shapes: N tokens of a chunk, V vocabulary, D width. P is the teacher's softmax and Q the student's.
 */
public final class HeadOps {

    /**
     * A divergence's value [n, 1] and gradient [n, V] with respect to the student's logits for a few tokens, and what the
     * gradient is yet to be multiplied by [n, 1].
     *
     * <p>Given are x and y, the logits of teacher and student up to a term for each token, p and q, their exponentials, the
     * sums sp and sq of these, and a setting a. Overwritten may be p, q, the buffers s, which x may be, into, which y may be, and
     * t. By its slopes w = d value / d log Q the gradient is w - Q sum(w).
     */
    public enum Formula {
        /** KL(P || Q). */
        FORWARD_KL(
                """
                    odds = torch.div(sq, sp)
                    gap = torch.div((self).product_sum(torch.sub(x, y, out=s), p, s), sp)
                    value = torch.add(gap, torch.log(odds))
                    gradient = torch.addcmul(q, p, odds, value=-1, out=into)
                    by = torch.reciprocal(sq)
                """),
        /** KL(Q || P). */
        REVERSE_KL(
                """
                    own = torch.mul_(torch.sub(y, x, out=into), q)
                    gap = torch.div(torch.sum(own, [1], True), sq)
                    value = torch.add(gap, torch.log(torch.div(sp, sq)))
                    gradient = torch.addcmul_(own, q, gap, value=-1)
                    by = torch.reciprocal(sq)
                """),
        /** -sum P log Q. */
        TEACHER_CROSS_ENTROPY(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    value = torch.rsub((self).product_sum(p, lq, lq), 0.)
                    gradient = torch.sub_(q, p)
                """),
        /** KL(P || Q) by the setting and KL(Q || P) by the rest. */
        WEIGHED_KL(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    value, gradient = (self).weighed(lp, lq, p, q, torch.full([1, 1], a))
                """),
        /** As before, by weights that the setting's head of P decides. */
        ADAPTIVE_KL(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    apart = torch.abs(torch.sub(p, q))
                    sorted, order = torch.sort(p, 1, True)
                    inside = torch.le(torch.cumsum(sorted, 1), a)
                    _0 = torch.fill_(torch.select(inside, 1, 0), True)
                    head = torch.sum(torch.mul(torch.gather(apart, 1, order), inside), [1], True)
                    all = torch.sum(apart, [1], True)
                    share = torch.where(torch.gt(all, 0.), torch.div(head, torch.clamp_min(all, 1e-38)), 0.5)
                    value, gradient = (self).weighed(lp, lq, p, q, share)
                """),
        /** setting KL(P || M) + (1 - setting) KL(Q || M), M = setting P + (1 - setting) Q. */
        JENSEN_SHANNON(
                """
                    odds = torch.div(sq, sp)
                    ofStudent = torch.mul(q, torch.full_like(odds, torch.sub(1., a)), out=t)
                    mixture = torch.addcmul_(ofStudent, p, torch.mul(odds, a))
                    lm = torch.log_(torch.clamp_min_(mixture, 1e-38))
                    ofTeacher = torch.div((self).product_sum(torch.sub(x, lm, out=s), p, s), sp)
                    gap = torch.mul_(torch.sub(y, lm, out=into), q)
                    other = torch.div(torch.sum(gap, [1], True), sq)
                    by = torch.mul(torch.reciprocal(sq), torch.sub(1., a))
                    value = torch.add(torch.mul(torch.add(ofTeacher, torch.log(odds)), a), torch.mul(other, torch.sub(1., a)))
                    gradient = torch.addcmul_(gap, q, other, value=-1)
                """),
        /** KL(P || setting P + (1 - setting) Q). */
        SKEW_KL(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    lm = (self).log_mixture(q, p, a, t)
                    gap = torch.sub_(lp, lm)
                    value = (self).product_sum(p, gap, p)
                    slopes = torch.mul_(torch.mul_(torch.exp_(gap), q), torch.sub(a, 1.))
                    gradient = torch.addcmul_(slopes, q, torch.sum(slopes, [1], True), value=-1)
                """),
        /** KL(Q || setting Q + (1 - setting) P). */
        SKEW_REVERSE_KL(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    lm = (self).log_mixture(p, q, a, t)
                    gap = torch.sub_(lq, lm)
                    value = (self).product_sum(q, gap, p)
                    odds = torch.mul_(torch.exp_(torch.sub_(lp, lm)), torch.sub(1., a))
                    slopes = torch.mul_(torch.add_(gap, odds), q)
                    gradient = torch.addcmul_(slopes, q, torch.sum(slopes, [1], True), value=-1)
                """),
        /** Half the sum of |P - Q|. */
        TOTAL_VARIATION(
                """
                    lp, p, lq, q = (self).probabilities(x, y, p, q, sp, sq, s, into)
                    apart = torch.sub(q, p)
                    value = torch.mul(torch.sum(torch.abs(apart), [1], True), 0.5)
                    slopes = torch.mul_(torch.mul_(torch.sign_(apart), q), 0.5)
                    gradient = torch.addcmul_(slopes, q, torch.sum(slopes, [1], True), value=-1)
                """);

        private final String body;

        Formula(String body) {
            this.body = body;
        }

        private String method() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String SOURCE =
            """
              def product_sum(self: __torch__.M, x: Tensor, y: Tensor, room: Tensor) -> Tensor:
                return torch.sum(torch.mul(x, y, out=room), [1], True)
              def log_mixture(self: __torch__.M, x: Tensor, y: Tensor, ofY: float, out: Tensor) -> Tensor:
                return torch.log_(torch.clamp_min_(torch.lerp(x, y, ofY, out=out), 1e-38))
              def weighed(self: __torch__.M, lp: Tensor, lq: Tensor, p: Tensor, q: Tensor, ofForward: Tensor) -> Tuple[Tensor, Tensor]:
                gap = torch.sub(lq, lp)
                rest = torch.rsub(ofForward, 1.)
                reverse = (self).product_sum(q, gap, lp)
                value = torch.sub(torch.mul(reverse, rest), torch.mul((self).product_sum(p, gap, lp), ofForward))
                own = torch.mul_(torch.add_(torch.mul_(torch.sub_(gap, reverse), rest), ofForward), q)
                return (value, torch.sub_(own, torch.mul(p, ofForward)))
              def log_softmax(self: __torch__.M, z: Tensor, scale: float) -> Tensor:
                if torch.ne(scale, 1.):
                  z = torch.mul(z, scale)
                return torch.log_softmax(z, 1)
              def exponentials(self: __torch__.M, z: Tensor, scale: float, infinite: bool, room: Tensor, into: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
                x = z
                if torch.ne(scale, 1.):
                  x = torch.mul(x, torch.full([1, 1], scale, dtype=6, device=ops.prim.device(x)), out=room)
                if infinite:
                  x = torch.clamp_min(x, -1e30, out=room)
                e, sum, fits = into, torch.empty([1]), False
                if torch.eq(torch.size(x, 0), 1):
                  if torch.__not__(ops.prim.is_cuda(x)):
                    e = torch.exp(x, out=into)
                    sum = torch.sum(e, [1], True)
                    of = annotate(float, torch.item(sum))
                    fits = torch.__and__(torch.gt(of, 1e-18), torch.lt(of, 1e+18))
                if torch.__not__(fits):
                  x = torch._log_softmax(x, 1, False, out=room)
                  if infinite:
                    x = torch.clamp_min_(x, -1e30)
                  e = torch.exp(x, out=into)
                  sum = torch.sum(e, [1], True)
                return (x, e, sum)
              def probabilities(self: __torch__.M, x: Tensor, y: Tensor, p: Tensor, q: Tensor, sp: Tensor, sq: Tensor, s: Tensor, into: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
                lp, lq = torch.sub(x, torch.log(sp), out=s), torch.sub(y, torch.log(sq), out=into)
                return (lp, torch.mul_(p, torch.reciprocal(sp)), lq, torch.mul_(q, torch.reciprocal(sq)))
              def logits(self: __torch__.M, into: Tensor, h: Tensor, w: Tensor) -> Tensor:
                z = torch.slice(into, 0, 0, torch.size(h, 0))
                if torch.eq(ops.prim.dtype(w), 15):
                  _0 = torch.copy_(z, torch.linear(torch.to(h, 15), w))
                else:
                  if ops.prim.is_cuda(z):
                    _1 = torch.addmm_(z, h, torch.t(w), beta=0)
                  else:
                    zs, ws = torch.split(z, 16384, 1), torch.split(w, 16384)
                    for i in range(torch.len(ws)):
                      _2 = torch.addmm_(zs[i], h, torch.t(ws[i]), beta=0)
                return z
              def head_gradient(self: __torch__.M, g: Tensor, by: Tensor, h: Tensor, w: Tensor, dh: Tensor, dw: Tensor) -> Tensor:
                if torch.gt(torch.numel(dw), 0):
                  _0 = torch.addmm_(dw, torch.t(g), torch.mul(h, by))
                if torch.ne(ops.prim.dtype(w), 15):
                  r = torch.addmm_(dh, g, w, beta=0)
                else:
                  r = torch.copy_(dh, torch.matmul(torch.to(g, 15), w))
                return torch.mul_(r, by)
              def blocks(self: __torch__.M, z: Tensor, settings: Tensor) -> Tuple[int, int]:
                parts = int(annotate(float, torch.item(torch.select(settings, 0, 3))))
                if ops.prim.is_cuda(z):
                  most = 16777216
                else:
                  most = torch.mul(parts, 49152)
                step = ops.prim.max(parts, torch.floordiv(most, torch.size(z, 1)))
                return (step, torch.floordiv(torch.sub(torch.add(torch.size(z, 0), step), 1), step))
              def finish(self: __torch__.M, z: Tensor, g: Tensor, by: Tensor, c: Tensor, y: Tensor, cy: Tensor, losses: Tensor) -> Tensor:
                factors = torch.mul(torch.unsqueeze(c, 1), by)
                if torch.gt(torch.numel(y), 0):
                  l = torch.log_softmax(z, 1)
                  yc = torch.unsqueeze(y, 1)
                  _0 = torch.copy_(losses, torch.neg(torch.squeeze(torch.gather(l, 1, yc), 1)))
                  own = torch.scatter_add_(torch.exp_(l), 1, yc, torch.full_like(yc, -1, dtype=6))
                  r = torch.addcmul(torch.mul_(own, torch.unsqueeze(cy, 1)), g, factors, out=z)
                else:
                  r = torch.mul(g, factors, out=z)
                return r
              def top_k(self: __torch__.M, z: Tensor, ids: Tensor, settings: Tensor) -> Tensor:
                scale = annotate(float, torch.item(torch.select(settings, 0, 0)))
                out = torch.empty([torch.size(ids, 0), torch.add(torch.size(ids, 1), 2)], dtype=6, device=ops.prim.device(z))
                step, count = (self).blocks(z, settings)
                for i in range(count):
                  lo = torch.mul(i, step)
                  hi = ops.prim.min([torch.add(lo, step), torch.size(z, 0)])
                  l = (self).log_softmax(torch.slice(z, 0, lo, hi), scale)
                  at = torch.slice(ids, 0, lo, hi)
                  rest = torch.logsumexp(torch.scatter(l, 1, at, -inf), [1], True)
                  _0 = torch.copy_(torch.slice(out, 0, lo, hi), torch.cat([torch.gather(l, 1, at), rest, torch.amin(l, [1], True)], 1))
                return out
              def top_k_gradient(self: __torch__.M, z: Tensor, ids: Tensor, slopes: Tensor, settings: Tensor, c: Tensor, y: Tensor, cy: Tensor) -> Tensor:
                scale = annotate(float, torch.item(torch.select(settings, 0, 0)))
                k = torch.size(ids, 1)
                losses = torch.empty_like(cy)
                step, count = (self).blocks(z, settings)
                for i in range(count):
                  lo = torch.mul(i, step)
                  hi = ops.prim.min([torch.add(lo, step), torch.size(z, 0)])
                  l = (self).log_softmax(torch.slice(z, 0, lo, hi), scale)
                  at, s = torch.slice(ids, 0, lo, hi), torch.slice(slopes, 0, lo, hi)
                  outside = torch.scatter(l, 1, at, -inf)
                  share = torch.exp_(torch.sub_(outside, torch.clamp_min_(torch.logsumexp(outside, [1], True), -1e30)))
                  g = torch.scatter_add_(torch.mul_(share, torch.slice(s, 1, k)), 1, at, torch.slice(s, 1, 0, k))
                  _0 = torch.addcmul_(g, torch.exp_(l), torch.sum(s, [1], True), value=-1)
                  _1 = (self).finish(torch.slice(z, 0, lo, hi), g, torch.full([1, 1], scale, dtype=6, device=ops.prim.device(z)), torch.slice(c, 0, lo, hi), torch.slice(y, 0, lo, hi), torch.slice(cy, 0, lo, hi), torch.slice(losses, 0, lo, hi))
                return losses
            """
                    + Arrays.stream(Formula.values())
                            .map(formula -> method(formula.method(), formula.body))
                            .collect(Collectors.joining());

    /** A chunk goes in blocks of tokens that stay in a core's cache, as do the buffers that all blocks share. */
    private static String method(String name, String body) {
        return """
              def NAME_of(self: __torch__.M, x: Tensor, y: Tensor, p: Tensor, q: Tensor, sp: Tensor, sq: Tensor, a: float, s: Tensor, into: Tensor, t: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
                by = torch.ones_like(sp)
            BODY    return (value, gradient, by)
              def NAME(self: __torch__.M, z: Tensor, zt: Tensor, settings: Tensor, c: Tensor, y: Tensor, cy: Tensor) -> List[Tensor]:
                scale = annotate(float, torch.item(torch.select(settings, 0, 0)))
                a = annotate(float, torch.item(torch.select(settings, 0, 1)))
                infinite = torch.gt(annotate(float, torch.item(torch.select(settings, 0, 2))), 0.)
                n = torch.size(z, 0)
                values, factors = annotate(List[Tensor], []), annotate(List[Tensor], [])
                losses = torch.empty_like(cy)
                step, count = (self).blocks(z, settings)
                labelled = torch.gt(torch.numel(y), 0)
                apart = torch.__or__(labelled, ops.prim.is_cuda(z))
                buffers = torch.add(int(apart), 4)
                room = torch.empty([buffers, ops.prim.min([step, n]), torch.size(z, 1)], dtype=6, device=ops.prim.device(z))
                s0, e0, f0, t0, own0 = room[0], room[1], room[2], room[3], room[-1]
                zs, zts = torch.split(z, step), torch.split(zt, step)
                for i in range(count):
                  zi = zs[i]
                  if torch.eq(torch.size(zi, 0), torch.size(s0, 0)):
                    s, e, f, t, own = s0, e0, f0, t0, own0
                  else:
                    part = torch.slice(room, 1, 0, torch.size(zi, 0))
                    s, e, f, t, own = part[0], part[1], part[2], part[3], part[-1]
                  if apart:
                    into = own
                  else:
                    into = zi
                  xi, p, sp = (self).exponentials(zts[i], scale, infinite, s, e)
                  yi, q, sq = (self).exponentials(zi, scale, False, into, f)
                  value, g, by = (self).NAME_of(xi, yi, p, q, sp, sq, a, s, into, t)
                  _0, _1 = torch.append(values, value), torch.append(factors, by)
                  if labelled:
                    lo = torch.mul(i, step)
                    hi = torch.add(lo, torch.size(zi, 0))
                    _2 = (self).finish(zi, g, torch.mul(by, scale), torch.slice(c, 0, lo, hi), torch.slice(y, 0, lo, hi), torch.slice(cy, 0, lo, hi), torch.slice(losses, 0, lo, hi))
                  else:
                    _2 = torch.copy_(zi, g)
                all = torch.squeeze(torch.cat(values, 0), 1)
                return [torch.masked_fill(torch.clamp_min(all, 0.), torch.gt(all, 1e20), inf), losses, torch.squeeze(torch.cat(factors, 0), 1)]
            """
                .replace("BODY", body)
                .replace("NAME", name);
    }

    private static final class Holder {
        private static final TorchScript MODULE = new TorchScript(SOURCE);
        private static final NDManager CONSTANTS = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    }

    private HeadOps() {}

    /**
     * What turns logits into probabilities, float64 [4] on the CPU.
     *
     * @param temperature divides the logits of both
     * @param setting of the formula
     * @param infinite whether logits of the teacher may be -infinity
     * @param parts into which an operation on some tokens falls, at least: an operation on one token is one core's
     */
    public static NDArray settings(NDManager manager, double temperature, double setting, boolean infinite, int parts) {
        NDArray settings = Holder.CONSTANTS.create(new double[] {1 / temperature, setting, infinite ? 1 : 0, parts});
        settings.attach(manager);
        return settings;
    }

    /**
     * Writes the logits of h [N, D] under w [V, D], float32 or bfloat16, into the first rows of a float32 buffer, and gives those
     * rows [N, V]. A large product on a CPU would take memory of its own: it goes by some thousand tokens of the vocabulary.
     */
    public static NDArray logits(NDArray buffer, NDArray h, NDArray w) {
        return Holder.MODULE.call("logits", false, buffer, h, w).singletonOrThrow();
    }

    /**
     * A divergence of logits. The student's are overwritten: with labels by the gradient of sum(factor times divergence) plus
     * sum(label factor times cross-entropy at temperature 1); without by that of the divergences up to a factor of each token,
     * to be multiplied by it in {@link #headGradient}, where there is less to multiply.
     *
     * @param student [N, V]
     * @param teacher [N, V]
     * @param settings as {@link #settings}
     * @param factors [N], of use with labels only
     * @param labels 64-bit [N], or [0] for no cross-entropy
     * @param labelFactors [N], or [0]
     * @return the divergences [N], infinite where P lacks mass that the divergence asks for; the cross-entropies [N] or [0]; and,
     *     without labels, what a gradient is yet to be multiplied by as if temperature and factor were 1 [N]
     */
    public static NDList divergence(
            Formula formula,
            NDArray student,
            NDArray teacher,
            NDArray settings,
            NDArray factors,
            NDArray labels,
            NDArray labelFactors) {
        return Holder.MODULE.call(formula.method(), false, student, teacher, settings, factors, labels, labelFactors);
    }

    /**
     * Log-probabilities of the student at k tokens [N, k], then that of all others together, then the least of all: [N, k + 2].
     *
     * @param ids 64-bit [N, k]
     */
    public static NDArray topK(NDArray student, NDArray ids, NDArray settings) {
        return Holder.MODULE.call("top_k", false, student, ids, settings).singletonOrThrow();
    }

    /**
     * Overwrites the student's logits [N, V] by the gradient, factors and temperature in it, given the slopes of a value with
     * respect to what {@link #topK} gives.
     *
     * @param slopes [N, k + 1]: by the log-probabilities of the k tokens and of all others together
     * @return the cross-entropies [N] or [0]
     */
    public static NDArray topKGradient(
            NDArray student,
            NDArray ids,
            NDArray slopes,
            NDArray settings,
            NDArray factors,
            NDArray labels,
            NDArray labelFactors) {
        return Holder.MODULE
                .call("top_k_gradient", false, student, ids, slopes, settings, factors, labels, labelFactors)
                .singletonOrThrow();
    }

    /**
     * The way back through the head.
     *
     * @param gradient with respect to the logits [N, V]
     * @param by what each token's gradient is multiplied by [N, 1]
     * @param h [N, D]
     * @param w [V, D]
     * @param dh set to the gradient with respect to h [N, D]
     * @param dw [V, D], added to; or [0] where the head is frozen
     */
    public static void headGradient(NDArray gradient, NDArray by, NDArray h, NDArray w, NDArray dh, NDArray dw) {
        Holder.MODULE
                .call("head_gradient", false, gradient, by, h, w, dh, dw)
                .singletonOrThrow()
                .close();
    }
}
