package dev.retort.loss;

import dev.retort.op.HeadOps;

/** Half the sum of |P - Q|, in [0, 1]; where both are equal its gradient is taken as 0. */
public record TotalVariation() implements Divergence {

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        double value = 0;
        for (int i = 0; i < logP.length; i++) {
            double q = Math.exp(logQ[i]);
            double apart = q - Math.exp(logP[i]);
            value += Math.abs(apart) / 2;
            if (slopes != null) {
                slopes[i] = Math.signum(apart) * q / 2;
            }
        }
        return value;
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.TOTAL_VARIATION;
    }

    @Override
    public double most(double p, double q, double mostLogP, double leastLogQ) {
        return (p + q) / 2;
    }
}
