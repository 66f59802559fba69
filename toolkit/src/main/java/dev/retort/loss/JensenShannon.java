package dev.retort.loss;

import dev.retort.op.HeadOps;

/**
 * beta KL(P || M) + (1 - beta) KL(Q || M) with M = beta P + (1 - beta) Q: generalised Jensen-Shannon divergence, GKD, arXiv
 * 2306.13649, equation 2. Forward KL at 0 and reverse KL at 1, as TRL has it: the formula itself is 0 there.
 *
 * @param beta in [0, 1]
 */
public record JensenShannon(double beta) implements Divergence {

    public JensenShannon {
        Divergence.requireShare("beta", beta);
    }

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        if (beta == 0) {
            return new ForwardKl().row(logP, logQ, slopes);
        }
        if (beta == 1) {
            return new ReverseKl().row(logP, logQ, slopes);
        }
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double q = Math.exp(logQ[i]);
            double logM = Math.log(beta * Math.exp(logP[i]) + (1 - beta) * q);
            value += beta * Divergence.part(logP[i], logM) + (1 - beta) * Divergence.part(logQ[i], logM);
            if (slopes != null) {
                slopes[i] = (1 - beta) * Divergence.part(logQ[i], logM);
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return beta == 0
                ? HeadOps.Formula.FORWARD_KL
                : beta == 1 ? HeadOps.Formula.REVERSE_KL : HeadOps.Formula.JENSEN_SHANNON;
    }

    @Override
    public double setting() {
        return beta;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return beta == 0
                ? new ForwardKl().most(p, q, mostLogP, leastLogQ)
                : beta == 1
                        ? Double.POSITIVE_INFINITY
                        : -beta * p * Math.log(beta) - (1 - beta) * q * Math.log1p(-beta);
    }
}
