package dev.retort.signal;

import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** Whether an id is the same token to a teacher and to a student, without which their probabilities cannot be compared. */
public final class Vocabularies {

    private Vocabularies() {}

    /**
     * How many ids teacher and student have in common: logits are cut to so many before anything is computed of them.
     *
     * @param teacherSize the width of the teacher's logits, padding included
     * @param teacher its tokenizer, or null where there is none
     * @param studentSize the width of the student's logits
     * @param student its tokenizer, or null where there is none
     * @param trim whether sizes may differ by padding (Qwen's models are padded to different sizes); needs both tokenizers
     * @throws IllegalArgumentException naming both sizes, where the vocabularies differ
     */
    public static int common(int teacherSize, Tokenizer teacher, int studentSize, Tokenizer student, boolean trim)
            throws IOException {
        int common = Math.min(teacherSize, studentSize);
        boolean tokensKnown = teacher != null && student != null;
        if (tokensKnown) {
            Map<Integer, String> teachers = teacher.vocabulary();
            Map<Integer, String> students = student.vocabulary();
            TreeSet<Integer> ids = new TreeSet<>(teachers.keySet());
            ids.addAll(students.keySet());
            for (int id : ids) {
                if (!Objects.equals(teachers.get(id), students.get(id))) {
                    throw differ(
                            teacherSize,
                            studentSize,
                            "id " + id + " is " + named(teachers.get(id)) + " to the teacher and "
                                    + named(students.get(id)) + " to the student; choose models of one tokenizer");
                }
            }
            if (!ids.isEmpty() && ids.last() >= common) {
                throw differ(
                        teacherSize,
                        studentSize,
                        "their tokens go up to id " + ids.last() + ", so that more than padding would be cut");
            }
        }
        if (teacherSize != studentSize && !(trim && tokensKnown)) {
            throw differ(
                    teacherSize,
                    studentSize,
                    tokensKnown
                            ? "their tokens are the same, so trim both to " + common
                            : "without both tokenizers padding cannot be told from tokens");
        }
        return common;
    }

    private static IllegalArgumentException differ(int teacherSize, int studentSize, String how) {
        return new IllegalArgumentException(
                "the teacher's vocabulary has " + teacherSize + " ids and the student's " + studentSize + ": " + how);
    }

    private static String named(String token) {
        return token == null ? "no token" : "'" + token + "'";
    }
}
