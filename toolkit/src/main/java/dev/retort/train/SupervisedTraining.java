package dev.retort.train;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.StepPlan;
import dev.retort.batch.TokenExample;
import dev.retort.data.Precision;
import dev.retort.data.SeededRandom;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.LossParts;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraFiles;
import dev.retort.model.Models;
import dev.retort.model.Weights;
import dev.retort.op.Autograd;
import dev.retort.run.Interrupt;
import dev.retort.run.MetricLog;
import dev.retort.run.Progress;
import dev.retort.run.ProgressListener;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Fine-tuning on examples, with checkpoints, metrics and progress in a folder: metrics.jsonl, tensorboard/, checkpoints/, and at
 * the end final/, the trained model with adapters merged (and adapter/, the adapters alone).
 *
 * <p>An item may hold several token examples, such as a label and its rationale; they are always seen in the same step.
 */
public final class SupervisedTraining {

    /** The folder of the finished model. */
    public static final String FINAL = "final";

    private final LoadedModel loaded;
    private final TrainingSettings settings;
    private final Map<String, Double> termWeights;
    private final Path folder;
    private List<List<TokenExample>> validation = List.of();
    private String label = "train";
    private boolean quiet;
    private List<ProgressListener> listeners = List.of();
    private Interrupt interrupt;
    private TeacherSource teacher;
    private HeadDivergence divergence;
    private String teacherRevision = "";
    private List<LayerPair> pairs = List.of();
    private int teacherWidth;
    private OnPolicy onPolicy;

    /**
     * What came of it.
     *
     * @param steps optimiser steps done in all
     * @param totalSteps optimiser steps there are
     * @param tokens worked through by this process, padding not counted
     * @param seconds this process took
     */
    public record Outcome(int steps, int totalSteps, long tokens, double seconds) {

        /** Whether all steps are done and final/ is there. */
        public boolean finished() {
            return steps == totalSteps;
        }

        /** One line, for example "stopped: 120 of 300 steps, 12,345 tokens, 41 s". */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s: %,d of %,d steps, %,d tokens, %.0f s",
                    finished() ? "finished" : "stopped",
                    steps,
                    totalSteps,
                    tokens,
                    seconds);
        }
    }

    /**
     * @param termWeights the weight of each kind of example in the loss
     * @param folder of the run
     */
    public SupervisedTraining(
            LoadedModel loaded, TrainingSettings settings, Map<String, Double> termWeights, Path folder) {
        this.loaded = loaded;
        this.settings = settings;
        this.termWeights = new TreeMap<>(termWeights);
        this.folder = folder;
    }

    /** Distils from a teacher beside the cross-entropy, as {@link SupervisedStep#withTeacher}. */
    public SupervisedTraining withTeacher(TeacherSource newTeacher, HeadDivergence newDivergence) {
        teacher = newTeacher;
        divergence = newDivergence;
        return this;
    }

    /** Refuses to go on from a checkpoint that learnt from another teacher: the revision tells teachers apart. */
    public SupervisedTraining withTeacherRevision(String newRevision) {
        teacherRevision = newRevision;
        return this;
    }

    /**
     * Matches hidden states beside it, as {@link SupervisedStep#withHiddenStates}; the projections' first values come from
     * the training's seed.
     *
     * @param newTeacherWidth the width of the teacher's hidden states
     */
    public SupervisedTraining withHiddenStates(List<LayerPair> newPairs, int newTeacherWidth) {
        pairs = List.copyOf(newPairs);
        teacherWidth = newTeacherWidth;
        return this;
    }

    /** Takes completions from the student itself in some steps. */
    public SupervisedTraining withOnPolicy(OnPolicy newOnPolicy) {
        onPolicy = newOnPolicy;
        return this;
    }

    /** Measures the loss on these every eval_steps and at the end. */
    public SupervisedTraining withValidation(List<List<TokenExample>> items) {
        validation = items;
        return this;
    }

    public SupervisedTraining withProgress(String newLabel, boolean isQuiet, List<ProgressListener> newListeners) {
        label = newLabel;
        quiet = isQuiet;
        listeners = List.copyOf(newListeners);
        return this;
    }

    /** Ends with a checkpoint after the step in hand when this asks for it; without it, when the thread is interrupted. */
    public SupervisedTraining withInterrupt(Interrupt newInterrupt) {
        interrupt = newInterrupt;
        return this;
    }

    /**
     * Trains from the last checkpoint there is, else from the start. A finished folder is left as it is. Waits for a training
     * of another thread to end, and goes on from what it leaves.
     *
     * @throws IOException if a checkpoint is broken or was made with other settings or data
     */
    public Outcome run(List<List<TokenExample>> items) throws IOException {
        Autograd.turn().lock();
        Precision before = loaded.model().precision();
        try {
            loaded.model().setPrecision(settings.precision());
            if (interrupt != null) {
                return train(items, interrupt);
            }
            try (Interrupt ofThread = Interrupt.onThread()) {
                return train(items, ofThread);
            }
        } finally {
            loaded.model().setPrecision(before);
            Autograd.turn().unlock();
        }
    }

    private Outcome train(List<List<TokenExample>> items, Interrupt stopper) throws IOException {
        StepPlan plan = new StepPlan(items.size(), settings.examplesPerStep(), settings.seed());
        int total = settings.totalSteps(items.size());
        if (Files.isDirectory(folder.resolve(FINAL))) {
            return new Outcome(total, total, 0, 0);
        }
        long start = System.nanoTime();
        String hash = hash(items);
        Path checkpoints = folder.resolve("checkpoints");
        var last = Checkpoint.last(checkpoints);
        Weights weights = loaded.model().weights();
        if (settings.lora() == null) {
            weights.train(name -> true);
        } else if (last.isPresent() && settings.lora().equals(weights.loraConfig())) {
            // This very model was stopped before: its adapters take the checkpoint's values.
            weights.trainable().values().forEach(Autograd::startGradient);
        } else {
            weights.addLora(settings.lora(), settings.seed());
        }
        try (HiddenStateMatch match = pairs.isEmpty()
                        ? null
                        : new HiddenStateMatch(pairs, loaded.model(), teacherWidth, settings.seed());
                AdamW optimizer = new AdamW(trained(match), settings.optimizer(), weights.manager())) {
            Map<String, NDArray> projections = match == null ? Map.of() : match.projections();
            int first = 0;
            // Takes an interruption over that stands already: with it no weights could be read.
            stopper.requested();
            if (last.isPresent()) {
                last.get().restore(loaded.model(), projections, optimizer, hash);
                first = last.get().step();
            }
            long tokens = 0;
            int step = first;
            try (MetricLog log = last.isPresent() ? MetricLog.resume(folder, first) : MetricLog.create(folder);
                    Progress progress = Progress.onStandardError(label, first, total, quiet, listeners)) {
                SupervisedStep supervised = new SupervisedStep(
                        loaded.model(), termWeights, settings.perDeviceTrainBatchSize(), settings.seed());
                if (teacher != null) {
                    supervised.withTeacher(teacher, divergence);
                }
                if (match != null) {
                    supervised.withHiddenStates(match);
                }
                LearningRate rate = settings.schedule(total);
                LossParts sinceLog = LossParts.none();
                long tokensSinceLog = 0;
                long timeSinceLog = System.nanoTime();
                while (step < total) {
                    // The first step is always finished: a run that is stopped again and again still ends.
                    BooleanSupplier stop = step == first ? () -> false : stopper::requested;
                    List<TokenExample> ofData = pick(items, plan.indices(step));
                    List<TokenExample> examples;
                    LossParts parts;
                    try {
                        examples = onPolicy == null ? ofData : onPolicy.of(ofData, step, stop);
                        parts = supervised.withStop(stop).backward(examples, step);
                    } catch (CancellationException e) {
                        // The step in hand is given up; what stands is the one before.
                        optimizer.discard();
                        if (!isSaved(step)) {
                            log.sync();
                            Checkpoint.save(
                                    checkpoints, loaded, projections, optimizer, step, hash, settings.saveTotalLimit());
                        }
                        break;
                    }
                    double loss = parts.weighted(termWeights);
                    if (!Double.isFinite(loss)) {
                        throw new ArithmeticException("the loss is " + loss + " at step " + (step + 1)
                                + ": lower learning_rate or look at the data of that step");
                    }
                    double norm = optimizer.step(rate.at(step));
                    long stepTokens = tokens(examples);
                    tokens += stepTokens;
                    tokensSinceLog += stepTokens;
                    sinceLog = sinceLog.plus(parts);
                    step++;
                    progress.update(step, tokens, loss);
                    if (step % settings.loggingSteps() == 0 || isEvaluated(step, total) || step == total) {
                        long now = System.nanoTime();
                        Map<String, Double> row = row(sinceLog);
                        row.put("learning_rate", rate.at(step - 1));
                        row.put("grad_norm", norm);
                        row.put("tokens", (double) tokensSinceLog);
                        row.put("tokens_per_second", tokensSinceLog / ((now - timeSinceLog) / 1e9));
                        if (isEvaluated(step, total)) {
                            supervised
                                    .evaluate(flat(validation))
                                    .terms()
                                    .forEach((name, term) -> row.put("eval_loss/" + name, term.mean()));
                        }
                        log.append(step, row);
                        sinceLog = LossParts.none();
                        tokensSinceLog = 0;
                        timeSinceLog = System.nanoTime();
                    }
                    boolean stops = stopper.requested();
                    if (isSaved(step) || stops || step == total) {
                        log.sync();
                        Checkpoint.save(
                                checkpoints, loaded, projections, optimizer, step, hash, settings.saveTotalLimit());
                    }
                    if (stops) {
                        break;
                    }
                }
            }
            if (step == total) {
                saveFinal();
            }
            return new Outcome(step, total, tokens, (System.nanoTime() - start) / 1e9);
        }
    }

    /** @param match null where no hidden states are matched */
    private Map<String, NDArray> trained(HiddenStateMatch match) {
        Map<String, NDArray> trained =
                new LinkedHashMap<>(loaded.model().weights().trainable());
        if (match != null) {
            trained.putAll(match.projections());
        }
        return trained;
    }

    private boolean isSaved(int step) {
        return settings.saveSteps() > 0 && step % settings.saveSteps() == 0;
    }

    private boolean isEvaluated(int step, int total) {
        return !validation.isEmpty()
                && (step == total || (settings.evalSteps() > 0 && step % settings.evalSteps() == 0));
    }

    private void saveFinal() throws IOException {
        if (loaded.model().weights().loraConfig() != null) {
            LoraFiles.save(loaded.model(), loaded.source().toString(), folder.resolve("adapter"));
            loaded.model().weights().mergeLora();
        }
        Models.save(loaded, folder.resolve(FINAL));
    }

    private Map<String, Double> row(LossParts parts) {
        Map<String, Double> row = new LinkedHashMap<>();
        row.put("loss", parts.weighted(termWeights));
        if (parts.terms().size() > 1) {
            parts.terms().forEach((name, term) -> row.put("loss/" + name, term.mean()));
        }
        return row;
    }

    private static List<TokenExample> pick(List<List<TokenExample>> items, int[] indices) {
        List<TokenExample> picked = new ArrayList<>();
        for (int index : indices) {
            picked.addAll(items.get(index));
        }
        return picked;
    }

    private static List<TokenExample> flat(List<List<TokenExample>> items) {
        return items.stream().flatMap(List::stream).toList();
    }

    private long tokens(List<TokenExample> examples) {
        boolean apart = loaded.model() instanceof dev.retort.model.Seq2SeqLm;
        long count = 0;
        for (TokenExample example : examples) {
            count += example.length() + (apart ? example.labels().length : 0);
        }
        return count;
    }

    /** One text for what must be equal between a checkpoint and the training that goes on from it. */
    private String hash(List<List<TokenExample>> items) {
        StringBuilder text = new StringBuilder(YamlConfig.write(settings)).append(termWeights);
        if (divergence != null) {
            text.append(divergence).append(teacherRevision);
        }
        if (!pairs.isEmpty()) {
            text.append(pairs);
        }
        if (onPolicy != null) {
            text.append(onPolicy);
        }
        for (List<TokenExample> item : items) {
            for (TokenExample example : item) {
                text.append(Arrays.hashCode(example.input())).append(',');
                text.append(Arrays.hashCode(example.labels())).append(',');
                text.append(example.kind()).append(example.weight()).append(';');
            }
        }
        return SeededRandom.sha256Hex(text.toString());
    }
}
