package dev.retort.answer;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * When an answer wins a vote. Under every rule the winner must also have more votes than any other answer: ties are
 * dropped, never broken.
 */
public sealed interface VoteRule extends Serializable {

    /**
     * The rule of a name: strict, plurality, or a fraction such as 0.6.
     *
     * @return nothing where the text is none of them
     * @throws IllegalArgumentException for a fraction that is not in (0, 1]
     */
    static Optional<VoteRule> named(String text) {
        if (text.equals("strict")) {
            return Optional.of(new StrictMajority());
        }
        if (text.equals("plurality")) {
            return Optional.of(new Plurality());
        }
        double fraction;
        try {
            fraction = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        return Optional.of(new AtLeast(fraction));
    }

    /** The name, a fraction in its shortest form. */
    String title();

    /** The least votes with which an answer can win when {@code total} samples are asked for; at least 1. */
    int needed(int total);

    /** More than half of all samples asked for, those without an answer included. */
    record StrictMajority() implements VoteRule {
        @Override
        public String title() {
            return "strict";
        }

        @Override
        public int needed(int total) {
            return total / 2 + 1;
        }
    }

    /** More votes than any other answer. */
    record Plurality() implements VoteRule {
        @Override
        public String title() {
            return "plurality";
        }

        @Override
        public int needed(int total) {
            return 1;
        }
    }

    /** At least a fraction, in (0, 1], of all samples asked for, those without an answer included. */
    record AtLeast(double fraction) implements VoteRule {

        /** Checks the range. */
        public AtLeast {
            if (!(fraction > 0 && fraction <= 1)) {
                throw new IllegalArgumentException("vote fraction " + fraction + " is not in (0, 1]");
            }
        }

        @Override
        public String title() {
            return Double.toString(fraction);
        }

        @Override
        public int needed(int total) {
            // Decimal, so that 0.6 of 5 is 3 and not a hair more.
            BigDecimal share = BigDecimal.valueOf(fraction).multiply(BigDecimal.valueOf(total));
            return Math.max(1, share.setScale(0, RoundingMode.CEILING).intValueExact());
        }
    }

    /**
     * Whether the verdict, winner or none, is the same however the samples still missing turn out, so that asking can
     * stop.
     *
     * @param counts the votes of each distinct answer so far
     * @param asked samples in so far, those without an answer included; at least the sum of counts
     * @param total samples asked for in all
     */
    default boolean decided(Collection<Integer> counts, int asked, int total) {
        int first = 0;
        int second = 0;
        long sum = 0;
        for (int count : counts) {
            sum += count;
            if (count > first) {
                second = first;
                first = count;
            } else {
                second = Math.max(second, count);
            }
        }
        if (sum > asked || asked > total) {
            throw new IllegalArgumentException(
                    "votes " + sum + ", asked " + asked + ", total " + total + ": each must be at most the next");
        }
        int missing = total - asked;
        boolean leaderIsSafe = first >= needed(total) && first > second + missing;
        boolean noneCanWin = first + missing < needed(total);
        return missing == 0 || leaderIsSafe || noneCanWin;
    }

    /**
     * The fewest further samples after which the verdict can be decided, if they turn out one way or another; 0 where it is
     * decided already. Asking so many at a time asks for none that could have been saved.
     *
     * @param counts as for {@link #decided}
     */
    default int fewestToDecide(Collection<Integer> counts, int asked, int total) {
        int first = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
        for (int more = 0; asked + more < total; more++) {
            List<Integer> agreeing = new ArrayList<>(counts);
            agreeing.remove((Integer) first);
            agreeing.add(first + more);
            // Either all of them are votes for the leader, or none of them is a vote for anyone.
            if (decided(agreeing, asked + more, total) || decided(counts, asked + more, total)) {
                return more;
            }
        }
        return total - asked;
    }
}
