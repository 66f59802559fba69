package dev.retort.train;

import dev.retort.data.SamplingParams;
import dev.retort.loss.Divergence;
import dev.retort.loss.Divergences;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.TeacherSignal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * @param hiddenStatesWeight weight of the error of {@link HiddenStateMatch}, added to what kd_ratio shares out; absent or 0: no
 *     such term. Of decoder-only models, the teacher read beside the student
 * @param hiddenStatesLayers pairs student:teacher of layers, counted from 1. Default: every layer of the student, as {@link
 *     LayerPair#uniform}; a pair costs four arrays of both widths multiplied (projection, gradient, moments), its states little
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
        Boolean trimVocabulary,
        Double hiddenStatesWeight,
        List<String> hiddenStatesLayers) {

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
        if (hiddenStatesWeight != null) {
            require(
                    hiddenStatesWeight >= 0 && Double.isFinite(hiddenStatesWeight),
                    "hidden_states_weight must be a finite number of at least 0, not " + hiddenStatesWeight);
            hiddenStatesWeight = hiddenStatesWeight == 0 ? null : hiddenStatesWeight;
        }
        require(
                hiddenStatesWeight == null || teacherTopK == null,
                "hidden_states_weight needs the teacher beside the student, and teacher_top_k writes its signals down"
                        + " before: leave one out");
        if (hiddenStatesLayers != null) {
            require(hiddenStatesWeight != null, "hidden_states_layers goes with hidden_states_weight");
            hiddenStatesLayers = List.copyOf(hiddenStatesLayers);
            requirePairs(hiddenStatesLayers);
        }
    }

    private static void requirePairs(List<String> layers) {
        require(!layers.isEmpty(), "hidden_states_layers is empty: leave it out for every layer of the student");
        Set<LayerPair> pairs = new HashSet<>();
        for (String layer : layers) {
            require(pairs.add(LayerPair.parse(layer)), "hidden_states_layers has " + layer + " twice");
        }
    }

    /** Every default. */
    public static DistillationSettings defaults() {
        return new DistillationSettings(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null);
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
     * The layers whose hidden states are matched where there is that term.
     *
     * @param ofStudent how many layers it has
     * @param ofTeacher how many layers it has
     * @throws IllegalArgumentException where one of them has no such layer
     */
    List<LayerPair> layers(int ofStudent, int ofTeacher) {
        if (hiddenStatesLayers == null) {
            return LayerPair.uniform(ofStudent, ofTeacher);
        }
        List<LayerPair> pairs =
                hiddenStatesLayers.stream().map(LayerPair::parse).toList();
        for (LayerPair pair : pairs) {
            require(
                    pair.student() <= ofStudent && pair.teacher() <= ofTeacher,
                    "hidden_states_layers has " + pair + ", and the student has " + ofStudent
                            + " layers and the teacher " + ofTeacher);
        }
        return pairs;
    }

    /**
     * The weight of every term.
     *
     * @param ofExamples the weight of each kind of example without a teacher
     */
    public Map<String, Double> terms(Map<String, Double> ofExamples) {
        Map<String, Double> ofTeacher = new TreeMap<>(Map.of(SupervisedStep.DISTILLATION, kdRatio));
        put(ofTeacher, SupervisedStep.HIDDEN_STATES, hiddenStatesWeight);
        Map<String, Double> terms = new TreeMap<>(ofTeacher);
        ofExamples.forEach((kind, weight) -> {
            require(
                    !ofTeacher.containsKey(kind),
                    "'" + kind + "' is the teacher's term: call the examples another kind");
            terms.put(kind, (1 - kdRatio) * weight);
        });
        return terms;
    }
}
