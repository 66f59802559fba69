package dev.retort.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.retort.op.Ops;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) as in PyTorch, with clipping by the global norm. Weight decay does not act on
 * vectors (norms and biases), as in Hugging Face's Trainer.
 */
public final class AdamW implements AutoCloseable {

    /**
     * Settings under Hugging Face's names.
     *
     * @param adamBeta1 decay of the first moment
     * @param adamBeta2 decay of the second moment
     * @param adamEpsilon added to the root of the second moment
     * @param weightDecay decoupled; 0 for none
     * @param maxGradNorm the gradient's global norm is scaled down to this; 0 for no clipping
     */
    public record Settings(
            double adamBeta1, double adamBeta2, double adamEpsilon, double weightDecay, double maxGradNorm) {

        /** The defaults of Hugging Face's Trainer. */
        public static Settings defaults() {
            return new Settings(0.9, 0.999, 1e-8, 0, 1);
        }
    }

    private final Map<String, NDArray> weights;
    private final Settings settings;
    private final NDManager manager;
    private final Map<String, NDArray> first = new LinkedHashMap<>();
    private final Map<String, NDArray> second = new LinkedHashMap<>();
    private long steps;

    /**
     * @param weights the trained arrays by name; frozen ones have no place here
     * @param manager parent of the moments' manager
     */
    public AdamW(Map<String, NDArray> weights, Settings settings, NDManager manager) {
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("nothing is trained: every weight is frozen");
        }
        this.weights = new LinkedHashMap<>(weights);
        this.settings = settings;
        this.manager = manager.newSubManager();
        weights.forEach((name, weight) -> {
            first.put(name, this.manager.zeros(weight.getShape(), DataType.FLOAT32));
            second.put(name, this.manager.zeros(weight.getShape(), DataType.FLOAT32));
        });
    }

    /**
     * Updates every weight from its gradient, then sets the gradients to zero.
     *
     * @return the gradient's global norm before clipping
     * @throws ArithmeticException if the norm is not finite; the weights are then untouched
     */
    public double step(double learningRate) {
        try (NDManager scratch = manager.newSubManager()) {
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            double squares = 0;
            for (Map.Entry<String, NDArray> entry : weights.entrySet()) {
                NDArray gradient = entry.getValue().getGradient();
                gradient.attach(scratch);
                gradients.put(entry.getKey(), gradient);
                squares += Ops.squareSum(gradient).toDoubleArray()[0];
            }
            double norm = Math.sqrt(squares);
            if (!Double.isFinite(norm)) {
                throw new ArithmeticException("the gradient is not finite at optimiser step " + (steps + 1)
                        + ": lower learning_rate or look at the data of that step");
            }
            steps++;
            // As torch.nn.utils.clip_grad_norm_.
            double clip = settings.maxGradNorm() > 0 ? Math.min(1, settings.maxGradNorm() / (norm + 1e-6)) : 1;
            NDArray decayed = scratch.create(numbers(learningRate, settings.weightDecay(), clip));
            NDArray plain = scratch.create(numbers(learningRate, 0, clip));
            gradients.forEach((name, gradient) -> {
                NDArray weight = weights.get(name);
                boolean vector = weight.getShape().dimension() < 2;
                Ops.adamW(gradient, weight, first.get(name), second.get(name), vector ? plain : decayed);
            });
            return norm;
        }
    }

    /** Sets the gradients to zero without a step. */
    void discard() {
        weights.values().forEach(weight -> {
            try (NDArray gradient = weight.getGradient()) {
                Ops.zero(gradient);
            }
        });
    }

    private double[] numbers(double learningRate, double decay, double clip) {
        return new double[] {
            learningRate, settings.adamBeta1(), settings.adamBeta2(), settings.adamEpsilon(), decay, clip, steps
        };
    }

    /** Optimiser steps taken. */
    public long steps() {
        return steps;
    }

    /** The moments under the names m.WEIGHT and v.WEIGHT. */
    Map<String, NDArray> moments() {
        Map<String, NDArray> moments = new LinkedHashMap<>();
        first.forEach((name, array) -> moments.put("m." + name, array));
        second.forEach((name, array) -> moments.put("v." + name, array));
        return moments;
    }

    void setSteps(long value) {
        steps = value;
    }

    @Override
    public void close() {
        manager.close();
    }
}
