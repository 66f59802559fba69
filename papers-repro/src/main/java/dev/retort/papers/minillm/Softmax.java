package dev.retort.papers.minillm;

/** The softmax of a row of logits, and the way back through it. */
final class Softmax {

    private Softmax() {}

    /** log sum exp of a row. */
    static double logSum(double[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - largest);
        }
        return largest + Math.log(sum);
    }

    /** Log-probabilities of a row. */
    static double[] log(double[] logits) {
        double sum = logSum(logits);
        double[] log = new double[logits.length];
        for (int i = 0; i < log.length; i++) {
            log[i] = logits[i] - sum;
        }
        return log;
    }

    /**
     * The gradient with respect to the logits, w - q sum(w).
     *
     * @param slopes w, the derivatives with respect to the log-probabilities
     * @param log the log-probabilities, log q
     */
    static double[] back(double[] slopes, double[] log) {
        double sum = 0;
        for (double slope : slopes) {
            sum += slope;
        }
        double[] gradient = new double[slopes.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = slopes[i] - Math.exp(log[i]) * sum;
        }
        return gradient;
    }
}
