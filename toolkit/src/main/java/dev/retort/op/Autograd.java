package dev.retort.op;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;

/**
 * A scope in which the calling thread's operations are recorded for a backward pass. One at a time in a JVM.
 *
 * <p>Outside such a scope nothing that touches a trainable weight is recorded.
 */
public final class Autograd implements AutoCloseable {

    private static volatile Thread recording;

    private final GradientCollector collector;

    private Autograd() {
        collector = Engine.getEngine("PyTorch").newGradientCollector();
    }

    /**
     * Starts recording.
     *
     * @throws IllegalStateException if some thread records already
     */
    public static Autograd record() {
        Autograd tape = new Autograd();
        recording = Thread.currentThread();
        return tape;
    }

    /** Gives a trainable array a gradient of zeros that stays its own, to be added to in place. */
    public static void startGradient(NDArray array) {
        try (NDManager scratch = array.getManager().newSubManager();
                Autograd tape = record()) {
            NDArray zeros = scratch.zeros(array.getShape(), array.getDataType());
            NDArray nothing = Ops.dot(zeros, array);
            tape.backward(nothing);
        }
        try (NDArray gradient = array.getGradient()) {
            Ops.zero(gradient); // there may be one from before
        }
    }

    /** Whether this thread records. */
    public static boolean isRecording() {
        return recording == Thread.currentThread();
    }

    /** Adds the gradient of a scalar to every trainable array that it came from, and drops the record of it. */
    public void backward(NDArray scalar) {
        collector.backward(scalar);
    }

    @Override
    public void close() {
        recording = null;
        collector.close();
    }
}
