package dev.retort.loss;

import dev.retort.op.HeadOps;

/**
 * KL(P || alpha P + (1 - alpha) Q): skew KL, DistiLLM, arXiv 2402.03898, equation 4; finite where Q lacks mass that P has.
 *
 * @param alpha in [0, 1]; forward KL at 0
 */
public record SkewKl(double alpha) implements Divergence {

    public SkewKl {
        Divergence.requireShare("alpha", alpha);
    }

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        if (alpha == 0) {
            return new ForwardKl().row(logP, logQ, slopes);
        }
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double p = Math.exp(logP[i]);
            double q = Math.exp(logQ[i]);
            double mixed = alpha * p + (1 - alpha) * q;
            value += Divergence.part(logP[i], Math.log(mixed));
            if (slopes != null) {
                slopes[i] = mixed == 0 ? 0 : -p * (1 - alpha) * q / mixed;
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return alpha == 0 ? HeadOps.Formula.FORWARD_KL : HeadOps.Formula.SKEW_KL;
    }

    @Override
    public double setting() {
        return alpha;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return alpha == 0 ? new ForwardKl().most(p, q, mostLogP, leastLogQ) : -p * Math.log(alpha);
    }
}
