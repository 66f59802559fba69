package dev.retort.papers.stepbystep;

/**
 * What a student can learn from one question.
 *
 * @param id of the question
 * @param input the question as the student reads it
 * @param label gold
 * @param teacherLabel the teacher's, or null where it was not asked
 * @param rationale the teacher's, or null where it was not asked
 */
record Lesson(String id, String input, String label, String teacherLabel, String rationale) {

    /** The rationale, blank where there is none. */
    String rationaleOrBlank() {
        return rationale == null ? "" : rationale;
    }
}
