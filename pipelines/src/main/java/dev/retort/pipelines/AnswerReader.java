package dev.retort.pipelines;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.io.Serializable;

/** Cuts rationale and answer from a completion, on the worker that got it. */
@FunctionalInterface
public interface AnswerReader extends Serializable {

    /** The sample with its answer, which is null where none can be cut. */
    TeacherSample read(Question question, TeacherSample sample);

    /** Reads by a rule. */
    static AnswerReader of(AnswerCut cut) {
        return (question, sample) -> sample.withAnswer(
                sample.rationale(), cut.cut(sample.text(), question.choices()).orElse(null));
    }
}
