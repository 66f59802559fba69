package dev.retort.loss;

import dev.retort.op.HeadOps;

/**
 * How far a student's distribution Q is from a teacher's P over the same vocabulary, both softmax(z / temperature), in nats.
 *
 * <p>Value and gradient of one row in closed form, in float64. Where w = d value / d log Q, the gradient with respect to the
 * student's logits is (w - Q sum(w)) / temperature: the softmax's own part is the same for all of them and stands in {@link
 * LogitDivergence}. No gradient reaches the teacher, and there is no factor of the temperature squared.
 */
public sealed interface Divergence
        permits AdaptiveKl,
                ForwardKl,
                JensenShannon,
                ReverseKl,
                SkewKl,
                SkewReverseKl,
                SymmetricKl,
                TeacherCrossEntropy,
                TotalVariation {

    /**
     * The value, and its derivatives.
     *
     * @param logP log-probabilities of the teacher, [V]; -infinity where it has no mass
     * @param logQ log-probabilities of the student, [V]
     * @param slopes set to d value / d log Q, [V]; null where no gradient is wanted
     * @return in nats; infinite where P has mass that Q lacks and the divergence does not forgive it, or the other way round
     */
    double row(double[] logP, double[] logQ, double[] slopes);

    /** How {@link HeadDivergence} computes it, in float32. */
    HeadOps.Formula formula();

    /** The formula's setting; 0 where it has none. */
    default double setting() {
        return 0;
    }

    /**
     * The most that the terms of tokens add to the value of which only this is known; infinite where nothing holds them.
     *
     * @param p mass of P on them
     * @param q mass of Q on them
     * @param mostLogP at least the log-probability that P gives any of them
     * @param leastLogQ at most the log-probability that Q gives any of them
     */
    default double most(double p, double q, double mostLogP, double leastLogQ) {
        return Double.POSITIVE_INFINITY;
    }

    /** x log(x / y) from the logarithms; 0 where x is 0. */
    static double part(double logX, double logY) {
        double x = Math.exp(logX);
        return x == 0 ? 0 : x * (logX - logY);
    }

    /** Checks a share that a mixture is made with. */
    static void requireShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must be 0 to 1, not " + value);
        }
    }
}
