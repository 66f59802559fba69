package dev.retort.loss;

/**
 * A {@link Divergence} of logits that are there already, row by row, and its gradient with respect to the student's. Computed
 * in float64 from log-probabilities, so that temperatures and logits of any size stay finite.
 */
public final class LogitDivergence {

    private LogitDivergence() {}

    /**
     * The divergence of one row.
     *
     * @param student [N, V], row-major; those of the row must hold no NaN or +infinity and one finite number at least
     * @param teacher [N, V], likewise
     * @param row in [0, N)
     * @param width V
     * @param temperature positive; divides both
     * @param gradient [N, V], whose row is set to the gradient with respect to the student's logits; may be the student's own
     *     array, or null where no gradient is wanted
     */
    public static double row(
            Divergence divergence,
            float[] student,
            float[] teacher,
            int row,
            int width,
            double temperature,
            float[] gradient) {
        if (student.length != teacher.length) {
            throw new IllegalArgumentException("the student has " + student.length + " logits and the teacher "
                    + teacher.length + ": their vocabularies must be one");
        }
        int from = Math.multiplyExact(row, width);
        double[] logQ = logSoftmax(student, from, width, temperature);
        double[] logP = logSoftmax(teacher, from, width, temperature);
        double[] slopes = gradient == null ? null : new double[width];
        double value = divergence.row(logP, logQ, slopes);
        if (gradient != null) {
            double sum = 0;
            for (double slope : slopes) {
                sum += slope;
            }
            for (int i = 0; i < width; i++) {
                gradient[from + i] = (float) ((slopes[i] - Math.exp(logQ[i]) * sum) / temperature);
            }
        }
        // Rounding alone makes it negative.
        return Math.max(0, value);
    }

    private static double[] logSoftmax(float[] logits, int from, int width, double temperature) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = from; i < from + width; i++) {
            largest = Math.max(largest, logits[i]);
        }
        double sum = 0;
        double[] log = new double[width];
        for (int i = 0; i < width; i++) {
            log[i] = (logits[from + i] - largest) / temperature;
            sum += Math.exp(log[i]);
        }
        double logSum = Math.log(sum);
        for (int i = 0; i < width; i++) {
            log[i] -= logSum;
        }
        return log;
    }
}
