package dev.retort.signal;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * What a teacher holds most probable at each of N positions: the ids of its k most probable tokens and their natural
 * log-probabilities under the softmax over its whole vocabulary, most probable first.
 *
 * @param positions N, at least 1
 * @param k tokens a position, at least 1
 * @param ids [N, k], row after row; at least 0, none twice in a row
 * @param logProbs [N, k], at most 0 and descending in a row, where they sum to at most 1 as probabilities; negative infinity
 *     is probability 0
 */
public record TopKLogProbs(int positions, int k, int[] ids, float[] logProbs) {

    /** How far rounding may carry a log-probability over 0, or the probabilities of a row over 1. */
    public static final double ROUNDING = 1e-3;

    /** @throws IllegalArgumentException where these are no log-probabilities of the k most probable tokens */
    public TopKLogProbs {
        require(positions >= 1 && k >= 1, "needs at least 1 position and 1 token, not " + positions + " and " + k);
        long size = (long) positions * k;
        require(
                ids.length == size && logProbs.length == size,
                positions + " positions of " + k + " tokens need " + size + " ids and log-probabilities, not "
                        + ids.length + " and " + logProbs.length);
        for (int position = 0; position < positions; position++) {
            checkRow(position, k, ids, logProbs);
        }
    }

    private static void checkRow(int position, int k, int[] ids, float[] logProbs) {
        int start = position * k;
        double mass = 0;
        for (int i = start; i < start + k; i++) {
            require(logProbs[i] <= ROUNDING, "position " + position + ": " + logProbs[i] + " is no log-probability");
            require(
                    i == start || logProbs[i] <= logProbs[i - 1],
                    "position " + position + ": the log-probabilities do not descend");
            mass += Math.exp(logProbs[i]);
        }
        require(mass <= 1 + ROUNDING, "position " + position + ": the probabilities sum to " + mass);
        int[] sorted = Arrays.copyOfRange(ids, start, start + k);
        Arrays.sort(sorted);
        require(sorted[0] >= 0, "position " + position + ": " + sorted[0] + " is no token id");
        for (int i = 1; i < k; i++) {
            require(
                    sorted[i] != sorted[i - 1],
                    "position " + position + ": token id " + sorted[i] + " stands there twice");
        }
    }

    /** These positions (0 to N - 1), in their order. */
    public TopKLogProbs select(int[] chosen) {
        int[] chosenIds = new int[chosen.length * k];
        float[] chosenLogProbs = new float[chosen.length * k];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(ids, chosen[i] * k, chosenIds, i * k, k);
            System.arraycopy(logProbs, chosen[i] * k, chosenLogProbs, i * k, k);
        }
        return new TopKLogProbs(chosen.length, k, chosenIds, chosenLogProbs);
    }

    /** The positions of several, behind one another. */
    public static TopKLogProbs join(List<TopKLogProbs> parts) {
        int positions = parts.stream().mapToInt(TopKLogProbs::positions).sum();
        int k = parts.get(0).k;
        IntBuffer ids = IntBuffer.allocate(positions * k);
        FloatBuffer logProbs = FloatBuffer.allocate(positions * k);
        for (TopKLogProbs part : parts) {
            ids.put(part.ids);
            logProbs.put(part.logProbs);
        }
        return new TopKLogProbs(positions, k, ids.array(), logProbs.array());
    }

    /** The probability of all other tokens of the vocabulary at a position (0 to N - 1), at least 0. */
    public double outsideMass(int position) {
        int start = position * k;
        // Next to a token that is all but certain, 1 minus a sum of probabilities would be rounding only.
        double outside = -Math.expm1(logProbs[start]);
        for (int i = start + 1; i < start + k; i++) {
            outside -= Math.exp(logProbs[i]);
        }
        return Math.max(0, outside);
    }

    /**
     * Refuses ids that a vocabulary of this size does not have.
     *
     * @throws IllegalArgumentException naming the first of them
     */
    public void requireVocabulary(int size) {
        for (int i = 0; i < ids.length; i++) {
            require(
                    ids[i] < size,
                    "position " + i / k + ": token id " + ids[i] + " is not in the vocabulary of " + size + " ids");
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException("top-k log-probabilities: " + message);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TopKLogProbs that
                && positions == that.positions
                && k == that.k
                && Arrays.equals(ids, that.ids)
                && Arrays.equals(logProbs, that.logProbs);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(logProbs);
    }

    @Override
    public String toString() {
        return "TopKLogProbs[" + positions + " x " + k + ", ids=" + Arrays.toString(ids) + ", logProbs="
                + Arrays.toString(logProbs) + "]";
    }
}
