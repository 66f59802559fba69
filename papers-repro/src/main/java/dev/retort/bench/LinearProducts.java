package dev.retort.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.model.LanguageModel;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The products of a model's linear weights with as many rows as a pass has, and nothing else: a bound for every side. */
final class LinearProducts {

    private final LanguageModel model;
    private final List<NDArray> weights = new ArrayList<>();
    private final NDArray head;
    private final Map<Shape, NDArray> sums = new HashMap<>();

    LinearProducts(LanguageModel model) {
        this(model, UnaryOperator.identity());
    }

    private LinearProducts(LanguageModel model, UnaryOperator<NDArray> layout) {
        this.model = model;
        for (String module : model.weights().linearModules()) {
            weights.add(layout.apply(model.weights().get(module + ".weight")));
        }
        head = layout.apply(model.head());
    }

    /** For {@link #forward} alone, the weights lying as they are read fastest for so many rows. */
    static LinearProducts ofDecoding(LanguageModel model, int rows) {
        return new LinearProducts(model, rows == 1 ? Ops::byColumns : UnaryOperator.identity());
    }

    /**
     * x W^T of every module, and of the head.
     *
     * @param rows of x
     * @param headRows of x for the head
     */
    void forward(int rows, int headRows) {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            for (NDArray weight : weights) {
                x(manager, rows, weight.getShape().get(1), array -> Ops.linear(array, weight)
                        .close());
            }
            x(manager, headRows, head.getShape().get(1), array -> Ops.linear(array, head)
                    .close());
        }
    }

    /** dy W of every module, and of the head: the gradients by inputs. */
    void backward(int rows, int headRows) {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            for (NDArray weight : weights) {
                x(manager, rows, weight.getShape().get(0), array -> array.matMul(weight)
                        .close());
            }
            x(manager, headRows, head.getShape().get(0), array -> array.matMul(head)
                    .close());
        }
    }

    /** dy^T x of every module, and of the head, added up: the gradients by weights. */
    void weightGradients(int rows, int headRows) {
        try (NDManager manager = model.weights().manager().newSubManager()) {
            for (NDArray weight : weights) {
                addGradient(manager, rows, weight);
            }
            addGradient(manager, headRows, head);
        }
    }

    private void addGradient(NDManager manager, int rows, NDArray weight) {
        Shape shape = weight.getShape();
        // One sum for all weights of a shape: whose it is does not change the work.
        NDArray sum =
                sums.computeIfAbsent(shape, each -> model.weights().manager().zeros(each));
        x(manager, rows, shape.get(0), dy -> x(manager, rows, shape.get(1), x -> Ops.addLinearGradient(sum, dy, x)));
    }

    private static void x(NDManager manager, int rows, long width, java.util.function.Consumer<NDArray> use) {
        try (NDArray array = manager.ones(new Shape(rows, width))) {
            use.accept(array);
        }
    }
}
