package dev.retort.loss;

import dev.retort.op.HeadOps;

/** KL(Q || P): the student keeps to what the teacher holds likely. MiniLLM, arXiv 2306.08543, equation 1. */
public record ReverseKl() implements Divergence {

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double part = Divergence.part(logQ[i], logP[i]);
            value += part;
            if (slopes != null) {
                slopes[i] = part + Math.exp(logQ[i]);
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.REVERSE_KL;
    }
}
