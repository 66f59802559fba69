package dev.retort.papers.stepbystep;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerText;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.Seq2SeqLm;
import dev.retort.op.Ops;
import dev.retort.papers.Figure;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.papers.stepbystep.ReleasedConfig.Trial;
import dev.retort.report.ResultTable;
import dev.retort.run.RunRecord;
import dev.retort.run.YamlConfig;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Distilling step-by-step on the paper's data sets, with the outputs of PaLM 540B that its authors released in the teacher's
 * place. Settings are chosen on validation first; then every row is trained once a seed and tested once.
 */
final class ReleasedRecipe {

    private static final String TRIALS_TASK = "validation";

    private final RunOptions options;
    private final ReleasedConfig config;
    private final Path out;
    private final List<Reported> reported;
    private final Map<DssDataSet, ReleasedData> data = new EnumMap<>(DssDataSet.class);

    private ReleasedRecipe(RunOptions options, ReleasedConfig config) throws IOException {
        this.options = options;
        this.config = config;
        this.out = options.out();
        this.reported = order(config, options.seeds());
        DataCatalogue catalogue = DataCatalogue.standard();
        for (DssDataSet dataSet : DssDataSet.values()) {
            ReleasedConfig.Data use = config.dataSets().get(dataSet.title());
            if (use != null) {
                data.put(dataSet, new ReleasedData(dataSet, use, catalogue));
            }
        }
    }

    /** Whether a recipe is of this kind: it names data sets, where the tiny one describes a world. */
    static boolean isMeant(RunOptions options) throws IOException {
        return Recipes.text(StepByStepRecipe.PAPER, options.recipe())
                .lines()
                .anyMatch(line -> line.startsWith("data_sets:"));
    }

    private static ReleasedConfig config(RunOptions options) throws IOException {
        return Recipes.read(StepByStepRecipe.PAPER, options.recipe(), ReleasedConfig.class, options.overrides());
    }

    /** As {@link StepByStepRecipe#run}. */
    static boolean run(RunOptions options) throws IOException {
        ReleasedRecipe recipe = new ReleasedRecipe(options, config(options));
        long start = System.nanoTime();
        Ops.setThreads(options.threadsOr(recipe.config.threads()));
        RunFolder.requireSame(recipe.out, recipe.config, "run into another folder");
        Map<Path, String> before = RunFolder.state(recipe.out);
        RunFolder.writeConfig(recipe.out, recipe.config);
        boolean done = recipe.stages();
        Duration spent = Duration.ofNanos(System.nanoTime() - start);
        // The model is needed for a record that is not there yet, and for no other.
        if (!Files.exists(recipe.out.resolve(RunRecord.FILE))) {
            recipe.record(0, List.copyOf(recipe.data.keySet()), recipe.addsAsdiv())
                    .plus(spent)
                    .write(recipe.out);
        } else if (!RunFolder.state(recipe.out).equals(before)) {
            RunRecord.read(recipe.out).plus(spent).write(recipe.out);
        }
        return done;
    }

    /** As {@link StepByStepRecipe#describe}. */
    static String describe(RunOptions options) throws IOException {
        ReleasedConfig config = config(options);
        return YamlConfig.write(config) + new ReleasedPlan(options, config).text();
    }

    private boolean stages() throws IOException {
        if (options.runs(Stage.ASK) && !Files.exists(out.resolve("samples.jsonl"))) {
            ask();
        }
        if (options.runs(Stage.FILTER) && !Files.exists(out.resolve("kept.jsonl"))) {
            // Nothing is filtered, as in the paper: wrong and unreadable answers of the teacher stay.
            JsonLines.write(out.resolve("rejected.jsonl"), List.<Example>of());
            JsonLines.write(
                    out.resolve("kept.jsonl"), JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class));
        }
        if (options.runs(Stage.COMPOSE) && !Files.exists(out.resolve("train.jsonl"))) {
            compose();
        }
        if (options.runs(Stage.TRAIN) || options.runs(Stage.EVALUATE)) {
            if (!trials() || !rows()) {
                return false;
            }
        }
        if (options.runs(Stage.REPORT)) {
            ResultTable table = new ReleasedReport(config, data, out).table();
            AtomicFiles.writeText(out.resolve("table.csv"), table.toCsv());
            AtomicFiles.writeText(out.resolve("table.md"), table.toMarkdown());
            for (Figure figure : StepByStepFigures.of(table, Recipes.published(StepByStepRecipe.PAPER))) {
                figure.write(out.resolve("figures"));
            }
        }
        return true;
    }

    // ask: the teacher was asked by the authors (section 3.1); its outputs stand beside the questions, in their order
    private void ask() throws IOException {
        List<Question> questions = new ArrayList<>();
        List<TeacherSample> samples = new ArrayList<>();
        for (ReleasedData set : data.values()) {
            String task = set.dataSet().title();
            for (DssExample row : set.pool()) {
                List<Message> messages = List.of(new Message("user", row.input()));
                questions.add(new Question(
                        row.id(), task, messages, row.label(), Map.of("split", TextNode.valueOf("train"))));
                if (row.teacherText() != null) {
                    samples.add(new TeacherSample(
                            row.id(),
                            task,
                            messages,
                            0,
                            row.teacherText(),
                            row.rationale(),
                            row.teacherLabel(),
                            "stop",
                            "palm-540b@released",
                            SamplingParams.none(),
                            null,
                            Map.of()));
                }
            }
        }
        JsonLines.write(out.resolve("questions.jsonl"), questions);
        JsonLines.write(out.resolve("failures.jsonl"), List.<Failure>of());
        JsonLines.write(out.resolve("samples.jsonl"), samples);
    }

    // compose: what step-by-step learns from every question there is; rows of the table take parts of it
    private void compose() throws IOException {
        List<Example> examples = new ArrayList<>();
        for (ReleasedData set : data.values()) {
            for (Lesson lesson : ReleasedData.lessons(set.pool(), DssExample.T5_END)) {
                if (lesson.rationale() != null) {
                    examples.addAll(Method.STEP_BY_STEP.examples(lesson, lesson.rationale(), texts(set.dataSet())));
                }
            }
        }
        JsonLines.write(out.resolve("train.jsonl"), examples);
    }

    private Method.Texts texts(DssDataSet dataSet) {
        return new Method.Texts(config.labelPrefix(), config.rationalePrefix(), connective(dataSet));
    }

    /** What leads from rationale to label in the teacher's outputs. */
    private static String connective(DssDataSet dataSet) {
        return switch (dataSet) {
            case SVAMP -> "The answer is";
            case ESNLI -> "Answer:";
            case CQA, ANLI1 -> "So the answer is";
        };
    }

    // choose: settings are tried on validation, equally many for each method that has its own
    private boolean trials() throws IOException {
        for (Map.Entry<String, List<Trial>> entry : new TreeMap<>(config.trials()).entrySet()) {
            Method method = Method.of(entry.getKey());
            for (int trial = 0; trial < entry.getValue().size(); trial++) {
                if (options.interrupt().requested()) {
                    return false;
                }
                RowSpec row = config.trialRow().of(method);
                int seed = config.trialRow().seed();
                ReleasedData set = data.get(row.dataSet());
                Trial settings = entry.getValue().get(trial);
                if (!train(row, seed, trialName(row, trial), settings, TRIALS_TASK, set.validation())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static String trialName(RowSpec row, int trial) {
        int seed = row.seeds().get(0);
        return row.method().title() + "." + row.size() + "-trial-" + (trial + 1) + "." + seed;
    }

    /** The settings with the highest accuracy on validation, the first among equals. */
    private Trial chosen(Method method) throws IOException {
        Method chooser = config.chooser(method);
        List<Trial> trials = config.trials().getOrDefault(chooser.title(), List.of());
        Trial best = new Trial(config.training().learningRate(), config.alpha());
        double highest = -1;
        for (int trial = 0; trial < trials.size(); trial++) {
            Path file = RowRun.evaluation(out, trialName(config.trialRow().of(chooser), trial), TRIALS_TASK);
            if (!Files.exists(file)) {
                throw new IOException(file + ": not there, and settings are chosen by it; let the stages train and"
                        + " evaluate run together");
            }
            double value = Evaluation.read(file).value();
            if (value > highest) {
                highest = value;
                best = trials.get(trial);
            }
        }
        return best;
    }

    private boolean rows() throws IOException {
        for (Reported next : reported) {
            RowSpec row = next.row();
            int seed = next.seed();
            if (options.interrupt().requested()) {
                return false;
            }
            if (!options.rows().matches(row.name(seed))) {
                continue;
            }
            ReleasedData set = data.get(row.dataSet());
            String task = set.dataSet().title();
            if (!train(row, seed, row.name(seed), chosen(row.method()), task, set.test(row))) {
                return false;
            }
        }
        return true;
    }

    /** A row and one of its seeds. */
    record Reported(RowSpec row, int seed) {}

    /**
     * The first seed of every row, then the second of those that have one, and so on; folds last.
     *
     * @param seeds of the recipe's that are wanted; empty for all of them
     * @throws IllegalArgumentException if no row has one of them
     */
    static List<Reported> order(ReleasedConfig config, List<Integer> seeds) {
        List<Reported> order = new ArrayList<>();
        int most =
                config.rows().stream().mapToInt(row -> row.seeds().size()).max().orElse(0);
        for (boolean isFold : new boolean[] {false, true}) {
            for (int turn = 0; turn < most; turn++) {
                for (RowSpec row : config.rows()) {
                    boolean isTrained = row.method() != Method.FEW_SHOT_COT;
                    if (isTrained
                            && isFold == (row.fold() != null)
                            && turn < row.seeds().size()) {
                        order.add(new Reported(row, row.seeds().get(turn)));
                    }
                }
            }
        }
        if (seeds.isEmpty()) {
            return order;
        }
        List<Reported> wanted = order.stream()
                .filter(reported -> seeds.contains(reported.seed()))
                .toList();
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("no row of the recipe has a seed of " + seeds + "; its seeds are "
                    + order.stream().map(Reported::seed).distinct().sorted().toList());
        }
        return wanted;
    }

    private boolean train(RowSpec row, int seed, String name, Trial trial, String task, List<DssExample> tested)
            throws IOException {
        if (Files.exists(RowRun.evaluation(out, name, task))) {
            return true;
        }
        ReleasedData set = data.get(row.dataSet());
        double alpha = trial.alpha() == null ? config.alpha() : trial.alpha();
        List<DssExample> trained = set.train(row, seed);
        TrainingSettings settings = config.training().withSeed(seed).withLearningRate(trial.learningRate());
        if (row.equalTokensOf() != null) {
            settings = settings.withMaxSteps(equalSteps(row, trained, seed, settings));
        }
        TrainingSettings resolved = settings;
        RowRun run = new RowRun(
                options,
                name,
                new RowConfig(row, alpha, resolved),
                resolved,
                row.method().terms(alpha),
                record(seed, List.of(row.dataSet()), row.method().addsAsdiv()),
                config.evalBatchRows());
        return run.run(
                task,
                () -> student(row),
                student -> items(row, trained, seed, student),
                student -> test(row, task, tested, student));
    }

    /**
     * A row's file of settings.
     *
     * @param row of the table
     * @param alpha weight of the label term, where there are two
     * @param training with the row's seed and the settings chosen
     */
    record RowConfig(RowSpec row, Double alpha, TrainingSettings training) {}

    private LoadedModel student(RowSpec row) throws IOException {
        LoadedModel whole = Models.load(config.student().locate(), options.device());
        if (row.layers() == null) {
            return whole;
        }
        try (whole) {
            return Models.withLayers(whole, Models.evenLayers(whole, row.layers()));
        }
    }

    private List<List<TokenExample>> items(RowSpec row, List<DssExample> trained, int seed, LoadedModel student)
            throws IOException {
        return MethodItems.of(
                row.method(),
                ReleasedData.lessons(trained, eos(student)),
                texts(row.dataSet()),
                seed,
                student,
                config.training().maxLength());
    }

    private static String eos(LoadedModel student) throws IOException {
        return student.requireTokenizer().decodeToken(student.trainingEosId());
    }

    /** Steps after which this row has seen as many tokens as the other method does in its own steps. */
    private int equalSteps(RowSpec row, List<DssExample> trained, int seed, TrainingSettings settings)
            throws IOException {
        try (LoadedModel student = Models.load(config.student().locate(), options.device())) {
            boolean isApart = student.model() instanceof Seq2SeqLm;
            double own = tokens(items(row, trained, seed, student), isApart);
            double other = tokens(items(row.of(row.equalTokensOf()), trained, seed, student), isApart);
            return (int) Math.round(settings.totalSteps(trained.size()) * other / own);
        }
    }

    /** Tokens as training counts them: those of a decoder apart from its encoder's are further ones. */
    private static double tokens(List<List<TokenExample>> items, boolean isApart) {
        return items.stream()
                .flatMap(List::stream)
                .mapToInt(example -> example.length() + (isApart ? example.labels().length : 0))
                .sum();
    }

    /** Only the label is asked for at test time; no rationale is written, but by the single-task student. */
    private EvalTask test(RowSpec row, String task, List<DssExample> tested, LoadedModel student) throws IOException {
        String eos = eos(student);
        Method.Texts texts = texts(row.dataSet());
        List<EvalItem> items = tested.stream()
                .map(example -> new EvalItem(
                        example.id(),
                        row.method().prompt(ReleasedData.lesson(example, eos), texts),
                        List.of(example.label())))
                .toList();
        boolean writesRationale = row.method() == Method.SINGLE_TASK;
        return new EvalTask(
                task,
                items,
                SamplingParams.greedy(writesRationale ? config.maxRationaleTokens() : config.maxNewTokens()),
                text -> writesRationale ? afterLast(text, texts.connective()) : AnswerText.plain(text),
                ReleasedTask.scorer(row.dataSet()),
                false);
    }

    private static String afterLast(String text, String connective) {
        int at = text.lastIndexOf(connective);
        return at < 0 ? "" : AnswerText.plain(text.substring(at + connective.length()));
    }

    private boolean addsAsdiv() {
        return config.rows().stream().anyMatch(row -> row.method().addsAsdiv());
    }

    /** The record of a run or of a row, with what it was made from and under which conditions. */
    private RunRecord record(long seed, List<DssDataSet> used, boolean addsAsdiv) throws IOException {
        RunRecord record = RunFolder.start(options, config, config.threads(), seed);
        for (DssDataSet dataSet : used) {
            record = RunFolder.withFiles(record, DssDataSet.CATALOGUED, dataSet.title() + "/");
        }
        if (addsAsdiv) {
            record = RunFolder.withFiles(record, "asdiv", "");
        }
        return config.student().addTo(record);
    }
}
