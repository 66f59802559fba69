package dev.retort.pipelines;

import dev.retort.answer.AnswerCut;
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
}
