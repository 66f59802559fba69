package dev.retort.papers.stepbystep;

import java.util.List;

/**
 * How often the teacher's label is the gold label, by the rules of Distilling step-by-step's {@code metrics.py}: texts
 * must be the same; SVAMP's equations must have the same value, and one without a value is wrong.
 *
 * @param correct rows with the gold label
 * @param total rows
 * @param failed rows whose output could not be cut; a part of those that are wrong
 */
public record TeacherAccuracy(int correct, int total, int failed) {

    /**
     * Counts.
     *
     * @throws IllegalArgumentException where a row has no teacher's output
     */
    public static TeacherAccuracy of(DssDataSet dataSet, List<DssExample> examples) {
        int correct = 0;
        int failed = 0;
        for (DssExample example : examples) {
            if (example.teacherText() == null) {
                throw new IllegalArgumentException(example.id() + " has no teacher's output to judge");
            }
            correct += isCorrect(dataSet, example.teacherLabel(), example.label()) ? 1 : 0;
            failed += TeacherOutput.parse(dataSet, example.teacherText()).failed() ? 1 : 0;
        }
        return new TeacherAccuracy(correct, examples.size(), failed);
    }

    /** Whether the authors count a teacher's label as the gold label. */
    public static boolean isCorrect(DssDataSet dataSet, String teacherLabel, String label) {
        return dataSet == DssDataSet.SVAMP ? EquationValue.equal(teacherLabel, label) : teacherLabel.equals(label);
    }

    /** The share of correct rows, 0 to 1; NaN without rows. */
    public double share() {
        return (double) correct / total;
    }
}
