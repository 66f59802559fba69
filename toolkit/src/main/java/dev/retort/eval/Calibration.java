package dev.retort.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * How well confidences say how often a model is right (Guo et al., 2017, arXiv 1706.04599).
 *
 * @param error expected calibration error, equation 3: the mean of |accuracy - mean confidence| over the bins, each weighted
 *     by its items; 0 to 1
 * @param bins the reliability diagram, from confidence 0 to 1, empty ones included
 */
public record Calibration(double error, List<Bin> bins) {

    /** How many bins MiniLLM uses (Table 2) is not known. */
    public static final int DEFAULT_BINS = 10;

    /**
     * One bar of the reliability diagram.
     *
     * @param low confidences above it fall in the bin; 0 itself falls in the first
     * @param high confidences up to it, itself included
     * @param count items
     * @param meanConfidence NaN where there are no items
     * @param accuracy the share that is correct; NaN where there are no items
     */
    public record Bin(double low, double high, int count, double meanConfidence, double accuracy) {}

    public Calibration {
        bins = List.copyOf(bins);
    }

    /** With {@link #DEFAULT_BINS} bins. */
    public static Calibration of(double[] confidences, boolean[] correct) {
        return of(confidences, correct, DEFAULT_BINS);
    }

    /**
     * Sorts items into bins of equal width.
     *
     * @param confidences the probability the model gave its prediction, 0 to 1
     * @param correct whether the prediction was right
     * @throws IllegalArgumentException where the two do not fit together, there are none, or a confidence is out of range
     */
    public static Calibration of(double[] confidences, boolean[] correct, int bins) {
        if (confidences.length == 0 || confidences.length != correct.length || bins < 1) {
            throw new IllegalArgumentException(confidences.length + " confidences, " + correct.length + " outcomes and "
                    + bins + " bins: give equally many of the first two and at least one of each");
        }
        int[] counts = new int[bins];
        int[] right = new int[bins];
        double[] sums = new double[bins];
        for (int i = 0; i < confidences.length; i++) {
            if (!(confidences[i] >= 0 && confidences[i] <= 1)) {
                throw new IllegalArgumentException("item " + i + ": confidence " + confidences[i] + " is not 0 to 1");
            }
            int bin = Math.max(0, (int) Math.ceil(confidences[i] * bins) - 1);
            counts[bin]++;
            right[bin] += correct[i] ? 1 : 0;
            sums[bin] += confidences[i];
        }
        List<Bin> rows = new ArrayList<>();
        double error = 0;
        for (int bin = 0; bin < bins; bin++) {
            rows.add(new Bin(
                    (double) bin / bins,
                    (bin + 1.0) / bins,
                    counts[bin],
                    sums[bin] / counts[bin],
                    (double) right[bin] / counts[bin]));
            error += Math.abs(right[bin] - sums[bin]) / confidences.length;
        }
        return new Calibration(error, rows);
    }
}
