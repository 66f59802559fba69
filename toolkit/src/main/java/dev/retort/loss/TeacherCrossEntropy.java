package dev.retort.loss;

import dev.retort.op.HeadOps;

/** -sum P log Q: forward KL and the teacher's entropy together; the gradient is forward KL's. */
public record TeacherCrossEntropy() implements Divergence {

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double p = Math.exp(logP[i]);
            value -= p == 0 ? 0 : p * logQ[i];
            if (slopes != null) {
                slopes[i] = -p;
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.TEACHER_CROSS_ENTROPY;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return -p * leastLogQ;
    }
}
