package dev.retort.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.StepPlan;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.SeededRandom;
import dev.retort.loss.CrossEntropy;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.LossParts;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.GradientPasses;
import dev.retort.model.LanguageModel;
import dev.retort.model.Seq2SeqLm;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Cross-entropy on the examples of one optimiser step, and a divergence from a teacher and the error of hidden states where there
 * is one, forward and backward, in micro-batches.
 *
 * <p>Each term is divided once, by its own count over the whole step, then weighted: micro-batches of any size give one
 * gradient, and a long rationale does not drown a short label.
 */
public final class SupervisedStep {

    /** The term of the divergence from a teacher, over all labelled tokens. */
    public static final String DISTILLATION = "kd";

    /** The term of hidden states far from the teacher's, over all labelled tokens; squared errors, not nats. */
    public static final String HIDDEN_STATES = "hidden";

    /** Enough for matrix products at full speed on a CPU, and little memory; a GPU may want more. */
    private static final int MICRO_BATCH_TOKENS = 512;

    /** More where each pass more would read again what rows begin with alike. */
    private static final int PACKED_TOKENS = 768;

    private final LanguageModel model;
    private final Map<String, Double> termWeights;
    private final int microBatchRows;
    private final long seed;
    private TeacherSource teacher;
    private HeadDivergence divergence;
    private HiddenStateMatch match;
    private BooleanSupplier stop = () -> false;

    /**
     * @param termWeights the weight of each kind of example, and of {@link #DISTILLATION} and {@link #HIDDEN_STATES} where there
     *     are such terms
     * @param microBatchRows most rows of one forward pass
     * @param seed of dropout, together with the step's number
     */
    public SupervisedStep(LanguageModel model, Map<String, Double> termWeights, int microBatchRows, long seed) {
        this.model = model;
        this.termWeights = Map.copyOf(termWeights);
        this.microBatchRows = microBatchRows;
        this.seed = seed;
    }

    /** Word-level distillation beside the cross-entropy: MiniLLM's KD (arXiv 2306.08543, appendix B.1) for forward KL. */
    public SupervisedStep withTeacher(TeacherSource newTeacher, HeadDivergence newDivergence) {
        requireWeight(DISTILLATION);
        teacher = newTeacher;
        divergence = newDivergence;
        return this;
    }

    /**
     * Hidden states matched beside the rest; those of the teacher come from the pass that gives its distributions.
     *
     * @throws IllegalStateException where the teacher is none that reads each batch
     */
    public SupervisedStep withHiddenStates(HiddenStateMatch newMatch) {
        requireWeight(HIDDEN_STATES);
        if (!(teacher instanceof OnlineTeacher online)) {
            throw new IllegalStateException(
                    "hidden states are those of a teacher that reads each batch: give it first");
        }
        teacher = online.withLayers(newMatch.ofTeacher());
        match = newMatch;
        return this;
    }

    /** Gives a step up where it is asked to, as {@link GradientPasses#stopWhen}. */
    public SupervisedStep withStop(BooleanSupplier newStop) {
        stop = newStop;
        return this;
    }

    private void requireWeight(String term) {
        if (!termWeights.containsKey(term)) {
            throw new IllegalArgumentException(
                    "the term '" + term + "' has no weight; weights: " + termWeights.keySet());
        }
    }

    private List<Integer> layers() {
        return match == null ? List.of() : match.ofStudent();
    }

    /** The passes of a step: few tokens at a time, rows of like length together. */
    public static List<List<TokenExample>> microBatches(LanguageModel model, List<TokenExample> examples, int maxRows) {
        return model.isPacked()
                ? StepPlan.packedMicroBatches(examples, maxRows, PACKED_TOKENS)
                : microBatches(examples, maxRows);
    }

    /** Forward passes that pad rows to one length: few tokens at a time, rows of like length together. */
    public static List<List<TokenExample>> microBatches(List<TokenExample> examples, int maxRows) {
        return StepPlan.microBatches(examples, maxRows, MICRO_BATCH_TOKENS);
    }

    /**
     * Adds the step's gradient to the trained weights.
     *
     * @param step the step's number, from 0
     * @return the step's terms, before weights
     * @throws IOException where the teacher does not answer
     * @throws CancellationException where it was given up: the gradient is then that of no whole step
     */
    public LossParts backward(List<TokenExample> examples, int step) throws IOException {
        Map<String, Long> counts = counts(examples);
        LossParts parts = LossParts.none();
        int micro = 0;
        model.weights().setTraining(true);
        try (GradientPasses passes = model.gradientPasses()) {
            passes.stopWhen(stop);
            for (List<TokenExample> rows : microBatches(model, examples, microBatchRows)) {
                // Dropout's random state is derived and not stored: a resumed run draws the same.
                Engine.getEngine("PyTorch").setRandomSeed((int) SeededRandom.seedOf(seed, "dropout", step, micro++));
                try (TokenBatch batch = batch(rows)) {
                    if (batch.labelCount() > 0) {
                        NDList states = passes.labelStates(batch, layers());
                        NDArray hidden = states.get(0);
                        if (teacher == null) {
                            CrossEntropy.Result result = CrossEntropy.withGradient(
                                    hidden, passes.head(), batch.labelIds(), factors(batch, counts));
                            passes.backward(result.gradient());
                            parts = parts.plus(parts(batch, result.losses()));
                        } else {
                            TeacherSignal signal = teacher.at(batch);
                            HeadDivergence.Result result = divergence.withGradient(
                                    hidden,
                                    passes.head(),
                                    signal,
                                    teacherFactors(DISTILLATION, batch, counts),
                                    batch.labels(),
                                    factors(batch, counts));
                            NDList gradients = new NDList(result.gradient());
                            parts = parts.plus(parts(batch, result.labelLosses()))
                                    .plus(ofTeacher(DISTILLATION, batch, result.values()));
                            if (match != null) {
                                HiddenStateMatch.Result error = match.withGradient(
                                        states.subNDList(1),
                                        layers(signal),
                                        teacherFactors(HIDDEN_STATES, batch, counts));
                                gradients.addAll(error.gradients());
                                parts = parts.plus(ofTeacher(HIDDEN_STATES, batch, error.values()));
                            }
                            passes.backward(gradients);
                        }
                    }
                }
            }
        } finally {
            model.weights().setTraining(false);
        }
        return parts;
    }

    /** The terms of examples without gradients or dropout, for validation. */
    public LossParts evaluate(List<TokenExample> examples) throws IOException {
        LossParts parts = LossParts.none();
        for (List<TokenExample> rows : microBatches(examples, microBatchRows)) {
            try (TokenBatch batch = batch(rows)) {
                if (batch.labelCount() > 0) {
                    NDList states = model.labelStates(batch, layers());
                    NDArray hidden = states.get(0);
                    float[] losses = CrossEntropy.losses(hidden, model.head(), batch.labelIds());
                    parts = parts.plus(parts(batch, losses));
                    if (teacher != null) {
                        TeacherSignal signal = teacher.at(batch);
                        float[] values = divergence.values(hidden, model.head(), signal);
                        parts = parts.plus(ofTeacher(DISTILLATION, batch, values));
                        if (match != null) {
                            float[] errors = match.values(states.subNDList(1), layers(signal));
                            parts = parts.plus(ofTeacher(HIDDEN_STATES, batch, errors));
                        }
                    }
                }
            }
        }
        return parts;
    }

    private static NDList layers(TeacherSignal signal) {
        return ((TeacherSignal.Hidden) signal).layers();
    }

    private TokenBatch batch(List<TokenExample> rows) {
        NDManager parent = model.weights().manager();
        return new TokenBatch(rows, model instanceof Seq2SeqLm, parent);
    }

    /** Labelled tokens of each term over the whole step, known before the first forward pass. */
    private Map<String, Long> counts(List<TokenExample> examples) {
        Map<String, Long> counts = new TreeMap<>();
        boolean shifted = !(model instanceof Seq2SeqLm);
        for (TokenExample example : examples) {
            if (!termWeights.containsKey(example.kind())) {
                throw new IllegalArgumentException("example " + example.id() + " is of kind '" + example.kind()
                        + "', which has no weight; weights: " + termWeights.keySet());
            }
            long labelled = example.labelled();
            if (shifted && labelled > 0 && example.labels()[0] != TokenExample.IGNORED) {
                labelled--;
            }
            counts.merge(example.kind(), labelled, Long::sum);
        }
        return counts;
    }

    private float[] factors(TokenBatch batch, Map<String, Long> counts) {
        int[] rows = batch.labelRows();
        float[] factors = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            TokenExample example = batch.examples().get(rows[i]);
            String kind = example.kind();
            factors[i] = (float) (example.weight() * termWeights.get(kind) / counts.get(kind));
        }
        return factors;
    }

    private float[] teacherFactors(String term, TokenBatch batch, Map<String, Long> counts) {
        long count = counts.values().stream().mapToLong(Long::longValue).sum();
        int[] rows = batch.labelRows();
        float[] factors = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double weight = batch.examples().get(rows[i]).weight();
            factors[i] = (float) (weight * termWeights.get(term) / count);
        }
        return factors;
    }

    private static LossParts ofTeacher(String term, TokenBatch batch, float[] values) {
        int[] rows = batch.labelRows();
        double sum = 0;
        for (int i = 0; i < rows.length; i++) {
            sum += batch.examples().get(rows[i]).weight() * values[i];
        }
        return new LossParts(Map.of(term, new LossParts.Term(sum, rows.length)));
    }

    private static LossParts parts(TokenBatch batch, float[] losses) {
        int[] rows = batch.labelRows();
        Map<String, LossParts.Term> terms = new LinkedHashMap<>();
        for (int i = 0; i < rows.length; i++) {
            TokenExample example = batch.examples().get(rows[i]);
            terms.merge(
                    example.kind(),
                    new LossParts.Term(example.weight() * losses[i], 1),
                    (a, b) -> new LossParts.Term(a.sum() + b.sum(), a.count() + b.count()));
        }
        return new LossParts(terms);
    }
}
