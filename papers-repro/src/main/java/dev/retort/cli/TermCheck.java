package dev.retort.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.TokenExample;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.LossParts;
import dev.retort.model.LoadedModel;
import dev.retort.model.Weights;
import dev.retort.op.Ops;
import dev.retort.train.Distillation;
import dev.retort.train.HiddenStateMatch;
import dev.retort.train.SupervisedStep;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/** What each term of a training's loss does: its weight, its labels, and its gradient on one batch. */
final class TermCheck {

    /** Examples of each kind whose gradient is taken. */
    private static final int GRADIENT_EXAMPLES = 8;

    /** Nats a token: so near to each other float32 cannot tell distributions apart. */
    private static final double SAME = 1e-6;

    private final TrainingSettings settings;
    private final LoadedModel student;
    private final Distillation teacher;
    private final ToIntFunction<TokenExample> labelled;
    private final Map<String, List<TokenExample>> kinds = new TreeMap<>();
    private final Map<String, Double> weights;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A live term.
     *
     * @param loss a token, before the weight
     * @param gradient of the weighted term, by trained weight
     */
    private record Live(double loss, double norm, NDList gradient) {}

    /**
     * @param teacher null where there is none
     * @param labelled tokens of an example that carry loss
     */
    TermCheck(
            TrainConfig config,
            LoadedModel student,
            Distillation teacher,
            List<TokenExample> examples,
            ToIntFunction<TokenExample> labelled) {
        this.settings = config.settings();
        this.student = student;
        this.teacher = teacher;
        this.labelled = labelled;
        examples.forEach(example ->
                kinds.computeIfAbsent(example.kind(), kind -> new ArrayList<>()).add(example));
        weights = TrainData.termWeights(config, examples);
    }

    /** The examples whose gradients are taken: the first of each kind that carry loss. */
    List<TokenExample> batch() {
        return kinds.values().stream().flatMap(all -> some(all).stream()).toList();
    }

    private List<TokenExample> some(List<TokenExample> examples) {
        return examples.stream()
                .filter(example -> labelled.applyAsInt(example) > 0 && example.weight() != 0)
                .limit(GRADIENT_EXAMPLES)
                .toList();
    }

    List<Finding> run() throws IOException {
        String same = teacher == null ? null : same();
        makeTrainable();
        Map<String, Live> live = new LinkedHashMap<>();
        TreeSet<String> terms = new TreeSet<>(weights.keySet());
        terms.addAll(kinds.keySet());
        try (NDManager kept = student.model().weights().manager().newSubManager()) {
            for (String term : terms) {
                if (isOnlyMeasured(term)) {
                    String ratio = isOfTeacher(term) ? "0" : "1";
                    findings.add(Finding.ok("term " + term, "only measured: kd_ratio is " + ratio));
                    continue;
                }
                String dead = dead(term);
                dead = dead == null && isOfTeacher(term) ? same : dead;
                if (dead == null) {
                    unbounded(term);
                    Live made = gradient(term, kept);
                    if (Double.isFinite(made.loss()) && Double.isFinite(made.norm()) && made.norm() != 0) {
                        live.put(term, made);
                    } else {
                        dead = "its loss is " + made.loss() + " and its gradient's norm " + made.norm();
                    }
                }
                if (dead != null) {
                    findings.add(Finding.fail("term " + term, "dead: " + dead));
                }
            }
            report(live);
        }
        return findings;
    }

    private boolean isOfTeacher(String term) {
        return teacher != null && (term.equals(SupervisedStep.DISTILLATION) || isOfHiddenStates(term));
    }

    private boolean isOfHiddenStates(String term) {
        return teacher != null
                && teacher.settings().hiddenStatesWeight() != null
                && term.equals(SupervisedStep.HIDDEN_STATES);
    }

    /** Whether kd_ratio leaves a term to the teacher, or leaves of the teacher its hidden states alone. */
    private boolean isOnlyMeasured(String term) {
        if (teacher == null || !weights.containsKey(term)) {
            return false;
        }
        double ratio = teacher.settings().kdRatio();
        return isOfTeacher(term)
                ? ratio == 0 && teacher.settings().hiddenStatesWeight() != null && !isOfHiddenStates(term)
                : ratio == 1 && kinds.containsKey(term);
    }

    /** Why a term cannot teach anything, or null. */
    private String dead(String term) {
        Double weight = weights.get(term);
        List<TokenExample> examples = examples(term);
        if (weight == null) {
            return examples.size() + " examples are of this kind, but term_weights has no weight for it";
        }
        if (weight == 0) {
            return isOfTeacher(term)
                    ? "kd_ratio is 0; leave teacher_model_name_or_path out"
                    : "its weight is 0; leave its examples out";
        }
        if (examples.isEmpty()) {
            return "term_weights has it, but no example is of kind '" + term + "'";
        }
        return some(examples).isEmpty()
                ? "none of its " + examples.size() + " examples has a labelled token with a weight"
                : null;
    }

    private List<TokenExample> examples(String term) {
        return isOfTeacher(term)
                ? kinds.values().stream().flatMap(List::stream).toList()
                : kinds.getOrDefault(term, List.of());
    }

    /** Why a teacher has nothing to teach, or null. */
    private String same() throws IOException {
        if (batch().isEmpty()) {
            return null;
        }
        HeadDivergence whole =
                new HeadDivergence(new ForwardKl(), teacher.settings().temperature());
        double nats = new SupervisedStep(student.model(), weights, settings.perDeviceTrainBatchSize(), settings.seed())
                .withTeacher(teacher.whole(), whole)
                .evaluate(batch().stream()
                        .map(example ->
                                new TokenExample(example.id(), example.kind(), 1, example.input(), example.labels()))
                        .toList())
                .terms()
                .get(SupervisedStep.DISTILLATION)
                .mean();
        return nats < SAME
                ? String.format(
                        Locale.ROOT,
                        "teacher and student say the same (%.1e nats a token); is the student its own teacher?",
                        nats)
                : null;
    }

    private void unbounded(String term) {
        // A teacher's term is over the examples of every kind.
        boolean isNegative = weights.get(term) < 0 || examples(term).stream().anyMatch(example -> example.weight() < 0);
        if (isNegative) {
            findings.add(Finding.warn(
                    "term " + term,
                    "no lower bound: a negative weight makes its tokens less likely without end; keep it small and the"
                            + " training short"));
        }
    }

    private void makeTrainable() {
        Weights ofStudent = student.model().weights();
        if (settings.lora() != null) {
            ofStudent.addLora(settings.lora(), settings.seed());
        } else {
            ofStudent.train(name -> true);
        }
    }

    /** The gradient of a term by itself with respect to the student, which does not stay in the weights. */
    private Live gradient(String term, NDManager kept) throws IOException {
        List<TokenExample> examples = isOfTeacher(term) ? batch() : some(kinds.get(term));
        Map<String, Double> alone = new HashMap<>();
        kinds.keySet().forEach(kind -> alone.put(kind, 0.0));
        if (isOfTeacher(term)) {
            alone.put(SupervisedStep.DISTILLATION, 0.0);
        }
        alone.put(term, weights.get(term));
        SupervisedStep step =
                new SupervisedStep(student.model(), alone, settings.perDeviceTrainBatchSize(), settings.seed());
        if (isOfTeacher(term)) {
            step.withTeacher(teacher.online(), teacher.settings().loss());
        }
        LossParts parts;
        try (HiddenStateMatch match = isOfHiddenStates(term) ? teacher.hiddenStates(settings.seed()) : null) {
            if (match != null) {
                step.withHiddenStates(match);
            }
            parts = step.backward(examples, 0);
        }
        NDList gradients = new NDList();
        double squares = 0;
        for (NDArray weight : student.model().weights().trainable().values()) {
            try (NDArray gradient = weight.getGradient();
                    NDArray square = Ops.squareSum(gradient)) {
                squares += square.toDoubleArray()[0];
                gradients.add(gradient.duplicate());
                Ops.zero(gradient);
            }
        }
        gradients.attach(kept);
        return new Live(parts.terms().get(term).mean(), Math.sqrt(squares), gradients);
    }

    private void report(Map<String, Live> live) {
        double sum = live.values().stream().mapToDouble(Live::norm).sum();
        live.forEach((term, found) -> {
            LongSummaryStatistics tokens =
                    examples(term).stream().mapToLong(labelled::applyAsInt).summaryStatistics();
            findings.add(Finding.ok(
                    "term " + term,
                    String.format(
                            Locale.ROOT,
                            "weight %s, %d examples, %d labelled tokens (%d to %d an example, mean %.1f), loss %.4g a"
                                    + " token, %.0f %% of the gradient's norm",
                            weights.get(term),
                            tokens.getCount(),
                            tokens.getSum(),
                            tokens.getMin(),
                            tokens.getMax(),
                            tokens.getAverage(),
                            found.loss(),
                            100 * found.norm() / sum)));
        });
        List<String> terms = List.copyOf(live.keySet());
        for (int i = 0; i < terms.size(); i++) {
            for (String other : terms.subList(i + 1, terms.size())) {
                findings.add(Finding.ok(
                        "terms " + terms.get(i) + " and " + other,
                        String.format(
                                Locale.ROOT,
                                "cosine of their gradients %.3f",
                                cosine(live.get(terms.get(i)), live.get(other)))));
            }
        }
    }

    private static double cosine(Live one, Live other) {
        double products = 0;
        for (int i = 0; i < one.gradient().size(); i++) {
            try (NDArray product =
                    Ops.dot(one.gradient().get(i), other.gradient().get(i))) {
                products += product.toFloatArray()[0];
            }
        }
        return products / one.norm() / other.norm();
    }
}
