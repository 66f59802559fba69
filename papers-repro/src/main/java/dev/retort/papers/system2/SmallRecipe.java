package dev.retort.papers.system2;

import dev.retort.data.DataCatalogue;
import dev.retort.data.SamplingParams;
import dev.retort.eval.Evaluation;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.papers.stepbystep.SplitOverlap;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Distilling System 2 into System 1 with a pretrained model and real questions. The model is first given a System 2 (a stated
 * warm-up, for so small a model has none); from there on no label takes part.
 */
final class SmallRecipe {

    private static final String WARM_UP = "warm-up";
    private static final String DEV = "dev";

    private final RunOptions options;
    private final SmallConfig config;
    private final Path out;
    private final Map<String, SmallTask> tasks = new LinkedHashMap<>();

    private SmallRecipe(RunOptions options, SmallConfig config) throws IOException {
        this.options = options;
        this.config = config;
        this.out = options.out();
        DataCatalogue catalogue = DataCatalogue.standard();
        for (Map.Entry<String, SmallConfig.Task> task : config.tasks().entrySet()) {
            tasks.put(task.getKey(), SmallTask.of(task.getKey(), task.getValue(), config.dataSeed(), catalogue));
        }
    }

    /** Whether a recipe is of this kind: it names a model, where the tiny one makes its own. */
    static boolean isMeant(RunOptions options) throws IOException {
        return Recipes.text(System2Recipe.PAPER, options.recipe())
                .lines()
                .anyMatch(line -> line.contains("model_name_or_path:"));
    }

    private static SmallConfig config(RunOptions options) throws IOException {
        return Recipes.read(System2Recipe.PAPER, options.recipe(), SmallConfig.class, options.overrides());
    }

    /** As {@link System2Recipe#run}. */
    static boolean run(RunOptions options) throws IOException, InterruptedException {
        return new SmallRecipe(options, config(options)).run();
    }

    /** As {@link System2Recipe#describe}. */
    static String describe(RunOptions options) throws IOException {
        SmallConfig config = config(options);
        return YamlConfig.write(config) + new SmallPlan(options, config).text();
    }

    private boolean run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        RunFolder.requireSame(out, config, "run into another folder");
        Map<Path, String> before = RunFolder.state(out);
        RunFolder.writeConfig(out, config);
        Ops.setThreads(options.threadsOr(config.threads()));
        RunRecord record = record(0, tasks.values());
        boolean done = true;
        // A report needs what rows have left, and no model.
        boolean isReportAlone = options.stages().equals(Set.of(Stage.REPORT));
        for (SmallTask task : tasks.values()) {
            done = done && (isReportAlone || task(task));
        }
        if (done && options.runs(Stage.REPORT)) {
            report();
        }
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start), before);
        return done;
    }

    private boolean task(SmallTask task) throws IOException, InterruptedException {
        if (!isWanted(task.world().name())) {
            return true;
        }
        Optional<Path> model = warmUp(task);
        if (model.isEmpty()) {
            return false;
        }
        int first = config.seeds().get(0);
        System2Road.Settings settings = new System2Road.Settings(
                config.samples(),
                config.temperature(),
                System2Road.filters(config.filters()),
                true,
                config.distilling(),
                config.evalBatchRows(),
                config.precision(),
                config.askingPrecision());
        System2Road road = new System2Road(
                options, settings, task.world(), model.get(), first, seed -> record(seed, List.of(task)));
        if (options.interrupt().requested()) {
            return false;
        }
        boolean isLearnt = !task.world().unlabelled().isEmpty();
        if (isLearnt) {
            road.prepare();
        }
        // The first seed of every row, then the other seeds of the one that the claim is about.
        for (System2Row row : System2Row.values()) {
            if (!isLearnt && row != System2Row.SYSTEM_1 && row != System2Row.SYSTEM_2) {
                continue;
            }
            if (options.interrupt().requested() || !road.row(row, first)) {
                return false;
            }
        }
        for (int seed : config.seeds().subList(1, isLearnt ? config.seeds().size() : 1)) {
            if (options.interrupt().requested() || !road.row(System2Row.DISTILLED, seed)) {
                return false;
            }
        }
        return true;
    }

    /** Whether any row of a task is. */
    private boolean isWanted(String task) {
        return config.seeds().stream().anyMatch(seed -> Arrays.stream(System2Row.values())
                .anyMatch(row -> options.rows().matches(System2Road.rowName(row, task, seed))));
    }

    /**
     * The model that is asked: after the fewest of the steps given with which its System 2 passes the gate; as it is, where
     * none are given.
     *
     * @return nothing after an interruption
     * @throws IOException where it passes with none of them
     */
    private Optional<Path> warmUp(SmallTask task) throws IOException, InterruptedException {
        SmallConfig.Task given = config.tasks().get(task.world().name());
        if (given.warmUpSteps().isEmpty()) {
            return Optional.of(config.student().locate());
        }
        double last = Double.NaN;
        for (int steps : given.warmUpSteps()) {
            String name = WARM_UP + "-" + steps + "." + task.world().name() + "."
                    + config.seeds().get(0);
            Path folder = out.resolve("rows").resolve(name);
            Path evaluation = RowRun.evaluation(out, name, DEV);
            Path model = folder.resolve(SupervisedTraining.FINAL);
            if (!Files.isDirectory(model)) {
                if (!options.runs(Stage.TRAIN)) {
                    throw new IOException(model + ": not there; let the stage train run");
                }
                if (!warmUp(task, steps, folder, name)) {
                    return Optional.empty();
                }
            }
            if (given.gate() == null) {
                return Optional.of(model);
            }
            if (!Files.exists(evaluation)) {
                test(task, model, folder);
            }
            last = Evaluation.read(evaluation).value();
            if (last >= given.gate()) {
                return Optional.of(model);
            }
        }
        throw new IOException(String.format(
                Locale.ROOT,
                "%s: System 2 is right in %.1f %% of the dev questions after the most warm_up_steps, and the gate is"
                        + " %.1f %%; give more steps",
                task.world().name(),
                100 * last,
                100 * given.gate()));
    }

    private boolean warmUp(SmallTask task, int steps, Path folder, String name) throws IOException {
        long start = System.nanoTime();
        TrainingSettings training =
                config.warmUp().withSeed(config.seeds().get(0)).withMaxSteps(steps);
        RunFolder.writeConfig(
                folder, new System2Road.RowConfig(WARM_UP, task.world().name(), training));
        try (LoadedModel student = Models.load(config.student().locate(), options.device())) {
            SupervisedTraining.Outcome outcome = new SupervisedTraining(
                            student, training, Map.of(Lesson.KIND, 1.0), folder)
                    .withProgress(name, options.quiet(), options.listeners())
                    .withInterrupt(options.interrupt())
                    .run(System2Road.lessons(task.lessons(), student, training.maxLength()));
            if (!outcome.finished()) {
                return false;
            }
        }
        RunFolder.record(
                folder,
                record(config.seeds().get(0), List.of(task)).withParents(List.of("../..")),
                Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    /** System 2 on the dev questions, greedy, in the numbers in which it will be asked. */
    private void test(SmallTask task, Path model, Path folder) throws IOException, InterruptedException {
        System2World world = task.world();
        RowRun.write(
                folder,
                System2Road.evaluation(
                        DEV,
                        System2Road.request(
                                        task.dev(),
                                        folder.resolve("asked"),
                                        model,
                                        config.evalBatchRows(),
                                        config.askingPrecision())
                                .withParams(SamplingParams.greedy(world.maxTokens()))
                                .withMethod(world.calls()),
                        options,
                        folder.getFileName().toString(),
                        task.dev(),
                        world,
                        (sample, question) -> sample.answer()));
    }

    private void report() throws IOException {
        int first = config.seeds().get(0);
        List<System2Report.Part> parts = new ArrayList<>();
        for (SmallTask task : tasks.values()) {
            parts.add(new System2Report.Part(
                    task.world(),
                    task.world().name(),
                    task.clusters(),
                    task.parts(),
                    task.published(),
                    SplitOverlap.ofItems(task.learnt(), task.tested(), 1, SplitOverlap.THRESHOLD)));
        }
        System2Report.write(out, config.student().name(), seed -> first, parts);
    }

    private RunRecord record(long seed, Iterable<SmallTask> of) throws IOException {
        RunRecord record = RunFolder.start(options, config, config.threads(), seed);
        for (SmallTask task : of) {
            for (Map.Entry<String, String> set : task.sets().entrySet()) {
                record = RunFolder.withFiles(record, set.getKey(), set.getValue());
            }
        }
        return config.student().addTo(record);
    }
}
