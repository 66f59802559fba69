package dev.retort.teacher;

import java.util.SplittableRandom;

/**
 * Decides which step of a {@link Program} goes wrong: none, or exactly one. A program calls {@link #next} once for each step
 * and, where it returns true, takes a wrong result and goes on from it.
 */
public final class StepErrors {

    private final SplittableRandom random;
    private final int wrongStep;
    private int steps;

    private StepErrors(SplittableRandom random, int wrongStep) {
        this.random = random;
        this.wrongStep = wrongStep;
    }

    /** No step goes wrong. */
    public static StepErrors none() {
        return new StepErrors(new SplittableRandom(0), -1);
    }

    /** The step of this number, from 0, goes wrong; the generator is what {@link #pick} draws from. */
    public static StepErrors at(int wrongStep, SplittableRandom random) {
        return new StepErrors(random, wrongStep);
    }

    /** Begins a step; true where it is to go wrong. */
    public boolean next() {
        return steps++ == wrongStep;
    }

    /** One of the numbers 0 to bound - 1, for choosing among wrong results. */
    public int pick(int bound) {
        return random.nextInt(bound);
    }

    /** The steps begun so far. */
    public int steps() {
        return steps;
    }
}
