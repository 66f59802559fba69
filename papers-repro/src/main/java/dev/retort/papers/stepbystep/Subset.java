package dev.retort.papers.stepbystep;

import dev.retort.data.SeededRandom;
import java.util.Arrays;
import java.util.List;

/** Random subsets of rows that do not depend on the machine. Of one n and seed, the smaller lies in the larger. */
public final class Subset {

    private static final long TEST_SEED = 0;

    private Subset() {}

    /**
     * Training rows for a run.
     *
     * @param n how many rows there are
     * @param size how many are wanted, 0 to n
     * @return their indices, ascending
     */
    public static int[] of(int n, int size, long seed) {
        return draw(n, size, seed, "step-by-step/train-subset");
    }

    /** Test rows, the same for every run and every seed; as in {@link #of} a smaller subset lies in a larger one. */
    public static int[] ofTest(int n, int size) {
        return draw(n, size, TEST_SEED, "step-by-step/test-subset");
    }

    /** The rows at these indices. */
    public static <T> List<T> pick(List<T> rows, int[] indices) {
        return Arrays.stream(indices).mapToObj(rows::get).toList();
    }

    private static int[] draw(int n, int size, long seed, String stage) {
        if (size < 0 || size > n) {
            throw new IllegalArgumentException("a subset of " + n + " rows cannot hold " + size);
        }
        int[] chosen = Arrays.copyOf(SeededRandom.permutation(n, SeededRandom.of(seed, stage, n)), size);
        Arrays.sort(chosen);
        return chosen;
    }
}
