package dev.retort.papers.minillm;

import dev.retort.loss.Divergence;
import dev.retort.report.Charts;
import dev.retort.report.Curve;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The toy of MiniLLM (arXiv 2306.08543): a teacher that is a mixture of two Gaussians, and a student that is one Gaussian and is
 * fitted to it by gradient descent on a divergence. Both are distributions over the points of a grid, [V].
 */
public final class TwoModes {

    static final double LEFT = -2.5;
    static final double LEFT_DEVIATION = 0.9;
    static final double RIGHT = 2.5;
    static final double RIGHT_DEVIATION = 0.5;

    private static final double SPACING = 0.1;
    private static final double SHOWN = 7;
    private static final int MOST_STEPS = 20_000;
    private static final double RATE = 0.1;
    private static final double FLAT = 1e-10;
    private static final double NOWHERE = 0.01;
    private static final String TEACHER = "teacher";
    /** Grey. */
    private static final int TEACHER_KIND = 2;

    private final double[] grid =
            IntStream.rangeClosed(-120, 120).mapToDouble(i -> i * SPACING).toArray();
    private final double[] logTeacher;

    /**
     * A student.
     *
     * @param mean of the Gaussian
     * @param logDeviation the logarithm of its standard deviation
     * @param value of the divergence, in nats
     */
    public record Student(double mean, double logDeviation, double value) {}

    /**
     * A descent.
     *
     * @param name for the legend
     * @param steps from the start to where the gradient has gone, or to the last of 20,000 steps
     */
    public record Descent(String name, List<Student> steps) {

        public Descent {
            steps = List.copyOf(steps);
        }

        /** Where it ended. */
        public Student end() {
            return steps.get(steps.size() - 1);
        }
    }

    /**
     * A divergence and its derivatives with respect to the student's two parameters.
     *
     * @param value in nats
     * @param byMean d value / d mean
     * @param byLogDeviation d value / d log deviation
     */
    record Slope(double value, double byMean, double byLogDeviation) {}

    /**
     * A teacher with a wide mode on the left and a narrow one on the right.
     *
     * @param leftShare the left mode's share of the mass, between 0 and 1
     */
    public TwoModes(double leftShare) {
        double[] left = logGaussian(LEFT, Math.log(LEFT_DEVIATION));
        double[] right = logGaussian(RIGHT, Math.log(RIGHT_DEVIATION));
        logTeacher = IntStream.range(0, grid.length)
                .mapToDouble(i -> Math.log(leftShare * Math.exp(left[i]) + (1 - leftShare) * Math.exp(right[i])))
                .toArray();
    }

    /** The log-probabilities of a Gaussian on the grid, [V]. */
    double[] logGaussian(double mean, double logDeviation) {
        return Softmax.log(Arrays.stream(grid)
                .map(x -> -Math.pow((x - mean) / Math.exp(logDeviation), 2) / 2)
                .toArray());
    }

    double[] grid() {
        return grid.clone();
    }

    double[] logTeacher() {
        return logTeacher.clone();
    }

    Slope slope(Divergence divergence, double mean, double logDeviation) {
        double[] logQ = logGaussian(mean, logDeviation);
        double[] slopes = new double[grid.length];
        double value = divergence.row(logTeacher, logQ, slopes);
        double[] byLogit = Softmax.back(slopes, logQ);
        double variance = Math.exp(2 * logDeviation);
        double byMean = 0;
        double byLogDeviation = 0;
        for (int i = 0; i < grid.length; i++) {
            double away = grid[i] - mean;
            byMean += byLogit[i] * away / variance;
            byLogDeviation += byLogit[i] * away * away / variance;
        }
        return new Slope(value, byMean, byLogDeviation);
    }

    /** Gradient descent from a student of this mean and standard deviation. */
    public Descent descend(String name, Divergence divergence, double mean, double deviation) {
        List<Student> steps = new ArrayList<>();
        double m = mean;
        double s = Math.log(deviation);
        while (true) {
            Slope slope = slope(divergence, m, s);
            steps.add(new Student(m, s, slope.value()));
            boolean isFlat = Math.hypot(slope.byMean(), slope.byLogDeviation()) < FLAT;
            if (isFlat || steps.size() > MOST_STEPS) {
                return new Descent(name, steps);
            }
            m -= RATE * slope.byMean();
            s -= RATE * slope.byLogDeviation();
        }
    }

    /** Descents from five students, from the left to the right; the middle one is broad. */
    public List<Descent> descendFromFive(Divergence divergence) {
        return List.of(
                descend("from -4", divergence, -4, 1),
                descend("from -1", divergence, -1, 1),
                descend("from 0, broad", divergence, 0, 2.5),
                descend("from 1", divergence, 1, 1),
                descend("from 4", divergence, 4, 1));
    }

    /** How much of the student lies where the teacher is below a hundredth of its peak. */
    double invented(Student student) {
        return massBeyond(logGaussian(student.mean(), student.logDeviation()), logTeacher);
    }

    /** How much of the teacher lies where the student is below a hundredth of its peak. */
    double missed(Student student) {
        return massBeyond(logTeacher, logGaussian(student.mean(), student.logDeviation()));
    }

    private static double massBeyond(double[] logMass, double[] logOther) {
        double low = Arrays.stream(logOther).max().orElseThrow() + Math.log(NOWHERE);
        double mass = 0;
        for (int i = 0; i < logMass.length; i++) {
            mass += logOther[i] < low ? Math.exp(logMass[i]) : 0;
        }
        return mass;
    }

    /** Where descents ended, what the student invents there, and what it misses of the teacher. */
    public Table table(List<Descent> descents) {
        StringColumn name = StringColumn.create("student");
        StringColumn mean = StringColumn.create("mean");
        StringColumn deviation = StringColumn.create("deviation");
        StringColumn value = StringColumn.create("divergence, nats");
        StringColumn invented = StringColumn.create("of the student where the teacher has next to nothing");
        StringColumn missed = StringColumn.create("of the teacher where the student has next to nothing");
        for (Descent descent : descents) {
            Student end = descent.end();
            name.append(descent.name());
            mean.append(String.format(Locale.ROOT, "%.2f", end.mean()));
            deviation.append(String.format(Locale.ROOT, "%.2f", Math.exp(end.logDeviation())));
            value.append(String.format(Locale.ROOT, "%.3f", end.value()));
            invented.append(String.format(Locale.ROOT, "%.0f %%", 100 * invented(end)));
            missed.append(String.format(Locale.ROOT, "%.0f %%", 100 * missed(end)));
        }
        return Table.create("", name, mean, deviation, value, invented, missed);
    }

    /** The teacher, and the students where descents ended. */
    public XYChart ends(String title, List<Descent> descents) {
        return chart(
                title,
                descents.stream()
                        .map(descent -> curve(descent.name(), descent.end()))
                        .toList());
    }

    /**
     * The teacher, and a student on its way.
     *
     * @param after steps at which it is drawn; beyond the last it has ended
     */
    public XYChart stages(Descent descent, int... after) {
        List<Curve> curves = new ArrayList<>();
        for (int step : after) {
            int last = descent.steps().size() - 1;
            curves.add(curve(
                    step < last ? "after " + step + " steps" : "at the end",
                    descent.steps().get(Math.min(step, last))));
        }
        return chart(descent.name(), curves);
    }

    /** The student's mean over the first steps of descents. */
    public static XYChart means(String title, List<Descent> descents, int first) {
        List<Curve> curves = new ArrayList<>();
        for (Descent descent : descents) {
            List<Student> steps = descent.steps();
            // One that has ended stays where it is.
            List<Double> step =
                    IntStream.rangeClosed(0, 60).mapToObj(i -> i * first / 60.0).toList();
            curves.add(new Curve(
                    descent.name(),
                    step,
                    step.stream()
                            .map(at -> steps.get(Math.min(at.intValue(), steps.size() - 1))
                                    .mean())
                            .toList()));
        }
        XYChart chart = Charts.lines(title, "steps", "the student's mean", curves);
        // All the labels that there is room for would touch each other.
        chart.getStyler()
                .setxAxisTickLabelsFormattingFunction(
                        step -> step % (first / 5.0) == 0 ? Long.toString(Math.round(step)) : "");
        return chart;
    }

    private Curve curve(String name, Student student) {
        return curve(name, logGaussian(student.mean(), student.logDeviation()), null);
    }

    /** A density over the part of the grid where there is something to see. */
    private Curve curve(String name, double[] log, Curve.Style style) {
        int[] shown = IntStream.range(0, grid.length)
                .filter(i -> Math.abs(grid[i]) <= SHOWN)
                .toArray();
        return new Curve(
                name,
                Arrays.stream(shown).mapToObj(i -> grid[i]).toList(),
                Arrays.stream(shown).mapToObj(i -> Math.exp(log[i]) / SPACING).toList(),
                null,
                style);
    }

    private XYChart chart(String title, List<Curve> students) {
        List<Curve> curves = new ArrayList<>();
        curves.add(curve(TEACHER, logTeacher, new Curve.Style(TEACHER_KIND, Curve.Line.SOLID)));
        for (int i = 0; i < students.size(); i++) {
            Curve student = students.get(i);
            Curve.Style style = new Curve.Style(i < TEACHER_KIND ? i : i + 1, Curve.Line.SOLID);
            curves.add(new Curve(student.name(), student.x(), student.y(), null, style));
        }
        XYChart chart = Charts.lines(title, "x", "density", curves);
        chart.getStyler().setYAxisTickMarkSpacingHint(60).setYAxisDecimalPattern("0.##");
        chart.getSeriesMap()
                .get(TEACHER)
                .setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Area)
                .setFillColor(new Color(0xd8d8d8));
        return chart;
    }
}
