package dev.retort.loss;

/**
 * Cross-entropy of one label from logits that are there already: -log softmax(z / temperature)[y], in nats, and its closed-form
 * gradient (softmax minus one-hot) / temperature, without a temperature-squared factor.
 *
 * <p>For training use {@link CrossEntropy}, which never holds all logits. Computed in float64 from the log-sum-exp, so that
 * temperatures and logits of any size stay finite.
 */
public final class LogitCrossEntropy {

    private LogitCrossEntropy() {}

    /**
     * The loss of one row; infinite where the label's logit is -infinity.
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
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = from; i < from + width; i++) {
            largest = Math.max(largest, logits[i]);
        }
        // The label's own part stays out of the sum: where it is nearly all, 1 - p would lose the digits of what is
        // left.
        double others = 0;
        for (int i = from; i < from + width; i++) {
            if (i != from + label) {
                others += Math.exp((logits[i] - largest) / temperature);
            }
        }
        double below = (largest - logits[from + label]) / temperature;
        double own = Math.exp(-below);
        double sum = others + own;
        if (gradient != null) {
            for (int i = from; i < from + width; i++) {
                double share = i == from + label ? -others : Math.exp((logits[i] - largest) / temperature);
                gradient[i] = (float) (share / sum / temperature);
            }
        }
        return below == 0 ? Math.log1p(others) : below + Math.log(sum);
    }
}
