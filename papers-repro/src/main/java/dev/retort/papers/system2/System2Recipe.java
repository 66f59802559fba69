package dev.retort.papers.system2;

import dev.retort.batch.TokenExample;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.model.LoadedModel;
import dev.retort.op.Ops;
import dev.retort.papers.Figure;
import dev.retort.papers.Recipes;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.report.ResultTable;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Distilling System 2 into System 1 (Yu et al. 2024, arXiv 2407.06023).
 *
 * <p>For questions without labels ask the model itself, by a method of several calls, several times; keep a question where the
 * answers agree; train the same model on question and answer alone; test how it then answers at once. No reference takes part.
 */
public final class System2Recipe {

    /** The paper's name on the command line. */
    public static final String PAPER = "system2";

    private static final String BASE = "base";

    private final RunOptions options;
    private final TinyConfig config;
    private final Path out;

    private System2Recipe(RunOptions options, TinyConfig config) {
        this.options = options;
        this.config = config;
        this.out = options.out();
    }

    private static TinyConfig config(RunOptions options) throws IOException {
        return Recipes.read(PAPER, options.recipe(), TinyConfig.class, options.overrides());
    }

    /**
     * Runs the recipe into its folder; what is there already is not done again.
     *
     * @return whether all stages asked for are done; false after an interruption
     */
    public static boolean run(RunOptions options) throws IOException {
        try {
            if (SmallRecipe.isMeant(options)) {
                return SmallRecipe.run(options);
            }
            return new System2Recipe(options, config(options)).run();
        } catch (InterruptedException e) {
            // While the model was asked: what it has answered is kept.
            return false;
        }
    }

    /** The resolved configuration and the plan, for {@code --dry-run}. */
    public static String describe(RunOptions options) throws IOException {
        if (SmallRecipe.isMeant(options)) {
            return SmallRecipe.describe(options);
        }
        TinyConfig config = config(options);
        int seeds = Math.max(1, options.seeds().size());
        int tasks = config.worlds().size();
        return YamlConfig.write(config)
                + String.format(
                        Locale.ROOT,
                        "# plan: %d rows (%d rows x %d tasks x %d seeds), %d samples of System 2 to draw, %d optimiser"
                                + " steps to make the model and %d a trained row, %d test items a task%n",
                        System2Row.values().length * tasks * seeds,
                        System2Row.values().length,
                        tasks,
                        seeds,
                        config.unlabelled() * config.samples() * tasks * seeds,
                        config.making().totalSteps(config.lessons() * tasks),
                        config.distilling().totalSteps(config.unlabelled()),
                        config.testSize());
    }

    private boolean run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        RunFolder.requireSame(out, config, "run into another folder");
        Map<Path, String> before = RunFolder.state(out);
        RunFolder.writeConfig(out, config);
        Ops.setThreads(options.threadsOr(config.threads()));
        RunRecord record = record(0);
        boolean done = true;
        for (int seed : options.seeds().isEmpty() ? List.of(0) : options.seeds()) {
            done = done && base(seed);
            for (System2World world : worlds()) {
                done = done && task(world, seed);
            }
        }
        if (done && options.runs(Stage.REPORT)) {
            report();
        }
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start), before);
        return done;
    }

    private List<System2World> worlds() {
        return config.worlds().stream().map(this::world).toList();
    }

    private System2World world(TinyTask task) {
        return task.world(config.unlabelled(), config.testSize(), config.maxTokens());
    }

    private boolean task(System2World world, int seed) throws IOException, InterruptedException {
        if (options.interrupt().requested()) {
            return false;
        }
        Path model = out.resolve("rows").resolve(BASE + ".all." + seed).resolve(SupervisedTraining.FINAL);
        System2Road.Settings settings = new System2Road.Settings(
                config.samples(),
                config.temperature(),
                System2Road.filters(config.filters()),
                false,
                config.distilling(),
                config.evalBatchRows(),
                Precision.FLOAT32,
                Precision.FLOAT32);
        System2Road road = new System2Road(options, settings, world, model, seed, this::record);
        road.prepare();
        for (System2Row row : System2Row.values()) {
            if (!road.row(row, seed)) {
                return false;
            }
        }
        return true;
    }

    private void report() throws IOException {
        List<System2Report.Part> parts = new ArrayList<>();
        for (TinyTask task : config.worlds()) {
            System2World world = world(task);
            parts.add(new System2Report.Part(
                    world,
                    world.name() + " (tiny)",
                    task.clusters(world.tests()),
                    task.parts(world.tests()),
                    null,
                    null));
        }
        ResultTable table = System2Report.write(out, "LLaMA from scratch", seed -> seed, parts);
        if (config.worlds().stream().anyMatch(TinyChain.class::isInstance)) {
            new Figure("chain-depth.svg", "Accuracy over the number of moves", DepthSweep.of(table))
                    .write(out.resolve("figures"));
        }
    }

    /** Makes the model: it knows every call of the methods, and answers at once badly. */
    private boolean base(int seed) throws IOException {
        String name = BASE + ".all." + seed;
        Path folder = out.resolve("rows").resolve(name);
        if (Files.isDirectory(folder.resolve(SupervisedTraining.FINAL)) || !options.runs(Stage.TRAIN)) {
            return true;
        }
        long start = System.nanoTime();
        List<TinyTask> tasks = config.worlds();
        List<Lesson> lessons = new ArrayList<>();
        for (int i = 0; i < config.lessons(); i++) {
            for (TinyTask task : tasks) {
                lessons.add(task.lesson(SeededRandom.of(config.dataSeed(), "tiny-lessons", task.name(), i)));
            }
        }
        TrainingSettings settings = config.making().withSeed(seed);
        RunFolder.writeConfig(folder, new System2Road.RowConfig(BASE, "all", settings));
        try (LoadedModel model = config.student().create(words(lessons, tasks), seed, options.device())) {
            List<List<TokenExample>> items = System2Road.lessons(lessons, model, settings.maxLength());
            SupervisedTraining.Outcome outcome = new SupervisedTraining(
                            model, settings, Map.of(Lesson.KIND, 1.0), folder)
                    .withProgress(name, options.quiet(), options.listeners())
                    .withInterrupt(options.interrupt())
                    .run(items);
            if (!outcome.finished()) {
                return false;
            }
        }
        RunFolder.record(folder, record(seed), Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    private static List<String> words(List<Lesson> lessons, List<TinyTask> tasks) {
        Set<String> words = new LinkedHashSet<>();
        for (Lesson lesson : lessons) {
            words.addAll(List.of((lesson.prompt() + " " + lesson.completion()).split(" ")));
        }
        for (TinyTask task : tasks) {
            for (Question question : task.tests(1)) {
                words.addAll(List.of(question.text().split(" ")));
            }
        }
        return List.copyOf(words);
    }

    private RunRecord record(long seed) {
        return RunFolder.start(options, config, config.threads(), seed);
    }
}
