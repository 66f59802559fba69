package dev.retort.report;

import java.util.List;

/**
 * A line of a result table. Numbers that were not seen or not measured are null, never zero.
 *
 * @param method ours is compared with the baseline that the condition or note names
 * @param student the model trained
 * @param dataset tested on
 * @param condition what else sets the row apart, for example the share of labels
 * @param metric with its unit
 * @param published value of the paper
 * @param publishedEffect method minus baseline in the paper
 * @param ours our value, the mean over seeds
 * @param oursSe its standard error over seeds and items
 * @param n test items
 * @param seeds how many
 * @param effect method minus baseline, ours
 * @param effectLow end of its 95 % interval
 * @param effectHigh end of its 95 % interval
 * @param verdict by the protocol's rule
 * @param rows names of the run's rows that it was made from
 * @param note one line
 */
public record ResultRow(
        String method,
        String student,
        String dataset,
        String condition,
        String metric,
        Double published,
        Double publishedEffect,
        Double ours,
        Double oursSe,
        Integer n,
        Integer seeds,
        Double effect,
        Double effectLow,
        Double effectHigh,
        Verdict verdict,
        List<String> rows,
        String note) {

    public ResultRow {
        method = text(method);
        student = text(student);
        dataset = text(dataset);
        condition = text(condition);
        metric = text(metric);
        note = text(note);
        for (Double number : new Double[] {published, publishedEffect, ours, oursSe, effect, effectLow, effectHigh}) {
            if (number != null && !Double.isFinite(number)) {
                throw new IllegalArgumentException(
                        "row " + method + ", " + dataset + ": " + number + " is no result; leave the cell empty");
            }
        }
        rows = rows == null ? List.of() : List.copyOf(rows);
        for (String row : rows) {
            if (row.isEmpty() || row.chars().anyMatch(Character::isWhitespace)) {
                throw new IllegalArgumentException("a row's name must have no blanks: \"" + row + "\"");
            }
        }
    }

    private static String text(String text) {
        return text == null ? "" : text;
    }

    /** A row of names only. */
    public static ResultRow of(String method, String student, String dataset, String condition, String metric) {
        return new ResultRow(
                method, student, dataset, condition, metric, null, null, null, null, null, null, null, null, null, null,
                List.of(), "");
    }

    /** This row with the paper's numbers; either may be null. */
    public ResultRow withPublished(Double value, Double effectOfIt) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                value,
                effectOfIt,
                ours,
                oursSe,
                n,
                seeds,
                effect,
                effectLow,
                effectHigh,
                verdict,
                rows,
                note);
    }

    /**
     * This row with our value.
     *
     * @param mean from {@link PairedEffect#mean}, in the metric's unit
     */
    public ResultRow withOurs(PairedEffect mean) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                mean.effect(),
                finite(mean.standardError()),
                mean.items(),
                mean.seeds(),
                effect,
                effectLow,
                effectHigh,
                verdict,
                rows,
                note);
    }

    /** This row with a value of ours that has no sampling error, for example a count. */
    public ResultRow withOurs(double value, Integer items) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                value,
                oursSe,
                items,
                seeds,
                effect,
                effectLow,
                effectHigh,
                verdict,
                rows,
                note);
    }

    /**
     * This row with our effect and the verdict by rule; an inconclusive one adds the minimal detectable effect to the
     * note.
     *
     * @param measured in the metric's unit
     */
    public ResultRow withEffect(PairedEffect measured) {
        Verdict verdictOfIt = Verdict.of(publishedEffect, measured);
        String more = verdictOfIt == Verdict.INCONCLUSIVE && Double.isFinite(measured.minimalDetectableEffect())
                ? "minimal detectable effect " + ResultTable.number(measured.minimalDetectableEffect(), 3)
                : "";
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                ours,
                oursSe,
                measured.items(),
                measured.seeds(),
                measured.effect(),
                finite(measured.low()),
                finite(measured.high()),
                verdictOfIt,
                rows,
                join(note, more));
    }

    /** This row marked as not comparable with the paper, and why. */
    public ResultRow notComparable(String why) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                ours,
                oursSe,
                n,
                seeds,
                effect,
                effectLow,
                effectHigh,
                Verdict.NOT_COMPARABLE,
                rows,
                join(note, why));
    }

    public ResultRow withRows(List<String> names) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                ours,
                oursSe,
                n,
                seeds,
                effect,
                effectLow,
                effectHigh,
                verdict,
                names,
                note);
    }

    /** This row with more said in its note. */
    public ResultRow withNote(String more) {
        return new ResultRow(
                method,
                student,
                dataset,
                condition,
                metric,
                published,
                publishedEffect,
                ours,
                oursSe,
                n,
                seeds,
                effect,
                effectLow,
                effectHigh,
                verdict,
                rows,
                join(note, more));
    }

    private static String join(String a, String b) {
        return a.isEmpty() || b.isEmpty() ? a + b : a + "; " + b;
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
