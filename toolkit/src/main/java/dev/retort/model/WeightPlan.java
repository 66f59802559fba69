package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.data.SeededRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** The weights that a configuration asks for: names in order, shapes, and how each starts when a model is made from scratch. */
final class WeightPlan {

    private enum Start {
        NORMAL,
        ONES,
        ZEROS
    }

    private record Entry(long[] shape, Start start, boolean mayLack, boolean fromScratch) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private String optionalPrefix = "";

    void matrix(String name, long rows, long columns) {
        entries.put(name, new Entry(new long[] {rows, columns}, Start.NORMAL, false, true));
    }

    /** A matrix that a file may lack; a model made from scratch has it only if told so. */
    void optionalMatrix(String name, long rows, long columns, boolean fromScratch) {
        entries.put(name, new Entry(new long[] {rows, columns}, Start.NORMAL, true, fromScratch));
    }

    void ones(String name, long size) {
        entries.put(name, new Entry(new long[] {size}, Start.ONES, false, true));
    }

    private void zeros(String name, long size) {
        entries.put(name, new Entry(new long[] {size}, Start.ZEROS, false, true));
    }

    /** MODULE.weight [O, I] and, if asked for, MODULE.bias [O]. */
    void linear(String module, long out, long in, boolean bias) {
        matrix(module + ".weight", out, in);
        if (bias) {
            zeros(module + ".bias", out);
        }
    }

    /** MODULE.weight [I, O] and MODULE.bias [O]. */
    void linearTransposed(String module, long in, long out) {
        matrix(module + ".weight", in, out);
        zeros(module + ".bias", out);
    }

    void layerNorm(String module, long size) {
        ones(module + ".weight", size);
        zeros(module + ".bias", size);
    }

    /** A prefix of names that a file may leave out. */
    void optionalPrefix(String prefix) {
        optionalPrefix = prefix;
    }

    Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        entries.forEach((name, entry) -> shapes.put(name, entry.shape()));
        return shapes;
    }

    /** The name under which a file holds a weight, or null where it does not. */
    String find(String name, TensorSource source) {
        if (source.names().contains(name)) {
            return name;
        }
        if (!optionalPrefix.isEmpty() && name.startsWith(optionalPrefix)) {
            String shorter = name.substring(optionalPrefix.length());
            return source.names().contains(shorter) ? shorter : null;
        }
        return null;
    }

    boolean mayLack(String name) {
        return entries.get(name).mayLack();
    }

    boolean fromScratch(String name) {
        return entries.get(name).fromScratch();
    }

    /** How many numbers the model has. */
    long parameters() {
        return entries.values().stream()
                .mapToLong(entry -> count(entry.shape()))
                .sum();
    }

    static long count(long[] shape) {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /** A fresh array for a weight: normal with this deviation, ones or zeros; equal seeds give equal arrays everywhere. */
    NDArray initial(String name, NDManager manager, long seed, double deviation) {
        Entry entry = entries.get(name);
        Shape shape = new Shape(entry.shape());
        return switch (entry.start()) {
            case ONES -> manager.ones(shape);
            case ZEROS -> manager.zeros(shape);
            case NORMAL -> {
                SplittableRandom random = SeededRandom.of(seed, "weights", name);
                float[] values = new float[Math.toIntExact(count(entry.shape()))];
                for (int i = 0; i < values.length; i += 2) {
                    // Box and Muller: two normal numbers from two uniform ones.
                    double radius = deviation * Math.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
                    double angle = 2 * Math.PI * random.nextDouble();
                    values[i] = (float) (radius * StrictMath.cos(angle));
                    if (i + 1 < values.length) {
                        values[i + 1] = (float) (radius * StrictMath.sin(angle));
                    }
                }
                yield manager.create(values, shape);
            }
        };
    }
}
