package dev.retort.loss;

import dev.retort.op.HeadOps;

/** The mean of forward and reverse KL. */
public record SymmetricKl() implements Divergence {

    private static final ForwardKl FORWARD = new ForwardKl();
    private static final ReverseKl REVERSE = new ReverseKl();

    @Override
    public double row(double[] logP, double[] logQ, double[] slopes) {
        return weighed(0.5, logP, logQ, slopes);
    }

    /** Forward KL by its weight and reverse KL by the rest; a side that weighs nothing adds nothing, though it were infinite. */
    static double weighed(double ofForward, double[] logP, double[] logQ, double[] slopes) {
        double forward = FORWARD.row(logP, logQ, slopes);
        double[] others = slopes == null ? null : new double[slopes.length];
        double reverse = REVERSE.row(logP, logQ, others);
        if (slopes != null) {
            for (int i = 0; i < slopes.length; i++) {
                slopes[i] = (ofForward == 0 ? 0 : ofForward * slopes[i])
                        + (ofForward == 1 ? 0 : (1 - ofForward) * others[i]);
            }
        }
        return (ofForward == 0 ? 0 : ofForward * forward) + (ofForward == 1 ? 0 : (1 - ofForward) * reverse);
    }

    @Override
    public HeadOps.Formula formula() {
        return HeadOps.Formula.WEIGHED_KL;
    }

    @Override
    public double setting() {
        return 0.5;
    }
}
