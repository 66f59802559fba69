package dev.retort.pipelines;

import dev.retort.answer.AnswerCut;
import dev.retort.teacher.ContextDistillation;
import dev.retort.teacher.System2Method;
import dev.retort.teacher.Teacher;
import java.io.Serializable;

/** Makes another teacher of one, on the worker that asks it: a method of several calls, for instance. */
@FunctionalInterface
public interface TeacherWrapper extends Serializable {

    Teacher around(Teacher teacher);

    /** A System 2 method whose answer is cut by a rule. */
    static TeacherWrapper of(System2Method method, AnswerCut cut) {
        return teacher -> method.around(teacher, cut);
    }

    /**
     * Context distillation.
     *
     * @param isFirstTurnOnly whether questions of several user turns are asked as they stand
     */
    static TeacherWrapper ofContext(String systemPrompt, boolean isFirstTurnOnly) {
        return teacher -> {
            ContextDistillation all = ContextDistillation.of(teacher, systemPrompt);
            return isFirstTurnOnly ? all.firstTurnOnly() : all;
        };
    }
}
