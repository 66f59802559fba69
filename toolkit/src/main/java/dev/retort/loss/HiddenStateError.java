package dev.retort.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.retort.op.Ops;

/**
 * The squared error between a student's hidden states h through a learned projection W and a teacher's t, per token: the mean
 * over the teacher's width of (W h - t)^2. TinyBERT (Jiao et al. 2020, arXiv 1909.10351), equation 8, whose h W_h is transposed
 * here. Value and gradient come in closed form; nothing is recorded.
 *
 * <p>Shapes: N tokens, D the student's width, E the teacher's.
 */
public final class HiddenStateError {

    private HiddenStateError() {}

    /**
     * Values, and their gradient.
     *
     * @param values per token, [N], without factors
     * @param gradient of sum(factor times value) with respect to the student's hidden states, [N, D]
     */
    public record Result(float[] values, NDArray gradient) {}

    /**
     * The values alone.
     *
     * @param hidden the student's [N, D]
     * @param projection W [E, D]
     * @param teacher [N, E]
     */
    public static float[] values(NDArray hidden, NDArray projection, NDArray teacher) {
        try (NDManager scratch = hidden.getManager().newSubManager()) {
            return values(error(in(scratch, hidden), in(scratch, projection), in(scratch, teacher)));
        }
    }

    /**
     * The values and their gradient; that of the projection is added to at once.
     *
     * @param factors [N], what each token's value counts in the gradient: term weight over term count
     */
    public static Result withGradient(NDArray hidden, NDArray projection, NDArray teacher, float[] factors) {
        try (NDManager scratch = hidden.getManager().newSubManager();
                NDArray ofProjection = projection.getGradient()) {
            NDArray h = in(scratch, hidden);
            NDArray w = in(scratch, projection);
            NDArray error = error(h, w, in(scratch, teacher));
            float slope = (float) (2.0 / w.getShape().get(0));
            NDArray slopes = error.mul(scratch.create(factors).mul(slope).reshape(-1, 1));
            Ops.addLinearGradient(ofProjection, slopes, h);
            NDArray gradient = slopes.matMul(w).toType(hidden.getDataType(), false);
            gradient.attach(hidden.getManager());
            return new Result(values(error), gradient);
        }
    }

    /** An array in float32 of which nothing is recorded. */
    private static NDArray in(NDManager scratch, NDArray array) {
        NDArray detached = array.stopGradient();
        detached.attach(scratch);
        return detached.toType(DataType.FLOAT32, false);
    }

    private static NDArray error(NDArray hidden, NDArray projection, NDArray teacher) {
        return Ops.linear(hidden, projection).sub(teacher);
    }

    private static float[] values(NDArray error) {
        return error.square().mean(new int[] {1}).toFloatArray();
    }
}
