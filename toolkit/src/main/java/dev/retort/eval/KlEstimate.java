package dev.retort.eval;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/**
 * A KL divergence between student and teacher over whole answers, estimated from sampled answers, in nats. Samples of one
 * prompt are one draw for the standard errors.
 *
 * @param perSequence mean over the samples of the sum over their tokens
 * @param perSequenceError its standard error; NaN where there is one prompt only
 * @param perToken sum over all tokens of all samples by their number; NaN where no sample has a token
 * @param perTokenError its standard error, by the delta method; NaN where there is one prompt only
 * @param prompts given
 * @param samples of all prompts
 * @param tokens of all samples
 */
public record KlEstimate(
        double perSequence,
        double perSequenceError,
        double perToken,
        double perTokenError,
        int prompts,
        int samples,
        long tokens) {

    /**
     * A sampled answer as both models see it.
     *
     * @param student log-probability of each token, the end-of-sequence token included where one was sampled
     * @param teacher likewise
     */
    public record LogProbabilities(double[] student, double[] teacher) {
        public LogProbabilities {
            if (student.length != teacher.length) {
                throw new IllegalArgumentException(
                        student.length + " tokens of the student and " + teacher.length + " of the teacher do not fit");
            }
        }
    }

    /**
     * Reverse KL, KL(student || teacher), from answers that the student sampled: log student - log teacher of each token.
     *
     * @param studentSamples for every prompt its samples, at least one
     */
    public static KlEstimate reverse(List<List<LogProbabilities>> studentSamples) {
        return ofTokens(studentSamples, (student, teacher) -> student - teacher);
    }

    /**
     * Forward KL, KL(teacher || student), from answers that the teacher sampled: log teacher - log student of each token.
     *
     * @param teacherSamples for every prompt its samples, at least one
     */
    public static KlEstimate forward(List<List<LogProbabilities>> teacherSamples) {
        return ofTokens(teacherSamples, (student, teacher) -> teacher - student);
    }

    /**
     * Reverse KL as MiniLLM's code logs it: exp(d) - 1 - d of each token, d = log teacher - log student; never negative, and
     * of the same expectation as {@link #reverse} where the student gives every token some probability.
     *
     * @param studentSamples for every prompt its samples, at least one
     */
    public static KlEstimate reverseAsLogged(List<List<LogProbabilities>> studentSamples) {
        return ofTokens(studentSamples, (student, teacher) -> Math.expm1(teacher - student) - (teacher - student));
    }

    private static KlEstimate ofTokens(List<List<LogProbabilities>> prompts, DoubleBinaryOperator value) {
        return ofPositions(prompts.stream()
                .map(samples -> samples.stream()
                        .map(sample -> {
                            double[] values = new double[sample.student().length];
                            Arrays.setAll(values, i -> value.applyAsDouble(sample.student()[i], sample.teacher()[i]));
                            return values;
                        })
                        .toList())
                .toList());
    }

    /**
     * From the KL over the whole vocabulary at each position, given the sampled tokens before it: the same expectation with
     * less noise (Rao-Blackwell). KL(student || teacher) along student samples gives the reverse KL, KL(teacher || student)
     * along teacher samples the forward KL; the other pairings are no KL of whole answers.
     *
     * @param kl for every prompt its samples, at least one: the KL at each of their positions
     * @throws IllegalArgumentException where there are no prompts, one has no samples, or a value is not finite
     */
    public static KlEstimate ofPositions(List<List<double[]>> kl) {
        if (kl.isEmpty() || kl.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException(
                    "no prompts, or a prompt without samples: there is nothing to estimate from");
        }
        double[] sums = kl.stream()
                .mapToDouble(samples ->
                        samples.stream().flatMapToDouble(Arrays::stream).sum())
                .toArray();
        double[] samples = kl.stream().mapToDouble(List::size).toArray();
        double[] tokens = kl.stream()
                .mapToDouble(
                        all -> all.stream().mapToInt(values -> values.length).sum())
                .toArray();
        RatioOfSums perSequence = RatioOfSums.of(sums, samples);
        RatioOfSums perToken = RatioOfSums.of(sums, tokens);
        return new KlEstimate(
                perSequence.value(),
                perSequence.standardError(),
                perToken.value(),
                perToken.standardError(),
                kl.size(),
                (int) Arrays.stream(samples).sum(),
                (long) Arrays.stream(tokens).sum());
    }
}
