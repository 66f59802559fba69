package dev.retort.papers.minillm;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.loss.HeadDivergence;
import dev.retort.model.CausalLm;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.report.PairedEffect;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.train.OnPolicy;
import dev.retort.train.OnlineTeacher;
import dev.retort.train.SupervisedStep;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * MiniLLM's question (Gu et al. 2023, arXiv 2306.08543) in a language that is known: which way round is the KL of a student that
 * cannot be all that its teacher is?
 *
 * <p>A teacher learns the language; a smaller student begins to; from there on each row trains the student its own way, and the
 * KL divergences between teacher and student over whole completions are computed exactly, both ways round.
 */
public final class MiniLlmRecipe {

    /** The paper's name on the command line. */
    public static final String PAPER = "minillm";

    private static final String FORWARD = "forward-kl";
    private static final String REVERSE = "reverse-kl";
    private static final String KIND = "answer";
    private static final String TEACHER = "teacher";
    private static final String START = "start";

    private record RowConfig(String method, TrainingSettings training) {}

    private final RunOptions options;
    private final MiniLlmConfig config;
    private final Path out;

    private MiniLlmRecipe(RunOptions options, MiniLlmConfig config) {
        this.options = options;
        this.config = config;
        this.out = options.out();
    }

    private static MiniLlmConfig config(RunOptions options) throws IOException {
        return Recipes.read(PAPER, options.recipe(), MiniLlmConfig.class, options.overrides());
    }

    /**
     * Runs the recipe into its folder; what is there already is not done again.
     *
     * @return whether all stages asked for are done; false after an interruption
     */
    public static boolean run(RunOptions options) throws IOException {
        return new MiniLlmRecipe(options, config(options)).run();
    }

    /** The resolved configuration and the plan, for {@code --dry-run}. */
    public static String describe(RunOptions options) throws IOException {
        MiniLlmConfig config = config(options);
        int seeds = Math.max(1, options.seeds().size());
        return YamlConfig.write(config)
                + String.format(
                        Locale.ROOT,
                        "# plan: %d rows (%d methods x %d seeds) of %d optimiser steps each, and a teacher (%d steps) and a"
                                + " start (%d steps) a seed; both KLs exact over all completions of %d topics%n",
                        DistilRow.values().length * seeds,
                        DistilRow.values().length,
                        seeds,
                        config.distilling().totalSteps(config.sentences()),
                        config.making().totalSteps(config.sentences()),
                        config.start().totalSteps(config.sentences()),
                        config.language().topics());
    }

    private boolean run() throws IOException {
        long start = System.nanoTime();
        RunFolder.requireSame(out, config, "run into another folder");
        Map<Path, String> before = RunFolder.state(out);
        RunFolder.writeConfig(out, config);
        Ops.setThreads(options.threadsOr(config.threads()));
        RunRecord record = record(0);
        boolean done = true;
        for (int seed : options.seeds().isEmpty() ? List.of(0) : options.seeds()) {
            done = done && seed(seed);
        }
        if (done && options.runs(Stage.REPORT)) {
            report();
        }
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start), before);
        return done;
    }

    private boolean seed(int seed) throws IOException {
        if (!options.runs(Stage.TRAIN)) {
            return true;
        }
        List<Example> data = data(seed);
        Path teacherFolder = folder(TEACHER, seed).resolve(SupervisedTraining.FINAL);
        Path startFolder = folder(START, seed).resolve(SupervisedTraining.FINAL);
        List<String> words = config.language().vocabulary();
        if (!made(TEACHER, seed, config.making(), () -> config.teacher().create(words, seed, options.device()), data)
                || !made(
                        START,
                        seed,
                        config.start(),
                        () -> config.student().create(words, seed, options.device()),
                        data)) {
            return false;
        }
        try (LoadedModel teacher = Models.load(teacherFolder, options.device())) {
            List<Example> written = written(teacher, seed);
            for (DistilRow row : DistilRow.values()) {
                if (options.rows().matches(row.title() + ".all." + seed)
                        && !row(row, seed, teacher, startFolder, row.isFromTeacher() ? written : data)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Sentences of the language, topic by topic in turn. */
    private List<Example> data(int seed) {
        TinyLanguage language = config.language();
        List<String> prompts = language.prompts();
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < config.sentences(); i++) {
            int topic = i % prompts.size();
            String sentence = language.draw(topic, SeededRandom.of(seed, "sentence", i));
            examples.add(new Example("data-" + i, prompts.get(topic), sentence, KIND, List.of()));
        }
        return examples;
    }

    /** As many sentences of the teacher's. */
    private List<Example> written(LoadedModel teacher, int seed) throws IOException {
        Path file = folder(TEACHER, seed).resolve("train.jsonl");
        List<String> topics = config.language().prompts();
        List<int[]> prompts = new ArrayList<>();
        for (String topic : topics) {
            prompts.add(teacher.requireTokenizer().encode(topic));
        }
        int each = config.sentences() / topics.size();
        SamplingParams sampling = sampling().withSeed((long) seed);
        List<Generated> sentences = new Generator(teacher.model(), teacher.tokenizer())
                .generate(prompts, new GenerationOptions(sampling, teacher.eosIds(), each, 256));
        List<Example> examples = new ArrayList<>();
        for (Generated sentence : sentences) {
            String id = "teacher-" + sentence.prompt() + "-" + sentence.sample();
            examples.add(new Example(
                    id, topics.get(sentence.prompt()), " " + sentence.text().strip(), KIND, List.of()));
        }
        JsonLines.write(file, examples, example -> dev.retort.data.Rows.mapper()
                .valueToTree(example)
                .toString());
        return examples;
    }

    private SamplingParams sampling() {
        return SamplingParams.none()
                .withTemperature(1.0)
                .withMaxTokens(config.language().length() + 1);
    }

    private Path folder(String name, int seed) {
        return out.resolve("rows").resolve(name + ".all." + seed);
    }

    /** Trains a model from the data, unless it is there. */
    private boolean made(String name, int seed, TrainingSettings settings, RowRun.Student fresh, List<Example> data)
            throws IOException {
        Path folder = folder(name, seed);
        if (Files.isDirectory(folder.resolve(SupervisedTraining.FINAL))) {
            return true;
        }
        long start = System.nanoTime();
        TrainingSettings own = settings.withSeed(seed);
        RunFolder.writeConfig(folder, new RowConfig(name, own));
        try (LoadedModel model = fresh.fresh()) {
            SupervisedTraining training = new SupervisedTraining(model, own, Map.of(KIND, 1.0), folder);
            if (!run(training, folder, items(model, data))) {
                return false;
            }
        }
        RunFolder.record(folder, record(seed), Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    private boolean run(SupervisedTraining training, Path folder, List<List<TokenExample>> items) throws IOException {
        return training.withProgress(folder.getFileName().toString(), options.quiet(), options.listeners())
                .withInterrupt(options.interrupt())
                .run(items)
                .finished();
    }

    private List<List<TokenExample>> items(LoadedModel model, List<Example> examples) throws IOException {
        ExampleEncoder encoder = new ExampleEncoder(
                model.requireTokenizer(),
                false,
                model.trainingEosId(),
                config.distilling().maxLength());
        return examples.stream().map(encoder::encode).map(List::of).toList();
    }

    /** Trains a row from the start that all share, and measures it. */
    private boolean row(DistilRow row, int seed, LoadedModel teacher, Path start, List<Example> examples)
            throws IOException {
        Path folder = folder(row.title(), seed);
        if (Files.exists(evaluation(row, seed, REVERSE))) {
            return true;
        }
        long began = System.nanoTime();
        TrainingSettings settings = config.distilling().withSeed(seed);
        RunFolder.writeConfig(folder, new RowConfig(row.title(), settings));
        try (LoadedModel student = Models.load(start, options.device())) {
            if (!run(training(row, student, teacher, settings, folder), folder, items(student, examples))) {
                return false;
            }
        }
        try (LoadedModel student = Models.load(folder.resolve(SupervisedTraining.FINAL), options.device())) {
            measure(row, seed, teacher, student);
        }
        RunFolder.record(
                folder,
                record(seed).withParents(List.of("../" + folder(TEACHER, seed).getFileName())),
                Duration.ofNanos(System.nanoTime() - began));
        return true;
    }

    private SupervisedTraining training(
            DistilRow row, LoadedModel student, LoadedModel teacher, TrainingSettings settings, Path folder) {
        if (row.divergence() == null) {
            return new SupervisedTraining(student, settings, Map.of(KIND, 1.0), folder);
        }
        int vocabulary = teacher.model().config().vocabularySize();
        Map<String, Double> terms = Map.of(KIND, 0.0, SupervisedStep.DISTILLATION, 1.0);
        SupervisedTraining training = new SupervisedTraining(student, settings, terms, folder)
                .withTeacher(new OnlineTeacher(teacher.model(), vocabulary), new HeadDivergence(row.divergence(), 1));
        return row.lmbda() == 0
                ? training
                : training.withOnPolicy(new OnPolicy(student, row.lmbda(), sampling(), settings.seed()));
    }

    private Path evaluation(DistilRow row, int seed, String direction) {
        return RowRun.evaluation(out, row.title() + ".all." + seed, direction);
    }

    private void measure(DistilRow row, int seed, LoadedModel teacher, LoadedModel student) throws IOException {
        List<EvaluationRow> forward = new ArrayList<>();
        List<EvaluationRow> reverse = new ArrayList<>();
        for (String prompt : config.language().prompts()) {
            SequenceKl kl = SequenceKl.of(
                    (CausalLm) teacher.model(),
                    (CausalLm) student.model(),
                    teacher.requireTokenizer().encode(prompt),
                    teacher.model().config().vocabularySize(),
                    teacher.trainingEosId(),
                    config.language().length() + 1);
            forward.add(new EvaluationRow(prompt, "", kl.forward(), true));
            reverse.add(new EvaluationRow(prompt, "", kl.reverse(), true));
        }
        Path folder = folder(row.title(), seed).resolve("eval");
        new Evaluation(FORWARD, forward, 0).write(folder);
        new Evaluation(REVERSE, reverse, 0).write(folder);
    }

    /** Every row's KLs; the effect is against the other way round, for the rest against SFT. */
    private void report() throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (String direction : List.of(FORWARD, REVERSE)) {
            for (DistilRow row : DistilRow.values()) {
                Map<Integer, double[]> ours = scores(row, direction);
                if (ours.isEmpty()) {
                    continue;
                }
                DistilRow baseline =
                        switch (row) {
                            case FORWARD_KL -> DistilRow.REVERSE_KL;
                            case REVERSE_KL -> DistilRow.FORWARD_KL;
                            default -> DistilRow.SFT;
                        };
                ResultRow result = ResultRow.of(
                                row.title(), "LLaMA from scratch", "known language (tiny)", "all", direction + "_nats")
                        .withOurs(PairedEffect.mean(ours, null))
                        .withRows(ours.keySet().stream()
                                .map(seed -> row.title() + ".all." + seed)
                                .toList());
                Map<Integer, double[]> other = scores(baseline, direction);
                if (row != DistilRow.SFT && other.keySet().equals(ours.keySet())) {
                    result = result.withEffect(PairedEffect.of(ours, other))
                            .withNote("effect against " + baseline.title());
                }
                rows.add(result);
            }
        }
        if (rows.isEmpty()) {
            throw new NoSuchFileException(out.resolve("rows").toString(), null, "there is no row to report");
        }
        ResultTable table = new ResultTable(rows);
        AtomicFiles.writeText(out.resolve("table.csv"), table.toCsv());
        AtomicFiles.writeText(out.resolve("table.md"), table.toMarkdown());
    }

    private Map<Integer, double[]> scores(DistilRow row, String direction) throws IOException {
        Map<Integer, double[]> bySeed = new TreeMap<>();
        for (int seed : RowRun.seeds(out, row.title() + ".all.")) {
            Path file = evaluation(row, seed, direction);
            if (Files.exists(file)) {
                bySeed.put(seed, Evaluation.read(file).scores());
            }
        }
        return bySeed;
    }

    private RunRecord record(long seed) {
        return RunFolder.start(options, config, config.threads(), seed);
    }
}
