package dev.retort.loss;

import java.util.Arrays;

/** A divergence of which the teacher's k most probable tokens are known, row by row, in float64. */
final class TopKDivergence {

    /** Of a float32 near 1: what each of the probabilities in a sum may hide. */
    private static final double ROUNDING = 0x1p-24;

    private final Divergence divergence;
    private final TeacherSignal.TopK teacher;
    private final int k;

    TopKDivergence(Divergence divergence, TeacherSignal.TopK teacher) {
        this.divergence = divergence;
        this.teacher = teacher;
        k = teacher.top().k();
    }

    /**
     * One row's.
     *
     * @param bound how far the value over the whole vocabulary can be from this one; infinite where nothing holds it
     */
    record Value(double value, double bound) {}

    /**
     * The value of one row.
     *
     * @param student log-probabilities at the teacher's tokens, of all others together, and the least of all
     * @param at where the row begins in them
     * @param slopes set to the derivatives by the first k + 1 of them
     * @param to where the row begins in them
     */
    Value row(int row, float[] student, int at, float[] slopes, int to) {
        double[] logP = new double[k + 1];
        double[] logQ = new double[k + 1];
        for (int i = 0; i < k; i++) {
            logP[i] = teacher.top().logProbs()[row * k + i];
            logQ[i] = student[at + i];
        }
        logQ[k] = student[at + k];
        // With all tokens known, what the teacher lacks to 1 is rounding. Else a softmax leaves the others something:
        // where
        // the sum cannot tell it from none, it is taken for what rounding hides, or a reverse KL would be infinite.
        double mass =
                logQ[k] == Double.NEGATIVE_INFINITY ? 0 : Math.max(teacher.top().outsideMass(row), (k + 1) * ROUNDING);
        logP[k] = Math.log(mass);
        double[] inP = Arrays.copyOf(logP, k);
        double[] inQ = Arrays.copyOf(logQ, k);
        double[] w = new double[k + 1];
        double inside = divergence.row(inP, inQ, null);
        double whole = divergence.row(logP, logQ, teacher.outside() == TeacherSignal.Outside.BUCKET ? w : null);
        double value =
                switch (teacher.outside()) {
                    case ZERO -> divergence.row(inP, inQ, w);
                    case BUCKET -> whole;
                    case RENORMALISE -> renormalised(inP, inQ, w);
                };
        for (int i = 0; i <= k; i++) {
            slopes[to + i] = (float) w[i];
        }
        // A token outside is at most as probable as the last of the k. Merging tokens never raises a divergence.
        double most = logQ[k] == Double.NEGATIVE_INFINITY
                ? 0
                : divergence.most(mass, Math.exp(logQ[k]), Math.min(logP[k - 1], logP[k]), student[at + k + 1]);
        return new Value(value, Math.max(0, Math.max(inside + most - value, value - whole)));
    }

    /** Sets the slopes by the k log-probabilities as they stand: moving all of them alike changes nothing. */
    private double renormalised(double[] logP, double[] logQ, double[] slopes) {
        double ofP = logSum(logP);
        double ofQ = logSum(logQ);
        for (int i = 0; i < k; i++) {
            logP[i] -= ofP;
            logQ[i] -= ofQ;
        }
        double value = divergence.row(logP, logQ, slopes);
        double sum = 0;
        for (int i = 0; i < k; i++) {
            sum += slopes[i];
        }
        for (int i = 0; i < k; i++) {
            slopes[i] -= Math.exp(logQ[i]) * sum;
        }
        return value;
    }

    private static double logSum(double[] logs) {
        double largest = Arrays.stream(logs).max().orElseThrow();
        return largest
                + Math.log(
                        Arrays.stream(logs).map(log -> Math.exp(log - largest)).sum());
    }
}
