package dev.retort.loss;

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
}
