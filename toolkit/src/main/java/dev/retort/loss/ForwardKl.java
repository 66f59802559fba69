package dev.retort.loss;

import dev.retort.op.HeadOps;

/** KL(P || Q): the student covers all that the teacher does. Hinton et al. 2015, arXiv 1503.02531, up to the teacher's entropy. */
public record ForwardKl() implements Divergence {

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            value += Divergence.part(logP[i], logQ[i]);
            if (slopes != null) {
                slopes[i] = -Math.exp(logP[i]);
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.FORWARD_KL;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return p * (mostLogP - leastLogQ);
    }
}
