package dev.retort.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.TokenBatch;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.CausalLm;
import dev.retort.signal.TopKLogProbs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A decoder-only teacher that reads each batch, and of which the most probable tokens alone are taken.
 *
 * @param teacher its softmax is over the first {@code vocabulary} ids
 * @param vocabulary ids that teacher and student have in common
 * @param k tokens a position
 * @param temperature of the loss
 * @param outside what is made of the mass outside the k
 */
public record TopKTeacher(CausalLm teacher, int vocabulary, int k, double temperature, TeacherSignal.Outside outside)
        implements TeacherSource {

    /** Positions whose logits live at a time. */
    private static final int CHUNK = 256;

    @Override
    public TeacherSignal.TopK at(TokenBatch batch) {
        NDArray hidden = teacher.labelHidden(batch);
        int rows = Math.toIntExact(hidden.getShape().get(0));
        List<TopKLogProbs> parts = new ArrayList<>();
        for (int from = 0; from < rows; from += CHUNK) {
            try (NDManager ofChunk = batch.manager().newSubManager()) {
                NDArray some = hidden.get(from + ":" + Math.min(rows, from + CHUNK));
                some.attach(ofChunk);
                parts.add(top(teacher.logits(some), ofChunk));
            }
        }
        return new TeacherSignal.TopK(TopKLogProbs.join(parts), outside);
    }

    private TopKLogProbs top(NDArray logits, NDManager manager) {
        logits.attach(manager);
        NDList top = logits.get(":, 0:" + vocabulary)
                .div((float) temperature)
                .logSoftmax(1)
                .topK(k, 1, true, true);
        int[] ids = Arrays.stream(top.get(1).toLongArray())
                .mapToInt(Math::toIntExact)
                .toArray();
        int rows = Math.toIntExact(logits.getShape().get(0));
        return new TopKLogProbs(rows, k, ids, top.get(0).toFloatArray());
    }
}
