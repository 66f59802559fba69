package dev.retort.loss;

import dev.retort.op.HeadOps;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Adaptive KL (Wu et al. 2024, arXiv 2404.02657): forward and reverse KL weighed by how far P and Q lie apart in the head and in
 * the tail of P. The head is the most probable tokens of P while their sum is at most mu, and the first of them always. The
 * weights carry no gradient; where P and Q are equal both are a half.
 *
 * @param mu in [0, 1]
 */
public record AdaptiveKl(double mu) implements Divergence {

    public AdaptiveKl {
        Divergence.requireShare("mu", mu);
    }

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        int[] byMass = IntStream.range(0, logP.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -logP[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double head = 0;
        double tail = 0;
        double mass = 0;
        for (int rank = 0; rank < byMass.length; rank++) {
            double p = Math.exp(logP[byMass[rank]]);
            mass += p;
            double apart = Math.abs(p - Math.exp(logQ[byMass[rank]]));
            if (rank == 0 || mass <= mu) {
                head += apart;
            } else {
                tail += apart;
            }
        }
        double ofForward = head + tail == 0 ? 0.5 : head / (head + tail);
        return SymmetricKl.weighed(ofForward, logP, logQ, slopes);
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.ADAPTIVE_KL;
    }

    @Override
    public double setting() {
        return mu;
    }
}
