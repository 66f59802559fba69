package dev.retort.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.retort.batch.TokenBatch;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.LanguageModel;
import java.util.List;

/** A teacher that reads each batch beside the student; its logits are made within the loss, a chunk at a time. */
public final class OnlineTeacher implements TeacherSource {

    private final LanguageModel teacher;
    private final NDArray head;
    private final List<Integer> layers;

    /**
     * A teacher for a student.
     *
     * @param vocabulary ids that both have; the teacher's head is cut to so many
     */
    public OnlineTeacher(LanguageModel teacher, int vocabulary) {
        this(teacher, cut(teacher.head(), vocabulary), List.of());
    }

    private OnlineTeacher(LanguageModel teacher, NDArray head, List<Integer> layers) {
        this.teacher = teacher;
        this.head = head;
        this.layers = layers;
    }

    private static NDArray cut(NDArray whole, int vocabulary) {
        return whole.getShape().get(0) == vocabulary ? whole : whole.get("0:" + vocabulary);
    }

    /** The same teacher, whose signals hold the hidden states of these layers, counted from 1, as well. */
    OnlineTeacher withLayers(List<Integer> newLayers) {
        return new OnlineTeacher(teacher, head, newLayers);
    }

    @Override
    public TeacherSignal.Hidden at(TokenBatch batch) {
        NDList states = teacher.labelStates(batch, layers);
        return new TeacherSignal.Hidden(states.get(0), head, states.subNDList(1));
    }
}
