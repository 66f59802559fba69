package dev.retort.loss;

/**
 * Unlikelihood of one label from logits that are there already: -log(1 - softmax(z / temperature)[y]), in nats (Welleck et al.
 * 2020, arXiv 1908.04319, equation 3), and its closed-form gradient. Computed in float64.
 */
public final class LogitUnlikelihood {

    private LogitUnlikelihood() {}

    /**
     * The loss of one row; infinite where the label has all the mass.
     *
     * @param logits [N, V], row-major; those of the row must hold no NaN or +infinity and one finite number at least
     * @param row in [0, N)
     * @param width V
     * @param label y, in [0, V)
     * @param temperature positive
     * @param gradient [N, V], whose row is set to the gradient with respect to the logits; may be the logits' own array, or
     *     null where no gradient is wanted
     */
    public static double row(float[] logits, int row, int width, int label, double temperature, float[] gradient) {
        int from = Math.multiplyExact(row, width);
        // The others are measured from their own largest: beside a label with nearly all the mass they would vanish.
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < width; i++) {
            largest = i == label ? largest : Math.max(largest, logits[from + i]);
        }
        if (largest == Double.NEGATIVE_INFINITY) {
            return Double.POSITIVE_INFINITY;
        }
        double others = 0;
        for (int i = 0; i < width; i++) {
            others += i == label ? 0 : Math.exp((logits[from + i] - largest) / temperature);
        }
        // The label's odds: q / (1 - q).
        double logOdds = (logits[from + label] - largest) / temperature - Math.log(others);
        double ofLabel = 1 / (1 + Math.exp(-logOdds));
        if (gradient != null) {
            for (int i = 0; i < width; i++) {
                double share =
                        i == label ? ofLabel : -ofLabel * Math.exp((logits[from + i] - largest) / temperature) / others;
                gradient[from + i] = (float) (share / temperature);
            }
        }
        return logOdds > 0 ? logOdds + Math.log1p(Math.exp(-logOdds)) : Math.log1p(Math.exp(logOdds));
    }
}
