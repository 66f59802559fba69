package dev.retort.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.CausalLm;
import dev.retort.signal.TopKLogProbs;
import java.util.Arrays;

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

    @Override
    public TeacherSignal.TopK at(TokenBatch batch) {
        NDArray logits = teacher.logits(teacher.labelHidden(batch)).get(":, 0:" + vocabulary);
        NDList top = logits.div((float) temperature).logSoftmax(1).topK(k, 1, true, true);
        top.attach(batch.manager());
        int[] ids = Arrays.stream(top.get(1).toLongArray())
                .mapToInt(Math::toIntExact)
                .toArray();
        int rows = Math.toIntExact(logits.getShape().get(0));
        return new TeacherSignal.TopK(new TopKLogProbs(rows, k, ids, top.get(0).toFloatArray()), outside);
    }
}
