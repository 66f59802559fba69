package dev.retort.pipelines;

import dev.retort.teacher.Teacher;
import java.io.Serializable;

/** Makes another teacher of one, on the worker that asks it: a method of several calls, for instance. */
@FunctionalInterface
public interface TeacherWrapper extends Serializable {

    Teacher around(Teacher teacher);
}
