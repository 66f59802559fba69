package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.filter.FilterPrecision;
import dev.retort.filter.FilterReport;
import dev.retort.filter.OutputConsistencyFilter;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.prompt.PromptTemplate;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.teacher.System2Method;
import dev.retort.teacher.TeacherSpec;
import dev.retort.train.SupervisedTraining;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Distilling System 2 into System 1 (Yu et al. 2024, arXiv 2407.06023).
 *
 * <p>For questions without labels ask the model itself, by a method of several calls, several times; keep a question where the
 * answers agree; train the same model on question and answer alone; test how it then answers at once. No reference takes part.
 */
public final class System2Recipe {

    /** The paper's name on the command line. */
    public static final String PAPER = "system2";

    private static final String ANSWER = "answer";
    private static final String BASE = "base";

    private final RunOptions options;
    private final TinyConfig config;
    private final Path out;

    private System2Recipe(RunOptions options, TinyConfig config) {
        this.options = options;
        this.config = config;
        this.out = options.out();
    }

    static TinyConfig config(RunOptions options) throws IOException {
        return Recipes.read(PAPER, options.recipe(), TinyConfig.class, options.overrides());
    }

    /**
     * Runs the recipe into its folder; what is there already is not done again.
     *
     * @return whether all stages asked for are done; false after an interruption
     */
    public static boolean run(RunOptions options) throws IOException, InterruptedException {
        return new System2Recipe(options, config(options)).run();
    }

    /** The resolved configuration and the plan, for {@code --dry-run}. */
    public static String describe(RunOptions options) throws IOException {
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
        RunFolder.writeConfig(out, config);
        Ops.setThreads(options.threadsOr(config.threads()));
        RunRecord record = record(0);
        boolean done = true;
        for (int seed : options.seeds().isEmpty() ? List.of(0) : options.seeds()) {
            done = done && base(seed);
            for (TinyTask task : config.worlds()) {
                done = done && task(task, seed);
            }
        }
        if (done && options.runs(Stage.REPORT)) {
            new TinyReport(out, config).write();
        }
        RunFolder.record(out, record, Duration.ofNanos(System.nanoTime() - start));
        return done;
    }

    /** Asks, filters, trains and tests, so far as it is not done. */
    private boolean task(TinyTask task, int seed) throws IOException, InterruptedException {
        if (options.interrupt().requested()) {
            return false;
        }
        // S_II(x; f) for every x: the method around the model itself, N times (section 2).
        if (options.runs(Stage.ASK)) {
            ask(task, seed);
        }
        // y is kept where most of the N agree; the reference stays unread.
        if (options.runs(Stage.FILTER)) {
            filter(task, seed);
        }
        // (x, y): z is dropped.
        if (options.runs(Stage.COMPOSE)) {
            compose(task, seed);
        }
        for (System2Row row : System2Row.values()) {
            boolean done = row.isTrained() ? train(task, row, seed) : test(task, row, seed);
            if (!done) {
                return false;
            }
        }
        return true;
    }

    /** Makes the model: it knows every call of the methods, and answers at once badly. */
    private boolean base(int seed) throws IOException {
        Path folder = out.resolve("rows").resolve(baseName(seed));
        if (Files.isDirectory(folder.resolve(SupervisedTraining.FINAL)) || !options.runs(Stage.TRAIN)) {
            return true;
        }
        long start = System.nanoTime();
        List<TinyTask> tasks = config.worlds();
        List<TinyTask.Lesson> lessons = new ArrayList<>();
        for (int i = 0; i < config.lessons(); i++) {
            for (TinyTask task : tasks) {
                lessons.add(task.lesson(SeededRandom.of(config.dataSeed(), "tiny-lessons", task.name(), i)));
            }
        }
        TrainingSettings settings = config.making().withSeed(seed);
        RunFolder.writeConfig(folder, new RowConfig(BASE, "all", settings));
        try (LoadedModel model = config.student().create(words(lessons, tasks), seed, options.device())) {
            ExampleEncoder encoder = encoder(model, settings);
            List<List<TokenExample>> items = new ArrayList<>();
            for (TinyTask.Lesson lesson : lessons) {
                items.add(encoder.encodeAll(
                        List.of(new Example("lesson", lesson.prompt(), " " + lesson.completion(), ANSWER, List.of()))));
            }
            SupervisedTraining.Outcome outcome = new SupervisedTraining(model, settings, Map.of(ANSWER, 1.0), folder)
                    .withProgress(baseName(seed), options.quiet(), options.listeners())
                    .withInterrupt(options.interrupt())
                    .run(items);
            if (!outcome.finished()) {
                return false;
            }
        }
        RunFolder.record(folder, record(seed), Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    private static ExampleEncoder encoder(LoadedModel model, TrainingSettings settings) throws IOException {
        return new ExampleEncoder(model.requireTokenizer(), false, model.trainingEosId(), settings.maxLength());
    }

    private static List<String> words(List<TinyTask.Lesson> lessons, List<TinyTask> tasks) {
        Set<String> words = new LinkedHashSet<>();
        for (TinyTask.Lesson lesson : lessons) {
            words.addAll(List.of((lesson.prompt() + " " + lesson.completion()).split(" ")));
        }
        for (TinyTask task : tasks) {
            for (Question question : task.tests(1)) {
                words.addAll(List.of(question.text().split(" ")));
            }
        }
        return List.copyOf(words);
    }

    /** The name of the made model's row, without its seed. */
    static String baseName() {
        return BASE + ".all.";
    }

    private static String baseName(int seed) {
        return baseName() + seed;
    }

    static String rowName(System2Row row, TinyTask task, int seed) {
        return row.title() + "." + task.name() + "." + seed;
    }

    private Path asked(TinyTask task, int seed) {
        return asked(out, task, seed);
    }

    static Path asked(Path out, TinyTask task, int seed) {
        return out.resolve("asked").resolve(task.name() + "." + seed);
    }

    private TeacherFactory model(int seed) {
        Path folder = out.resolve("rows").resolve(baseName(seed)).resolve(SupervisedTraining.FINAL);
        return TeacherFactory.of(new TeacherSpec.Local(folder.toString()), 0);
    }

    private SamplingParams sampled(int seed) {
        return SamplingParams.none()
                .withTemperature(config.temperature())
                .withMaxTokens(config.maxTokens())
                .withSeed((long) seed);
    }

    /** The method in the tiny language's words, as something that can travel. */
    private static TeacherWrapper method(TinyTask task) {
        System2Method method = task.method();
        AnswerCut cut = task.cut();
        List<String> names = new ArrayList<>(
                task.prompts().stream().map(PromptTemplate::name).toList());
        List<String> texts = new ArrayList<>(
                task.prompts().stream().map(PromptTemplate::text).toList());
        return teacher -> method.around(teacher, cut)
                .withPrompts(IntStream.range(0, names.size())
                        .mapToObj(i -> PromptTemplate.of(names.get(i), texts.get(i)))
                        .toArray(PromptTemplate[]::new));
    }

    private SampleRequest request(List<Question> questions, Path folder, int seed) {
        return SampleRequest.of(questions, folder, model(seed))
                .withSettings(AskSettings.usual().withConcurrency(config.evalBatchRows()));
    }

    private void ask(TinyTask task, int seed) throws IOException, InterruptedException {
        Path folder = asked(task, seed);
        if (Files.exists(folder.resolve(SampleJob.SAMPLES))) {
            return;
        }
        List<Question> questions = task.unlabelled(config.unlabelled());
        Files.createDirectories(folder);
        JsonLines.write(folder.resolve("questions.jsonl"), questions);
        SampleJob.run(request(questions, folder, seed)
                .withSamples(config.samples())
                .withParams(sampled(seed))
                .withMethod(method(task)));
    }

    private static MajorityVote majority() {
        return new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
    }

    private void filter(TinyTask task, int seed) throws IOException {
        Path folder = asked(task, seed);
        if (Files.exists(folder.resolve("kept.jsonl"))) {
            return;
        }
        List<Question> questions = JsonLines.read(folder.resolve("questions.jsonl"), Question.class);
        List<TeacherSample> samples = JsonLines.read(folder.resolve(SampleJob.SAMPLES), TeacherSample.class);
        FilterReport report =
                FilterReport.of(questions, samples, List.of(new OutputConsistencyFilter(majority(), config.samples())));
        FilterPrecision precision = FilterPrecision.of(report, questions, (a, b) -> same(a, b));
        AtomicFiles.writeText(folder.resolve("filter.txt"), report.summary() + "\n" + precision.summary() + "\n");
        JsonLines.write(folder.resolve("rejected.jsonl"), report.rejected());
        JsonLines.write(folder.resolve("kept.jsonl"), report.kept());
    }

    static boolean same(String answer, String reference) {
        return AnswerText.relaxed(answer).equals(AnswerText.relaxed(reference));
    }

    private void compose(TinyTask task, int seed) throws IOException {
        Path folder = asked(task, seed);
        if (Files.exists(folder.resolve("train.jsonl"))) {
            return;
        }
        List<Question> questions = JsonLines.read(folder.resolve("questions.jsonl"), Question.class);
        Map<String, TeacherSample> agreed = firstOfEach(folder.resolve("kept.jsonl"));
        Map<String, TeacherSample> first = firstOfEach(folder.resolve(SampleJob.SAMPLES));
        List<Example> examples = new ArrayList<>();
        for (Question question : questions) {
            add(examples, System2Row.DISTILLED, task, question, agreed.get(question.id()));
            TeacherSample any = first.get(question.id());
            add(examples, System2Row.UNFILTERED, task, question, any != null && any.sampleIndex() == 0 ? any : null);
            String gold = task.target(question.reference());
            examples.add(example(System2Row.GOLD, question, gold, List.of(question.id())));
        }
        JsonLines.write(folder.resolve("train.jsonl"), examples);
    }

    private static Map<String, TeacherSample> firstOfEach(Path file) throws IOException {
        Map<String, TeacherSample> first = new LinkedHashMap<>();
        for (TeacherSample sample : JsonLines.read(file, TeacherSample.class)) {
            first.putIfAbsent(sample.id(), sample);
        }
        return first;
    }

    private static void add(
            List<Example> examples, System2Row row, TinyTask task, Question question, TeacherSample sample) {
        if (sample != null && sample.answer() != null) {
            List<String> from = List.of(question.id(), question.id() + "/" + sample.sampleIndex());
            examples.add(example(row, question, task.target(sample.answer()), from));
        }
    }

    private static Example example(System2Row row, Question question, String answer, List<String> from) {
        String id = question.id() + "#" + row.title();
        return new Example(id, question.text(), " " + answer, row.title(), from);
    }

    /** A student that goes on from the model. */
    private boolean train(TinyTask task, System2Row row, int seed) throws IOException {
        TrainingSettings settings = config.distilling().withSeed(seed);
        String name = rowName(row, task, seed);
        RowRun run = new RowRun(
                options,
                name,
                new RowConfig(row.title(), task.name(), settings),
                settings,
                Map.of(row.title(), 1.0),
                record(seed),
                config.evalBatchRows());
        List<Example> examples = examples(out, task, row, seed);
        if (examples.isEmpty()) {
            // A filter that keeps nothing is an outcome; the table has no such row then.
            System.err.println(name + ": nothing to learn from, the row is left out");
            return true;
        }
        Path base = out.resolve("rows").resolve(baseName(seed)).resolve(SupervisedTraining.FINAL);
        return run.run(
                task.name(),
                () -> Models.load(base, options.device()),
                student -> {
                    ExampleEncoder encoder = encoder(student, settings);
                    List<List<TokenExample>> items = new ArrayList<>();
                    for (Example example : examples) {
                        items.add(encoder.encodeAll(List.of(example)));
                    }
                    return items;
                },
                student -> test(task));
    }

    /** What a row learns from; nothing where that has not been composed. */
    static List<Example> examples(Path out, TinyTask task, System2Row row, int seed) throws IOException {
        Path file = asked(out, task, seed).resolve("train.jsonl");
        return Files.exists(file)
                ? JsonLines.read(file, Example.class).stream()
                        .filter(example -> example.kind().equals(row.title()))
                        .toList()
                : List.of();
    }

    private EvalTask test(TinyTask task) {
        List<EvalItem> items = task.tests(config.testSize()).stream()
                .map(question -> new EvalItem(question.id(), question.text(), List.of(question.reference())))
                .toList();
        return new EvalTask(
                task.name(),
                items,
                SamplingParams.greedy(config.maxTokens()),
                text -> task.cut().cut(text, List.of()).orElse(""),
                (prediction, references) -> same(prediction, references.get(0)) ? 1 : 0,
                false);
    }

    /** The rows that only ask the model. */
    private boolean test(TinyTask task, System2Row row, int seed) throws IOException, InterruptedException {
        Path folder = out.resolve("rows").resolve(rowName(row, task, seed));
        if (!options.runs(Stage.EVALUATE) || Files.exists(folder.resolve("eval").resolve(task.name() + ".jsonl"))) {
            return true;
        }
        long start = System.nanoTime();
        RunFolder.writeConfig(folder, new RowConfig(row.title(), task.name(), null));
        List<Question> questions = task.tests(config.testSize());
        SampleRequest request = request(questions, folder.resolve("asked"), seed);
        SampleJob.run(
                switch (row) {
                    case SYSTEM_2 -> request.withParams(SamplingParams.greedy(config.maxTokens()))
                            .withMethod(method(task));
                    case SYSTEM_1_MAJORITY -> request.withParams(sampled(seed)).withSamples(config.samples());
                    default -> request.withParams(SamplingParams.greedy(config.maxTokens()));
                });
        List<TeacherSample> samples =
                JsonLines.read(folder.resolve("asked").resolve(SampleJob.SAMPLES), TeacherSample.class);
        Map<String, List<String>> answers = new LinkedHashMap<>();
        double tokens = 0;
        for (TeacherSample sample : samples) {
            String answer = row == System2Row.SYSTEM_2
                    ? sample.answer()
                    : task.cut().cut(sample.text(), List.of()).orElse(null);
            answers.computeIfAbsent(sample.id(), id -> new ArrayList<>()).add(answer);
            tokens +=
                    (double) sample.usage().completionTokens() / sample.usage().samplesInRequest();
        }
        List<EvaluationRow> rows = new ArrayList<>();
        for (Question question : questions) {
            List<String> given = answers.getOrDefault(question.id(), List.of());
            MajorityVote vote = new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);
            String prediction = vote.of(given).winner().orElse("");
            rows.add(new EvaluationRow(
                    question.id(), prediction, same(prediction, question.reference()) ? 1 : 0, false));
        }
        RowRun.write(folder, new Evaluation(task.name(), rows, Math.round(tokens)));
        RunFolder.record(folder, record(seed), Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    /**
     * A row's file of settings.
     *
     * @param row what it is
     * @param task in which task
     * @param training null where nothing is trained
     */
    record RowConfig(String row, String task, TrainingSettings training) {}

    private RunRecord record(long seed) {
        return RunFolder.start(options, config, config.threads(), seed);
    }
}
