package dev.retort.papers.stepbystep;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerText;
import dev.retort.answer.Metric;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.filter.FilterReport;
import dev.retort.filter.TruncatedFilter;
import dev.retort.op.Ops;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.report.PairedEffect;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Distilling step-by-step (Hsieh et al. 2023, arXiv 2305.02301).
 *
 * <p>Ask the teacher for a rationale and a label of every question; train the student on both, told apart by a prefix, each
 * term a mean over its own tokens; test with the label prefix alone.
 */
public final class StepByStepRecipe {

    /** The paper's name on the command line. */
    public static final String PAPER = "step-by-step";

    private static final String TEST = "test";
    private static final String TRAIN = "train";

    private final RunOptions options;
    private final StepByStepConfig config;
    private final KindsWorld world;
    private final Path out;

    private StepByStepRecipe(RunOptions options, StepByStepConfig config) {
        this.options = options;
        this.config = config;
        this.world = new KindsWorld(config.world(), config.dataSeed());
        this.out = options.out();
    }

    /** Reads a recipe. */
    static StepByStepConfig config(RunOptions options) throws IOException {
        return Recipes.read(PAPER, options.recipe(), StepByStepConfig.class, options.overrides());
    }

    /**
     * Runs the recipe into its folder; what is there already is not done again.
     *
     * @return whether all stages asked for are done; false after an interruption
     */
    public static boolean run(RunOptions options) throws IOException {
        try {
            if (ReleasedRecipe.isMeant(options)) {
                return ReleasedRecipe.run(options);
            }
            return new StepByStepRecipe(options, config(options)).run();
        } catch (InterruptedException e) {
            // While the teacher was asked: what it has answered is kept.
            return false;
        }
    }

    private boolean run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        RunFolder.requireSame(out, config, "run into another folder");
        Map<Path, String> before = RunFolder.state(out);
        RunFolder.writeConfig(out, config);
        Ops.setThreads(options.threadsOr(config.threads()));
        RunRecord record = record(config, 0);
        boolean done = stages();
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start), before);
        return done;
    }

    private boolean stages() throws IOException, InterruptedException {
        if (options.runs(Stage.ASK) && !Files.exists(out.resolve("samples.jsonl"))) {
            ask();
        }
        if (options.runs(Stage.FILTER) && !Files.exists(out.resolve("kept.jsonl"))) {
            filter();
        }
        if (options.runs(Stage.COMPOSE) && !Files.exists(out.resolve("train.jsonl"))) {
            compose();
        }
        for (int seed : seeds()) {
            for (Method method : config.rows()) {
                if (options.interrupt().requested()) {
                    return false;
                }
                if (!row(method, seed)) {
                    return false;
                }
            }
        }
        if (options.runs(Stage.REPORT)) {
            report();
        }
        return true;
    }

    private List<Integer> seeds() {
        return options.seeds().isEmpty() ? List.of(0) : options.seeds();
    }

    // ask: the teacher writes a rationale and a label for every training question (section 3.1)
    private void ask() throws IOException, InterruptedException {
        List<Question> questions = new ArrayList<>();
        for (String task : tasks()) {
            List<Question> all = world.questions(task);
            for (int i = 0; i < config.trainSize() + config.testSize(); i++) {
                boolean isTrained = i < config.trainSize();
                // Both tasks hold the same questions; one of them is enough to test on.
                if (isTrained || task.equals(KindsWorld.INFORMATIVE)) {
                    Question q = all.get(i);
                    questions.add(new Question(
                            q.id(),
                            q.task(),
                            q.messages(),
                            q.reference(),
                            Map.of("split", TextNode.valueOf(isTrained ? TRAIN : TEST))));
                }
            }
        }
        List<TeacherSample> samples = new ArrayList<>();
        List<Failure> failures = new ArrayList<>();
        for (String task : tasks()) {
            // Both tasks ask the same: what tells their answers apart is who is asked.
            List<Question> asked = split(questions, TRAIN).stream()
                    .filter(question -> question.task().equals(task))
                    .toList();
            Path folder = out.resolve("asked").resolve(task);
            SampleRequest request = SampleRequest.of(asked, folder, teacher(task, config.world(), config.dataSeed()))
                    .withSamples(config.samples());
            options.asking("ask " + task, shown -> SampleJob.run(request.withProgress(shown), options.beamFlags()));
            Map<String, Integer> order = new HashMap<>();
            asked.forEach(question -> order.put(question.id(), order.size()));
            JsonLines.read(folder.resolve(SampleJob.SAMPLES), TeacherSample.class).stream()
                    .sorted(Comparator.comparing(sample -> order.get(sample.id())))
                    .forEach(samples::add);
            failures.addAll(JsonLines.read(folder.resolve(SampleJob.FAILURES), Failure.class));
        }
        JsonLines.write(out.resolve("questions.jsonl"), questions);
        JsonLines.write(out.resolve("failures.jsonl"), failures);
        JsonLines.write(out.resolve("samples.jsonl"), samples);
    }

    /** The teacher of a task, made anew wherever it is asked. */
    private static TeacherFactory teacher(String task, KindsWorld.Size size, long seed) {
        return () -> new ScriptedTeacher(task + "@1", new KindsWorld(size, seed)::solve, 0);
    }

    private List<String> tasks() {
        return config.rows().stream().map(Method::task).distinct().sorted().toList();
    }

    private static List<Question> split(List<Question> questions, String name) {
        return questions.stream()
                .filter(question -> question.extra().get("split").asText().equals(name))
                .toList();
    }

    // filter: nothing is filtered by correctness, as in the paper; only what the token limit cut
    private void filter() throws IOException {
        List<Question> questions = JsonLines.read(out.resolve("questions.jsonl"), Question.class);
        List<TeacherSample> samples = JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class);
        FilterReport report = FilterReport.of(questions, samples, List.of(new TruncatedFilter()));
        JsonLines.write(out.resolve("rejected.jsonl"), report.rejected());
        JsonLines.write(out.resolve("kept.jsonl"), report.kept());
    }

    // compose: every question gives a label example and a rationale example
    private void compose() throws IOException {
        Map<String, Question> questions = new LinkedHashMap<>();
        for (Question question : JsonLines.read(out.resolve("questions.jsonl"), Question.class)) {
            questions.put(question.id(), question);
        }
        List<Example> examples = new ArrayList<>();
        for (TeacherSample sample : JsonLines.read(out.resolve("kept.jsonl"), TeacherSample.class)) {
            Question question = questions.get(sample.id());
            List<String> from = List.of(sample.id(), sample.id() + "/" + sample.sampleIndex());
            Map<String, JsonNode> task = Map.of("task", TextNode.valueOf(sample.task()));
            String id = sample.id() + "/" + sample.sampleIndex();
            examples.add(new Example(
                    id + "#answer", question.text(), " " + question.reference(), Method.ANSWER, 1.0, from, task));
            String rationale = sample.rationale() == null ? "" : sample.rationale();
            examples.add(new Example(
                    id + "#rationale", question.text(), " " + rationale, Method.RATIONALE, 1.0, from, task));
        }
        JsonLines.write(out.resolve("train.jsonl"), examples);
    }

    /** One row of the table: trains a student and tests it. */
    private boolean row(Method method, int seed) throws IOException {
        TrainingSettings settings = config.training().withSeed(seed);
        RowRun row = new RowRun(
                options,
                rowName(method, seed),
                new RowConfig(method.title(), settings),
                settings,
                method.terms(config.alpha()),
                record(config, seed),
                config.evalBatchRows());
        return row.run(
                KindsWorld.INFORMATIVE,
                () -> config.student().create(world.words(), seed, options.device()),
                student -> MethodItems.of(method, lessons(method), texts(), seed, student, settings.maxLength()),
                student -> testTask(method));
    }

    /**
     * A row's file of settings.
     *
     * @param method of the row
     * @param training with the row's seed
     */
    record RowConfig(String method, TrainingSettings training) {}

    private Method.Texts texts() {
        return new Method.Texts(config.labelPrefix(), config.rationalePrefix(), "");
    }

    /** What train.jsonl holds of the method's task: a question's label and its rationale follow each other. */
    private List<Lesson> lessons(Method method) throws IOException {
        List<Lesson> lessons = new ArrayList<>();
        String label = null;
        for (Example example : JsonLines.read(out.resolve("train.jsonl"), Example.class)) {
            if (!example.extra().get("task").asText().equals(method.task())) {
                continue;
            }
            if (example.kind().equals(Method.ANSWER)) {
                label = example.completion().strip();
            } else {
                String id = example.id().substring(0, example.id().lastIndexOf('#'));
                lessons.add(new Lesson(
                        id, example.prompt(), label, null, example.completion().strip()));
            }
        }
        return lessons;
    }

    /** Only the label prefix is used at test time: no rationale is written and no teacher is needed. */
    private EvalTask testTask(Method method) throws IOException {
        List<Question> questions = split(JsonLines.read(out.resolve("questions.jsonl"), Question.class), TEST);
        List<EvalItem> items = questions.stream()
                .map(question -> new EvalItem(
                        question.id(),
                        method.prompt(new Lesson(question.id(), question.text(), null, null, null), texts()),
                        List.of(question.reference())))
                .toList();
        return new EvalTask(
                KindsWorld.INFORMATIVE,
                items,
                SamplingParams.greedy(config.maxNewTokens()),
                AnswerText::plain,
                Metric.EXACT_MATCH::score,
                false);
    }

    private static String rowName(Method method, int seed) {
        return method.title() + ".full." + seed;
    }

    private Path evaluationFile(Method method, int seed) {
        return RowRun.evaluation(out, rowName(method, seed), KindsWorld.INFORMATIVE);
    }

    private RunRecord record(StepByStepConfig settings, long seed) {
        return RunFolder.start(options, settings, config.threads(), seed);
    }

    // report: each method against standard finetuning, paired by test item, over every seed there is
    private void report() throws IOException {
        List<Integer> seeds = RowRun.seeds(out, Method.STANDARD_FINETUNING.title() + ".full.");
        Map<Method, Map<Integer, double[]>> scores = new LinkedHashMap<>();
        for (Method method : config.rows()) {
            Map<Integer, double[]> bySeed = new TreeMap<>();
            for (int seed : seeds) {
                if (Files.exists(evaluationFile(method, seed))) {
                    bySeed.put(
                            seed, Evaluation.read(evaluationFile(method, seed)).scores());
                }
            }
            scores.put(method, bySeed);
        }
        Map<Integer, double[]> baseline = scores.get(Method.STANDARD_FINETUNING);
        List<ResultRow> rows = new ArrayList<>();
        for (Method method : config.rows()) {
            Map<Integer, double[]> ours = scores.get(method);
            if (ours.isEmpty()) {
                continue;
            }
            List<String> names =
                    ours.keySet().stream().map(seed -> rowName(method, seed)).toList();
            ResultRow row = ResultRow.of(
                            method.title(),
                            "LLaMA from scratch",
                            "kinds world (tiny)",
                            method == Method.STEP_BY_STEP_NOISE ? "rationales are noise" : "rationales inform",
                            "test_accuracy_pct")
                    .withOurs(PairedEffect.mean(ours, null).times(100))
                    .withRows(names);
            if (method != Method.STANDARD_FINETUNING && baseline.keySet().equals(ours.keySet())) {
                row = row.withEffect(PairedEffect.of(ours, baseline).times(100));
                row = method == Method.STEP_BY_STEP
                        ? row.withNote("the paper's direction: positive; synthetic world, effect sizes do not compare")
                        : row.withNote("our control; not in the paper");
            }
            rows.add(row);
        }
        ResultTable table = new ResultTable(rows);
        AtomicFiles.writeText(out.resolve("table.csv"), table.toCsv());
        AtomicFiles.writeText(out.resolve("table.md"), table.toMarkdown());
    }

    /** The resolved configuration and the plan, for {@code --dry-run}. */
    public static String describe(RunOptions options) throws IOException {
        if (ReleasedRecipe.isMeant(options)) {
            return ReleasedRecipe.describe(options);
        }
        StepByStepConfig config = config(options);
        int seeds = Math.max(1, options.seeds().size());
        long tasks = config.rows().stream().map(Method::task).distinct().count();
        return YamlConfig.write(config)
                + String.format(
                        Locale.ROOT,
                        "# plan: %d rows (%d methods x %d seeds), %d questions to ask, %d optimiser steps a row, %d"
                                + " test items%n",
                        config.rows().size() * seeds,
                        config.rows().size(),
                        seeds,
                        config.trainSize() * config.samples() * tasks,
                        config.training().totalSteps(config.trainSize()),
                        config.testSize());
    }
}
