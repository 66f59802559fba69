package dev.retort.signal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.List;

/** Gathers the k most probable tokens of one position after the other from a server's answers. */
final class TopKRows {

    /** A token with its log-probability. */
    record Candidate(int id, float logProb) {}

    /** Of equally probable tokens the lower id goes first, whatever the server's order. */
    private static final Comparator<Candidate> MOST_PROBABLE_FIRST = Comparator.<Candidate>comparingDouble(
                    candidate -> -candidate.logProb)
            .thenComparingInt(Candidate::id);

    private final int positions;
    private final int k;
    private final int[] ids;
    private final float[] logProbs;
    private int filled;

    TopKRows(int positions, int k) {
        this.positions = positions;
        this.k = k;
        ids = new int[Math.multiplyExact(positions, k)];
        logProbs = new float[ids.length];
    }

    /** Adds a position; those beyond the k most probable are left out. False where there are fewer than k. */
    boolean add(List<Candidate> candidates) {
        if (candidates.size() < k) {
            return false;
        }
        candidates.stream().sorted(MOST_PROBABLE_FIRST).limit(k).forEach(candidate -> {
            ids[filled] = candidate.id;
            logProbs[filled] = candidate.logProb;
            filled++;
        });
        return true;
    }

    /** @throws IllegalArgumentException where they are no log-probabilities */
    TopKLogProbs build() {
        return new TopKLogProbs(positions, k, ids, logProbs);
    }

    /** A log-probability of an answer; not a number where it is none. */
    static float logProb(JsonNode node) {
        return node.isNumber() ? (float) node.doubleValue() : Float.NaN;
    }
}
