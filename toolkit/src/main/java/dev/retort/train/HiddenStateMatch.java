package dev.retort.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.data.SeededRandom;
import dev.retort.loss.HiddenStateError;
import dev.retort.model.LanguageModel;
import dev.retort.op.Autograd;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Hidden states of a student that come near a teacher's, each pair of layers through a projection of its own that is learned
 * beside the student and is no part of it: {@link HiddenStateError}, averaged over the pairs. States are those behind a layer;
 * the last layer's are those after the final norm, which the head reads.
 *
 * <p>A projection begins as the identity where the widths are equal, else uniform within 1/sqrt(D), as torch.nn.Linear does.
 */
public final class HiddenStateMatch implements AutoCloseable {

    private final List<LayerPair> pairs;
    private final NDManager manager;
    private final Map<String, NDArray> projections = new LinkedHashMap<>();

    /**
     * What came of a batch.
     *
     * @param values per labelled token, [N], without factors
     * @param gradients of sum(factor times value) with respect to the student's states, [N, D] each
     */
    record Result(float[] values, NDList gradients) {}

    /**
     * @param pairs at least one
     * @param teacherWidth E, the width of the teacher's hidden states
     * @param seed of the projections' first values
     */
    public HiddenStateMatch(List<LayerPair> pairs, LanguageModel student, int teacherWidth, long seed) {
        this.pairs = List.copyOf(pairs);
        manager = student.weights().manager().newSubManager();
        int width = student.config().hiddenSize();
        for (LayerPair pair : pairs) {
            String name = "projection." + pair.student() + "." + pair.teacher();
            NDArray projection = width == teacherWidth ? manager.eye(width) : uniform(name, teacherWidth, width, seed);
            projection.setRequiresGradient(true);
            Autograd.startGradient(projection);
            projections.put(name, projection);
        }
    }

    private NDArray uniform(String name, int rows, int columns, long seed) {
        SplittableRandom random = SeededRandom.of(seed, "projection", name);
        double bound = 1 / Math.sqrt(columns);
        float[] values = new float[Math.multiplyExact(rows, columns)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((random.nextDouble() * 2 - 1) * bound);
        }
        return manager.create(values, new Shape(rows, columns));
    }

    /** The student's layers in the order of the pairs. */
    List<Integer> ofStudent() {
        return pairs.stream().map(LayerPair::student).toList();
    }

    /** The teacher's layers in the order of the pairs. */
    List<Integer> ofTeacher() {
        return pairs.stream().map(LayerPair::teacher).toList();
    }

    /** The projections [E, D] by name, which are trained. */
    Map<String, NDArray> projections() {
        return Collections.unmodifiableMap(projections);
    }

    /**
     * The values alone.
     *
     * @param student [N, D], one a pair
     * @param teacher [N, E], one a pair
     */
    float[] values(NDList student, NDList teacher) {
        float[] mean = new float[Math.toIntExact(student.get(0).getShape().get(0))];
        int pair = 0;
        for (NDArray projection : projections.values()) {
            addShare(mean, HiddenStateError.values(student.get(pair), projection, teacher.get(pair)));
            pair++;
        }
        return mean;
    }

    /**
     * The values and their gradients; those of the projections are added to at once.
     *
     * @param factors [N], what each token's value counts in the gradient
     */
    Result withGradient(NDList student, NDList teacher, float[] factors) {
        float[] mean = new float[factors.length];
        float[] shares = new float[factors.length];
        addShare(shares, factors);
        NDList gradients = new NDList();
        int pair = 0;
        for (NDArray projection : projections.values()) {
            HiddenStateError.Result result =
                    HiddenStateError.withGradient(student.get(pair), projection, teacher.get(pair), shares);
            addShare(mean, result.values());
            gradients.add(result.gradient());
            pair++;
        }
        return new Result(mean, gradients);
    }

    private void addShare(float[] mean, float[] values) {
        for (int i = 0; i < mean.length; i++) {
            mean[i] += values[i] / pairs.size();
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
