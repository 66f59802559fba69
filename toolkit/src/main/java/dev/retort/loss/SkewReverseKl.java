package dev.retort.loss;

import dev.retort.op.HeadOps;

/**
 * KL(Q || alpha Q + (1 - alpha) P): skew reverse KL, DistiLLM, arXiv 2402.03898; finite where P lacks mass that Q has.
 *
 * @param alpha in [0, 1]; reverse KL at 0
 */
public record SkewReverseKl(double alpha) implements Divergence {

    public SkewReverseKl {
        Divergence.requireShare("alpha", alpha);
    }

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        if (alpha == 0) {
            return new ReverseKl().row(logP, logQ, slopes);
        }
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double q = Math.exp(logQ[i]);
            double rest = (1 - alpha) * Math.exp(logP[i]);
            double mixed = alpha * q + rest;
            double part = Divergence.part(logQ[i], Math.log(mixed));
            value += part;
            if (slopes != null) {
                slopes[i] = mixed == 0 ? 0 : part + q * rest / mixed;
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return alpha == 0 ? HeadOps.Formula.REVERSE_KL : HeadOps.Formula.SKEW_REVERSE_KL;
    }

    @Override
    public double setting() {
        return alpha;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return alpha == 0 ? Double.POSITIVE_INFINITY : -q * Math.log(alpha);
    }
}
