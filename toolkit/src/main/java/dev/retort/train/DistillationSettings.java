package dev.retort.train;

import dev.retort.data.SamplingParams;
import dev.retort.loss.Divergence;
import dev.retort.loss.Divergences;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.TeacherSignal;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a student comes near a teacher whose probabilities can be read; null components take their defaults. Names are those of
 * TRL where it has the setting.
 *
 * @param kdRatio weight of the divergence, 0 to 1; the cross-entropy has the rest. Default: 0.5 as in MiniLLM's code, or 1 with
 *     lmbda
 * @param divergence a name of {@link Divergences}. Default: forward-kl
 * @param beta of jsd
 * @param alpha of skew-kl and skew-reverse-kl
 * @param mu of adaptive-kl
 * @param temperature of both softmaxes of the divergence. Default: 1
 * @param lmbda share of steps on completions of the student's own (GKD), 0 to 1. Default: 0
 * @param samplingTemperature of these; what GKDConfig calls temperature, and its default: 0.9
 * @param maxCompletionLength most tokens of one of these. Default: 128
 * @param teacherTopK tokens a position that are known of the teacher, written down before the training; absent: all, read
 *     beside the student
 * @param teacherOutside what is made of the mass outside them. Default: bucket
 * @param trimVocabulary whether the teacher's vocabulary may be longer by padding. Default: false
 */
public record DistillationSettings(
        Double kdRatio,
        String divergence,
        Double beta,
        Double alpha,
        Double mu,
        Double temperature,
        Double lmbda,
        Double samplingTemperature,
        Integer maxCompletionLength,
        Integer teacherTopK,
        TeacherSignal.Outside teacherOutside,
        Boolean trimVocabulary) {

    /** @throws IllegalArgumentException where a value does not fit, naming its key */
    public DistillationSettings {
        lmbda = share("lmbda", or(lmbda, 0.0));
        kdRatio = share("kd_ratio", or(kdRatio, lmbda > 0 ? 1.0 : 0.5));
        require(
                lmbda == 0 || kdRatio == 1,
                "lmbda learns from the student's own completions, whose cross-entropy teaches nothing: give kd_ratio"
                        + " 1");
        divergence = or(divergence, "forward-kl");
        Divergence made = Divergences.named(divergence, given(beta, alpha, mu));
        Map<String, Double> usual = Divergences.settings(divergence);
        beta = or(beta, usual.get("beta"));
        alpha = or(alpha, usual.get("alpha"));
        mu = or(mu, usual.get("mu"));
        temperature = or(temperature, 1.0);
        require(
                temperature > 0 && Double.isFinite(temperature),
                "temperature must be a finite number above 0, not " + temperature);
        if (lmbda > 0) {
            samplingTemperature = or(samplingTemperature, 0.9);
            maxCompletionLength = or(maxCompletionLength, 128);
            require(samplingTemperature >= 0, "sampling_temperature must be at least 0, not " + samplingTemperature);
            require(maxCompletionLength >= 1, "max_completion_length must be at least 1, not " + maxCompletionLength);
        }
        require(
                lmbda > 0 || (samplingTemperature == null && maxCompletionLength == null),
                "sampling_temperature and max_completion_length are those of the student's own completions: give lmbda"
                        + " too");
        require(teacherOutside == null || teacherTopK != null, "teacher_outside goes with teacher_top_k");
        if (teacherTopK != null) {
            teacherOutside = or(teacherOutside, TeacherSignal.Outside.BUCKET);
            require(teacherTopK >= 1, "teacher_top_k must be at least 1, not " + teacherTopK);
            require(
                    lmbda == 0,
                    "teacher_top_k is written down before the training, when the student's own completions are not"
                            + " known: leave it out, or lmbda");
            require(
                    teacherOutside != TeacherSignal.Outside.ZERO || isHeld(made),
                    divergence
                            + " with teacher_outside zero is least where the student puts its mass outside the top k:"
                            + " give bucket or renormalise");
        }
        trimVocabulary = or(trimVocabulary, false);
    }

    /** Every default. */
    public static DistillationSettings defaults() {
        return new DistillationSettings(null, null, null, null, null, null, null, null, null, null, null, null);
    }

    /** Whether what is not known of the teacher can change the divergence by so much and no more. */
    private static boolean isHeld(Divergence divergence) {
        return Double.isFinite(divergence.most(0.5, 0.5, -1, -1));
    }

    private static Map<String, Double> given(Double beta, Double alpha, Double mu) {
        Map<String, Double> given = new TreeMap<>();
        put(given, "beta", beta);
        put(given, "alpha", alpha);
        put(given, "mu", mu);
        return given;
    }

    private static void put(Map<String, Double> map, String key, Double value) {
        if (value != null) {
            map.put(key, value);
        }
    }

    private static <T> T or(T value, T absent) {
        return value == null ? absent : value;
    }

    private static double share(String name, double value) {
        require(value >= 0 && value <= 1, name + " must be 0 to 1, not " + value);
        return value;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The divergence at its temperature. */
    public HeadDivergence loss() {
        return new HeadDivergence(Divergences.named(divergence, given(beta, alpha, mu)), temperature);
    }

    /** How the student's own completions are drawn. */
    SamplingParams sampling() {
        return SamplingParams.none().withTemperature(samplingTemperature).withMaxTokens(maxCompletionLength);
    }

    /**
     * The weight of every term.
     *
     * @param ofExamples the weight of each kind of example without a teacher
     */
    public Map<String, Double> terms(Map<String, Double> ofExamples) {
        require(
                !ofExamples.containsKey(SupervisedStep.DISTILLATION),
                "'" + SupervisedStep.DISTILLATION + "' is the teacher's term: call the examples another kind");
        Map<String, Double> terms = new TreeMap<>();
        ofExamples.forEach((kind, weight) -> terms.put(kind, (1 - kdRatio) * weight));
        terms.put(SupervisedStep.DISTILLATION, kdRatio);
        return terms;
    }
}
