package dev.retort.loss;

/** The mean of forward and reverse KL. */
public record SymmetricKl() implements Divergence {

    private static final ForwardKl FORWARD = new ForwardKl();
    private static final ReverseKl REVERSE = new ReverseKl();

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        double forward = FORWARD.row(logP, logQ, slopes);
        double[] others = slopes == null ? null : new double[slopes.length];
        double reverse = REVERSE.row(logP, logQ, others);
        if (slopes != null) {
            for (int i = 0; i < slopes.length; i++) {
                slopes[i] = (slopes[i] + others[i]) / 2;
            }
        }
        return (forward + reverse) / 2;
    }
}
