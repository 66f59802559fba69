package dev.retort.teacher;

import dev.retort.data.Question;

/** What a {@link ScriptedTeacher} knows: works a question out step by step. */
@FunctionalInterface
public interface Program {

    /**
     * The steps and the answer. Equal questions and equal errors give equal chains; without errors the answer is right.
     *
     * @param errors asked once for each step
     * @throws TeacherException where the question has no form that the program takes, saying which it takes
     */
    Chain solve(Question question, StepErrors errors) throws TeacherException;
}
