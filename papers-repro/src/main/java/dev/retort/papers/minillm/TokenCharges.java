package dev.retort.papers.minillm;

import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.ReverseKl;
import dev.retort.report.Charts;
import dev.retort.report.Curve;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** What forward KL, reverse KL and the Jensen-Shannon divergence charge a student for its probabilities of single tokens. */
public final class TokenCharges {

    private static final JensenShannon MIDDLE = new JensenShannon(0.5);

    private TokenCharges() {}

    /**
     * Token by token, and the sums, which are the divergences.
     *
     * @param teacher P, probabilities [V]
     * @param student Q, probabilities [V]
     */
    public static Table table(double[] teacher, double[] student) {
        StringColumn token = StringColumn.create("token");
        StringColumn p = StringColumn.create("teacher p");
        StringColumn q = StringColumn.create("student q");
        StringColumn forward = StringColumn.create("forward: p log(p/q)");
        StringColumn reverse = StringColumn.create("reverse: q log(q/p)");
        StringColumn middle = StringColumn.create("JSD 0.5");
        double[] logP = logs(teacher);
        double[] logQ = logs(student);
        for (int i = 0; i < teacher.length; i++) {
            token.append(Character.toString('A' + i));
            p.append(text(teacher[i]));
            q.append(text(student[i]));
            forward.append(text(Divergence.part(logP[i], logQ[i])));
            reverse.append(text(Divergence.part(logQ[i], logP[i])));
            middle.append(text(MIDDLE.row(new double[] {logP[i]}, new double[] {logQ[i]}, null)));
        }
        token.append("sum");
        p.append("");
        q.append("");
        forward.append(text(new ForwardKl().row(logP, logQ, null)));
        reverse.append(text(new ReverseKl().row(logP, logQ, null)));
        middle.append(text(MIDDLE.row(logP, logQ, null)));
        return Table.create("", token, p, q, forward, reverse, middle);
    }

    /** The divergences of a student that forgets one of the teacher's two equally good tokens, over what it has left for it. */
    public static XYChart forgetting() {
        return chart("A token with p = 0.5 is forgotten", "nats", false);
    }

    /** Their slopes with respect to the student's logit of that token: how hard each pulls it back. */
    public static XYChart pull() {
        return chart("How hard it is pulled back", "minus d divergence / d logit", true);
    }

    private static XYChart chart(String title, String yTitle, boolean slope) {
        List<Double> mass = new ArrayList<>();
        List<List<Double>> values = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<Divergence> divergences = List.of(new ForwardKl(), new ReverseKl(), MIDDLE);
        double[] logP = logs(0.5, 0.5);
        for (int i = 0; i <= 60; i++) {
            double q = 0.5 * Math.pow(10, -i / 10.0);
            double[] logQ = logs(q, 1 - q);
            mass.add(0, q);
            for (int k = 0; k < divergences.size(); k++) {
                double[] slopes = new double[2];
                double value = divergences.get(k).row(logP, logQ, slopes);
                values.get(k).add(0, slope ? -Softmax.back(slopes, logQ)[0] : value);
            }
        }
        XYChart chart = Charts.logarithmic(
                title,
                "student q of the token",
                yTitle,
                List.of(
                        new Curve("forward KL", mass, values.get(0)),
                        new Curve("reverse KL", mass, values.get(1)),
                        new Curve("JSD 0.5", mass, values.get(2))));
        chart.getStyler().setYAxisDecimalPattern("0.##");
        return chart;
    }

    private static double[] logs(double... probabilities) {
        double[] logs = new double[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = Math.log(probabilities[i]);
        }
        return logs;
    }

    private static String text(double value) {
        return Double.isInfinite(value) ? "infinite" : String.format(Locale.ROOT, "%.3f", value);
    }
}
