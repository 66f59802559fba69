package dev.retort.train;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.TokenBatch;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.LanguageModel;

/** A teacher that reads each batch beside the student; its logits are made within the loss, a chunk at a time. */
public final class OnlineTeacher implements TeacherSource {

    private final LanguageModel teacher;
    private final NDArray head;

    /**
     * A teacher for a student.
     *
     * @param vocabulary ids that both have; the teacher's head is cut to so many
     */
    public OnlineTeacher(LanguageModel teacher, int vocabulary) {
        this.teacher = teacher;
        NDArray whole = teacher.head();
        head = whole.getShape().get(0) == vocabulary ? whole : whole.get("0:" + vocabulary);
    }

    @Override
    public TeacherSignal at(TokenBatch batch) {
        return new TeacherSignal.Hidden(teacher.labelHidden(batch), head);
    }
}
