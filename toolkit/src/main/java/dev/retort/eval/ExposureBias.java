package dev.retort.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How much more error gathers along a student's own answers than along the teacher's, up to one length: ExAccErr of Arora
 * et al. (2022, arXiv 2204.01171) as MiniLLM uses it (arXiv 2306.08543, appendix B.5, equations 30 to 32).
 *
 * <p>R(l) is the sum over positions t up to l of KL(teacher || student) after prefixes that the student sampled, E(l) after
 * prefixes that the teacher sampled. As in MiniLLM's {@code evaluate_exposure_bias.py}, each position is averaged over those
 * samples of a prompt that have not ended, adds 0 where all have, and prompts are averaged last. That code adds 0.001 to the
 * count of samples, which is left out here; it also starts behind the first token of the answer, where both prefixes are
 * the prompt alone: give it the values from the second token on to do the same.
 *
 * @param length l, in tokens
 * @param studentError R(l), in nats
 * @param teacherError E(l), in nats
 * @param excess ExAccErr(l) = (R(l) - E(l)) / E(l) x 100; NaN where E(l) is 0
 * @param standardError of the excess over prompts, by the delta method; NaN where E(l) is 0 or there is one prompt only
 */
public record ExposureBias(int length, double studentError, double teacherError, double excess, double standardError) {

    /**
     * The curve over l = 1 to a length; behind the longest sample it is flat.
     *
     * @param studentSampled for every prompt its samples, at least one: KL(teacher || student) in nats at each position of
     *     an answer that the student sampled
     * @param teacherSampled the same for the same prompts, answers that the teacher sampled
     * @throws IllegalArgumentException where there are no prompts, they differ in number, one has no samples, or a value is
     *     not finite
     */
    public static List<ExposureBias> curve(
            List<List<double[]>> studentSampled, List<List<double[]>> teacherSampled, int length) {
        int prompts = studentSampled.size();
        if (prompts == 0 || teacherSampled.size() != prompts) {
            throw new IllegalArgumentException(prompts + " prompts of the student and " + teacherSampled.size()
                    + " of the teacher: give the same prompts to both, at least one");
        }
        double[] student = new double[prompts];
        double[] teacher = new double[prompts];
        List<ExposureBias> curve = new ArrayList<>();
        for (int position = 0; position < length; position++) {
            for (int i = 0; i < prompts; i++) {
                student[i] += mean(studentSampled.get(i), position);
                teacher[i] += mean(teacherSampled.get(i), position);
            }
            RatioOfSums ratio = RatioOfSums.of(student, teacher);
            curve.add(new ExposureBias(
                    position + 1,
                    Arrays.stream(student).sum() / prompts,
                    Arrays.stream(teacher).sum() / prompts,
                    (ratio.value() - 1) * 100,
                    ratio.standardError() * 100));
        }
        return curve;
    }

    private static double mean(List<double[]> samples, int position) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("a prompt has no samples");
        }
        return samples.stream()
                .filter(sample -> position < sample.length)
                .mapToDouble(sample -> sample[position])
                .average()
                .orElse(0);
    }
}
