package dev.retort.pipelines;

import dev.retort.teacher.RecordedTeacher;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;

/** Makes the teacher on the worker that asks it: a recipe for a teacher travels, a teacher does not. */
@FunctionalInterface
public interface TeacherFactory extends Serializable {

    /**
     * Makes a teacher; whoever asked for it closes it.
     *
     * @throws IOException where it cannot be made, with one line that says why
     */
    Teacher create() throws IOException;

    /**
     * The factory of a scripted or recorded teacher. Other teachers need a factory of the caller's.
     *
     * @param errorRate of a scripted teacher, in [0, 1]; 0 for a recorded one
     * @throws IllegalArgumentException where it is neither of the two, or the error rate does not fit
     */
    static TeacherFactory of(TeacherSpec spec, double errorRate) {
        if (spec instanceof TeacherSpec.Scripted scripted) {
            String program = scripted.program();
            ScriptedTeacher.of(program, errorRate).close();
            return () -> ScriptedTeacher.of(program, errorRate);
        }
        if (spec instanceof TeacherSpec.Recorded recorded) {
            if (errorRate != 0) {
                throw new IllegalArgumentException("an error rate belongs to a scripted teacher, not to " + spec);
            }
            String file = recorded.file().toAbsolutePath().toString();
            return () -> new RecordedTeacher(Path.of(file));
        }
        throw new IllegalArgumentException(
                spec + " cannot be asked by name from a pipeline; scripted:PROGRAM and recorded:FILE can");
    }
}
