package dev.retort.papers.system2;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Message;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.eval.EvalItem;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.filter.AnswerForm;
import dev.retort.filter.FilterSpec;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.OwnRun;
import dev.retort.papers.RowRun;
import dev.retort.papers.RunFolder;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.FilterJob;
import dev.retort.pipelines.FilterPlan;
import dev.retort.pipelines.FilterRequest;
import dev.retort.pipelines.PerturbJob;
import dev.retort.pipelines.PerturbRequest;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.pipelines.VoteFactory;
import dev.retort.run.RunRecord;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The road of one task from unlabelled questions to rows of the table (arXiv 2407.06023, section 2): ask the model itself by
 * its System 2, keep what agrees, train the same model on question and answer alone, test how it then answers at once.
 */
final class System2Road {

    private static final String RULE = new VoteRule.StrictMajority().title();

    /**
     * What is the same for all tasks of a recipe.
     *
     * @param samples of System 2 for each unlabelled question, and of System 1 for its majority; N of the paper
     * @param temperature of these samples
     * @param filters behind the consistency of answers
     * @param isVoteEarly whether a question is asked about only until its vote stands
     * @param distilling how the model is trained on answers
     * @param evalBatchRows rows decoded together
     * @param precision of the matrix products of tests
     * @param asking precision of the matrix products of what is asked to learn from
     */
    record Settings(
            int samples,
            double temperature,
            List<FilterSpec> filters,
            boolean isVoteEarly,
            TrainingSettings distilling,
            int evalBatchRows,
            Precision precision,
            Precision asking) {}

    /** Starts the record of a row. */
    @FunctionalInterface
    interface Records {
        RunRecord start(long seed) throws IOException;
    }

    private final RunOptions options;
    private final Path out;
    private final Settings settings;
    private final System2World world;
    private final Path model;
    private final int seed;
    private final Records records;

    /**
     * The road of a task.
     *
     * @param model the folder of the model that is asked and then trained
     * @param seed of the asking
     * @param records starts the record of a row with a seed
     */
    System2Road(RunOptions options, Settings settings, System2World world, Path model, int seed, Records records) {
        this.options = options;
        this.out = options.out();
        this.settings = settings;
        this.world = world;
        this.model = model;
        this.seed = seed;
        this.records = records;
    }

    /**
     * The filters of a recipe behind the consistency of answers.
     *
     * @param names in the words of {@code retort filter}; null for none
     * @throws IllegalArgumentException where one is not known, or reads references
     */
    static List<FilterSpec> filters(String names) {
        List<FilterSpec> filters = names == null ? List.of() : FilterSpec.parse(names);
        for (FilterSpec filter : filters) {
            if (filter instanceof FilterSpec.Reference) {
                throw new IllegalArgumentException("filters: " + filter + " reads references, and the student of"
                        + " system2 learns from unlabelled questions; leave it out");
            }
            if (!filter.needs().isEmpty()) {
                throw new IllegalArgumentException("filters: " + filter + " needs " + filter.needs()
                        + ", for which a recipe has no place; use retort filter");
            }
        }
        return filters;
    }

    static String rowName(System2Row row, String task, int seed) {
        return row.title() + "." + task + "." + seed;
    }

    /** The folder of what was asked for the rows of a task. */
    static Path asked(Path out, String task, int seed) {
        return out.resolve("asked").resolve(task + "." + seed);
    }

    private Path asked() {
        return asked(out, world.name(), seed);
    }

    /** Asks, filters and composes, so far as the options ask for it and it is not done. */
    void prepare() throws IOException, InterruptedException {
        // S_II(x; f) for every x: the method around the model itself, N times (section 2).
        if (options.runs(Stage.ASK)) {
            ask();
        }
        // y is kept where most of the N agree; the reference stays unread.
        if (options.runs(Stage.FILTER)) {
            filter();
        }
        // (x, y): z is dropped.
        if (options.runs(Stage.COMPOSE)) {
            compose();
        }
    }

    private SampleRequest request(List<Question> questions, Path folder, Precision precision) {
        return request(questions, folder, model, settings.evalBatchRows(), precision);
    }

    /**
     * Asks a model of this machine.
     *
     * @param rows asked together
     * @param precision of its matrix products
     */
    static SampleRequest request(List<Question> questions, Path folder, Path model, int rows, Precision precision) {
        return SampleRequest.of(questions, folder, TeacherFactory.ofLocal(model.toString(), precision))
                .withSettings(AskSettings.usual().withConcurrency(rows));
    }

    private SamplingParams sampled(int tokens) {
        return SamplingParams.none()
                .withTemperature(settings.temperature())
                .withMaxTokens(tokens)
                .withSeed((long) seed);
    }

    private void ask() throws IOException, InterruptedException {
        Path folder = asked();
        if (Files.exists(folder.resolve(SampleJob.SAMPLES))) {
            return;
        }
        Files.createDirectories(folder);
        SampleRequest all = request(world.unlabelled(), folder, settings.asking())
                .withSamples(settings.samples())
                .withParams(sampled(world.maxTokens()))
                .withMethod(world.calls());
        SampleRequest request = settings.isVoteEarly() ? all.withVote(VoteFactory.of(RULE)) : all;
        String label = "ask " + world.name();
        if (world.perturbations().isEmpty()) {
            JsonLines.write(folder.resolve(PerturbJob.QUESTIONS), world.unlabelled());
            options.asking(label, shown -> SampleJob.run(request.withProgress(shown), options.beamFlags()));
        } else {
            options.asking(
                    label,
                    shown -> PerturbJob.run(
                            PerturbRequest.of(request.withProgress(shown), world.perturbations())
                                    .withSeed(seed),
                            options.beamFlags()));
        }
    }

    private void filter() throws IOException, InterruptedException {
        Path folder = asked();
        Path summary = folder.resolve("filter.txt");
        if (Files.exists(summary)) {
            return;
        }
        int samples = settings.samples();
        List<FilterSpec> filters = new ArrayList<>(settings.filters());
        FilterSpec consistency = world.perturbations().isEmpty()
                ? new FilterSpec.OutputConsistency(RULE, AnswerForm.TEXT, samples)
                : new FilterSpec.PerturbationConsistency(RULE, AnswerForm.TEXT, samples, samples, false);
        filters.add(0, consistency);
        AtomicFiles.writeText(
                summary,
                FilterJob.run(
                                        new FilterRequest(
                                                folder.resolve(SampleJob.SAMPLES),
                                                folder.resolve(PerturbJob.QUESTIONS),
                                                FilterPlan.of(filters, List.of()),
                                                folder),
                                        options.beamFlags())
                                .summary()
                        + "\n");
    }

    private void compose() throws IOException {
        Path folder = asked();
        if (Files.exists(folder.resolve("train.jsonl"))) {
            return;
        }
        Map<String, TeacherSample> agreed = firstOfEach(folder.resolve(FilterJob.KEPT));
        Map<String, TeacherSample> first = firstOfEach(folder.resolve(SampleJob.SAMPLES));
        List<Example> examples = new ArrayList<>();
        for (Question question : world.unlabelled()) {
            add(examples, System2Row.DISTILLED, question, agreed.get(question.id()));
            TeacherSample any = first.get(question.id());
            add(examples, System2Row.UNFILTERED, question, any != null && any.sampleIndex() == 0 ? any : null);
            examples.add(example(System2Row.GOLD, question, question.reference(), List.of(question.id())));
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

    private void add(List<Example> examples, System2Row row, Question question, TeacherSample sample) {
        if (sample != null && sample.answer() != null) {
            List<String> from = List.of(question.id(), question.id() + "/" + sample.sampleIndex());
            examples.add(example(row, question, sample.answer(), from));
        }
    }

    private Example example(System2Row row, Question question, String answer, List<String> from) {
        String id = question.id() + "#" + row.title();
        return new Example(id, question.text(), " " + world.target().apply(answer), row.title(), from);
    }

    /** What rows of a task learn from, as its asking at a seed left it. */
    static Path trainFile(Path out, String task, int seed) {
        return asked(out, task, seed).resolve("train.jsonl");
    }

    /** What a row learns from; nothing where that has not been composed. */
    static List<Example> examples(Path out, String task, System2Row row, int seed) throws IOException {
        Path file = trainFile(out, task, seed);
        return Files.exists(file)
                ? JsonLines.read(file, Example.class).stream()
                        .filter(example -> example.kind().equals(row.title()))
                        .toList()
                : List.of();
    }

    /**
     * A row, trained where it is one and tested, so far as it is not done.
     *
     * @param rowSeed of the training; of a row without one, the asking's
     * @return false after an interruption
     */
    boolean row(System2Row row, int rowSeed) throws IOException, InterruptedException {
        return row.isTrained() ? train(row, rowSeed) : test(row);
    }

    /** A student that goes on from the model. */
    private boolean train(System2Row row, int rowSeed) throws IOException {
        TrainingSettings training = settings.distilling().withSeed(rowSeed);
        String name = rowName(row, world.name(), rowSeed);
        RowRun run = new RowRun(
                options,
                name,
                new RowConfig(row.title(), world.name(), training),
                training,
                Map.of(row.title(), 1.0),
                records.start(rowSeed),
                settings.evalBatchRows());
        List<Example> examples = examples(out, world.name(), row, seed);
        Map<String, List<Message>> asked =
                world.unlabelled().stream().collect(Collectors.toMap(Question::id, Question::messages));
        if (examples.isEmpty()) {
            // A filter that keeps nothing is an outcome; the table has no such row then.
            System.err.println(name + ": nothing to learn from, the row is left out");
            return true;
        }
        return run.run(
                world.name(),
                () -> Models.load(model, options.device()),
                student -> items(
                        examples,
                        student,
                        training.maxLength(),
                        example -> asked.get(example.from().get(0))),
                this::test);
    }

    /**
     * Examples in the form in which a local model is asked: through its chat template, where it has one.
     *
     * @param asked the messages of an example's prompt
     */
    private static List<List<TokenExample>> items(
            List<Example> examples, LoadedModel student, int maxLength, Function<Example, List<Message>> asked)
            throws IOException {
        Tokenizer tokenizer = student.requireTokenizer();
        ExampleEncoder encoder = new ExampleEncoder(tokenizer, false, student.trainingEosId(), maxLength);
        List<List<TokenExample>> items = new ArrayList<>();
        for (Example example : examples) {
            items.add(List.of(encoder.encode(
                    tokenizer.hasChatTemplate()
                            ? new Example(
                                    example.id(),
                                    OwnRun.prompt(tokenizer, asked.apply(example)),
                                    example.completion().strip(),
                                    example.kind(),
                                    example.from())
                            : example)));
        }
        return items;
    }

    /** Lessons in that form. */
    static List<List<TokenExample>> lessons(List<Lesson> lessons, LoadedModel student, int maxLength)
            throws IOException {
        return items(Lesson.examples(lessons), student, maxLength, lesson -> List.of(Message.user(lesson.prompt())));
    }

    /**
     * The test of a student that answers at once, in the numbers that the others are asked in. An item's references are the
     * answers accepted; where there are options to choose from, the right one and then all of them.
     */
    private EvalTask test(LoadedModel student) throws IOException {
        student.model().setPrecision(settings.precision());
        Tokenizer tokenizer = student.requireTokenizer();
        boolean isChoice =
                world.tests().stream().anyMatch(question -> !question.choices().isEmpty());
        List<EvalItem> items = world.tests().stream()
                .map(question -> new EvalItem(
                        question.id(),
                        OwnRun.prompt(tokenizer, question.messages()),
                        Stream.concat(System2Task.references(question).stream(), question.choices().stream())
                                .toList()))
                .toList();
        return new EvalTask(
                world.name(),
                items,
                SamplingParams.greedy(world.answerTokens()),
                text -> text,
                (completion, references) -> {
                    int accepted = isChoice ? 1 : references.size();
                    String answer = world.answer(completion, references.subList(accepted, references.size()));
                    return world.isRight(answer, references.subList(0, accepted)) ? 1 : 0;
                },
                false);
    }

    /** The rows that only ask the model. */
    private boolean test(System2Row row) throws IOException, InterruptedException {
        String name = rowName(row, world.name(), seed);
        Path folder = out.resolve("rows").resolve(name);
        if (!options.runs(Stage.EVALUATE)
                || !options.rows().matches(name)
                || Files.exists(RowRun.evaluation(out, name, world.name()))) {
            return true;
        }
        long start = System.nanoTime();
        RunFolder.writeConfig(folder, new RowConfig(row.title(), world.name(), null));
        SampleRequest request = request(world.tests(), folder.resolve("asked"), settings.precision());
        SampleRequest asked =
                switch (row) {
                    case SYSTEM_2 -> request.withParams(SamplingParams.greedy(world.maxTokens()))
                            .withMethod(world.calls());
                    case SYSTEM_1_MAJORITY -> request.withParams(sampled(world.answerTokens()))
                            .withSamples(settings.samples());
                    default -> request.withParams(SamplingParams.greedy(world.answerTokens()));
                };
        boolean isCut = row == System2Row.SYSTEM_2;
        RowRun.write(
                folder,
                evaluation(
                        world.name(),
                        asked,
                        options,
                        name,
                        world.tests(),
                        world,
                        (sample, question) -> isCut ? sample.answer() : world.answer(sample.text(), question)));
        RunFolder.record(folder, records.start(seed), Duration.ofNanos(System.nanoTime() - start));
        return true;
    }

    /**
     * Asks, and scores the answer that most samples of a question give.
     *
     * @param options say who sees how far it has come, and end it
     * @param label of the progress line
     * @param answer of a sample, or null
     */
    static Evaluation evaluation(
            String name,
            SampleRequest request,
            RunOptions options,
            String label,
            List<Question> questions,
            System2World world,
            BiFunction<TeacherSample, Question, String> answer)
            throws IOException, InterruptedException {
        options.asking(label, shown -> SampleJob.run(request.withProgress(shown)));
        Map<String, List<TeacherSample>> samples = new LinkedHashMap<>();
        double tokens = 0;
        for (TeacherSample sample : JsonLines.read(request.out().resolve(SampleJob.SAMPLES), TeacherSample.class)) {
            samples.computeIfAbsent(sample.id(), id -> new ArrayList<>()).add(sample);
            tokens +=
                    (double) sample.usage().completionTokens() / sample.usage().samplesInRequest();
        }
        List<EvaluationRow> rows = new ArrayList<>();
        for (Question question : questions) {
            List<String> answers = new ArrayList<>();
            for (TeacherSample sample : samples.getOrDefault(question.id(), List.of())) {
                answers.add(answer.apply(sample, question));
            }
            String prediction = mostGiven(answers);
            rows.add(new EvaluationRow(question.id(), prediction, world.isRight(prediction, question) ? 1 : 0, false));
        }
        return new Evaluation(name, rows, Math.round(tokens));
    }

    /** The answer that most samples give, of several such the first given; blank where none gives any. A tie is no failure here. */
    static String mostGiven(List<String> answers) {
        MajorityVote vote = new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);
        Map<String, Integer> counts = vote.of(answers).counts();
        int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return answers.stream()
                .filter(answer -> answer != null && Objects.equals(counts.get(AnswerText.relaxed(answer)), most))
                .findFirst()
                .orElse("");
    }

    /**
     * A row's file of settings.
     *
     * @param row what it is
     * @param task in which task
     * @param training null where nothing is trained
     */
    record RowConfig(String row, String task, TrainingSettings training) {}
}
