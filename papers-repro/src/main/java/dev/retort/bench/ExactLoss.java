package dev.retort.bench;

import dev.retort.loss.Divergence;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The values of {@code bench loss} in float64, from the tensors that every side makes: what the sides' float32 is apart from. */
final class ExactLoss {

    private ExactLoss() {}

    /**
     * The divergences of the first tokens, in nats.
     *
     * @param headBound the largest weight of the student's head
     * @param apart how far the teacher's tensors are from the student's, at most, relative to their bounds
     */
    static double[] values(
            Divergence divergence,
            double temperature,
            int tokens,
            int vocabulary,
            int width,
            float headBound,
            float apart) {
        double[][] hidden = new double[tokens][width];
        double[][] teacherHidden = new double[tokens][width];
        for (int n = 0; n < tokens; n++) {
            rows(n, width, 1, 1, 3, apart, hidden[n], teacherHidden[n]);
        }
        double[][] logits = new double[tokens][vocabulary];
        double[][] ofTeacher = new double[tokens][vocabulary];
        IntStream.range(0, vocabulary).parallel().forEach(v -> {
            double[] head = new double[width];
            double[] teacherHead = new double[width];
            rows(v, width, 2, headBound, 4, apart * headBound, head, teacherHead);
            for (int n = 0; n < tokens; n++) {
                logits[n][v] = dot(hidden[n], head) / temperature;
                ofTeacher[n][v] = dot(teacherHidden[n], teacherHead) / temperature;
            }
        });
        double[] values = new double[tokens];
        for (int n = 0; n < tokens; n++) {
            values[n] = divergence.row(logSoftmax(ofTeacher[n]), logSoftmax(logits[n]), null);
        }
        return values;
    }

    /** A row of the student's tensor and of the teacher's, which is that and noise: rounded to float32 where the sides round. */
    private static void rows(
            int row,
            int width,
            long seed,
            float bound,
            long noiseSeed,
            float noise,
            double[] student,
            double[] teacher) {
        for (int i = 0; i < width; i++) {
            long place = (long) row * width + i;
            float value = bound * LossTensors.value(seed, place);
            float moved = noise * LossTensors.value(noiseSeed, place) + value;
            student[i] = value;
            teacher[i] = moved;
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] logSoftmax(double[] logits) {
        double largest = Arrays.stream(logits).max().orElseThrow();
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - largest);
        }
        double all = largest + Math.log(sum);
        return Arrays.stream(logits).map(logit -> logit - all).toArray();
    }
}
