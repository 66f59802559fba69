package dev.retort.op;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A scope in which the calling thread's operations are recorded for a backward pass. One at a time in a JVM:
 * another thread waits its turn.
 *
 * <p>Outside such a scope nothing that touches a trainable weight is recorded.
 */
public final class Autograd implements AutoCloseable {

    private static final ReentrantLock TURN = new ReentrantLock(true);
    private static volatile Thread recording;

    private final GradientCollector collector;

    private Autograd() {
        collector = Engine.getEngine("PyTorch").newGradientCollector();
    }

    /**
     * The lock that a thread holds while it records. Hold it as well over what recordings of other threads must not come
     * between, such as a whole training, and to take away what may be in use by one, such as a model.
     */
    public static ReentrantLock turn() {
        return TURN;
    }

    /**
     * Starts recording; {@link #close} must be called by the same thread.
     *
     * @throws IllegalStateException if this thread records already
     */
    public static Autograd record() {
        TURN.lock();
        Autograd tape = null;
        try {
            tape = new Autograd();
            recording = Thread.currentThread();
            return tape;
        } finally {
            if (tape == null) {
                TURN.unlock();
            }
        }
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
        try {
            collector.close();
        } finally {
            TURN.unlock();
        }
    }
}
