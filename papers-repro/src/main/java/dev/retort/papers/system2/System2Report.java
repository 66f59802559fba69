package dev.retort.papers.system2;

import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.Question;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.papers.Figure;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.stepbystep.SplitOverlap;
import dev.retort.report.PairedEffect;
import dev.retort.report.PublishedCells;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** The table of a recipe: every row of a task against System 1, paired by question over its seeds. */
final class System2Report {

    /**
     * What the table shows of a task.
     *
     * @param world the task
     * @param dataSet its name in the table
     * @param clusters which tests count as one observation; null where each is one
     * @param parts of the tests that are shown beside all of them, by condition; what "all" are may be one of them
     * @param published what the paper has for it, or null
     * @param overlap of tests with all that is learnt from, or null where they share nothing by how they are made
     */
    record Part(
            System2World world,
            String dataSet,
            int[] clusters,
            Map<String, int[]> parts,
            Published published,
            SplitOverlap overlap) {}

    /**
     * What the paper has for a task's distilled row.
     *
     * @param condition of ours that it stands beside
     * @param dataSet as the published file names it
     * @param distilled its method there
     * @param apart how its experiment is another
     */
    record Published(String condition, String dataSet, String distilled, String apart) {}

    /** The condition of a task's first rows: all its tests, or those of its parts that has this name. */
    static final String ALL = "all";

    /** Under so many percent of System 1, and over 100 less these, an effect says little of the paper's (plans/system2.md). */
    private static final double FLOOR = 10;

    private static final String PUBLISHED_SYSTEM_1 = "System 1 (Llama-2-70B-chat)";

    private final Path out;
    private final String student;
    private final IntUnaryOperator askedFor;
    private final PublishedCells published;
    private final List<ResultRow> rows = new ArrayList<>();

    private System2Report(Path out, String student, IntUnaryOperator askedFor) throws IOException {
        this.out = out;
        this.student = student;
        this.askedFor = askedFor;
        this.published = PublishedCells.readFolder(Recipes.published(System2Recipe.PAPER));
    }

    /**
     * Makes the table and writes it, table.csv and table.md, and what an answer costs of each task, in figures.
     *
     * @param student its name in the table
     * @param askedFor the seed of the asking that a row's seed learns from
     * @throws NoSuchFileException where there is no row yet
     */
    static ResultTable write(Path out, String student, IntUnaryOperator askedFor, List<Part> parts) throws IOException {
        System2Report report = new System2Report(out, student, askedFor);
        for (Part part : parts) {
            Map<String, int[]> conditions = new LinkedHashMap<>();
            conditions.put(ALL, IntStream.range(0, part.world().tests().size()).toArray());
            conditions.putAll(part.parts());
            for (Map.Entry<String, int[]> condition : conditions.entrySet()) {
                for (System2Row row : System2Row.values()) {
                    report.add(part, row, condition.getValue(), condition.getKey());
                }
                if (condition.getKey().equals(ALL)) {
                    report.addTokens(part);
                }
            }
            report.addOverlap(part);
        }
        if (report.rows.isEmpty()) {
            throw new NoSuchFileException(out.resolve("rows").toString(), null, "there is no row to report");
        }
        ResultTable table = new ResultTable(report.rows);
        AtomicFiles.writeText(out.resolve("table.csv"), table.toCsv());
        AtomicFiles.writeText(out.resolve("table.md"), table.toMarkdown());
        for (Part part : parts) {
            if (AnswerCost.isKnown(table, part.dataSet())) {
                String condition =
                        part.published() == null ? ALL : part.published().condition();
                new Figure(
                                "tokens-" + part.world().name() + ".svg",
                                "Accuracy and the tokens that an answer takes",
                                AnswerCost.of(table, part.dataSet(), condition))
                        .write(out.resolve("figures"));
            }
        }
        return table;
    }

    private void add(Part part, System2Row row, int[] items, String condition) throws IOException {
        System2World world = part.world();
        Map<Integer, double[]> ours = scores(world, row, items);
        if (ours.isEmpty()) {
            return;
        }
        int[] clusters = part.clusters() == null
                ? null
                : IntStream.of(items).map(i -> part.clusters()[i]).toArray();
        ResultRow result = ResultRow.of(
                        row.title()
                                + (row == System2Row.SYSTEM_2
                                        ? " (" + world.method().title() + ")"
                                        : ""),
                        student,
                        part.dataSet(),
                        condition,
                        AnswerCost.ACCURACY)
                .withOurs(PairedEffect.mean(ours, clusters).times(100))
                .withRows(ours.keySet().stream()
                        .map(seed -> System2Road.rowName(row, world.name(), seed))
                        .toList())
                .withNote(condition.equals(ALL) ? note(world, row, ours) : "");
        Published paper = part.published();
        boolean isPublished = paper != null
                && paper.condition().equals(condition)
                && (row == System2Row.DISTILLED || row == System2Row.SYSTEM_1);
        if (isPublished) {
            double before = published(paper.dataSet(), PUBLISHED_SYSTEM_1);
            double after = published(paper.dataSet(), paper.distilled());
            result = (row == System2Row.SYSTEM_1
                            ? result.withPublished(before, null)
                            : result.withPublished(after, after - before))
                    .withNote(paper.apart());
        }
        Map<Integer, double[]> baseline = baseline(world, items, ours);
        if (row != System2Row.SYSTEM_1 && baseline.keySet().equals(ours.keySet())) {
            result = result.withEffect(PairedEffect.of(ours, baseline, clusters).times(100));
            double before = PairedEffect.mean(baseline, clusters).times(100).effect();
            if (isPublished && (before < FLOOR || before > 100 - FLOOR)) {
                result = result.notComparable(String.format(
                        Locale.ROOT,
                        "System 1 at %.1f %%: a %s, not read as a comparison with the paper",
                        before,
                        before < FLOOR ? "floor" : "ceiling"));
            }
        }
        rows.add(result);
    }

    /** What an answer costs, summed over the calls of a method, for every method that has its accuracy here. */
    private void addTokens(Part part) throws IOException {
        for (ResultRow row : List.copyOf(rows)) {
            if (!row.dataset().equals(part.dataSet())) {
                continue;
            }
            double tokens = 0;
            for (String name : row.rows()) {
                tokens += RowRun.tokensPerAnswer(out, name) / row.rows().size();
            }
            rows.add(ResultRow.of(row.method(), student, part.dataSet(), ALL, AnswerCost.TOKENS)
                    .withOurs(tokens, part.world().tests().size())
                    .withRows(row.rows()));
        }
    }

    /** Beside what was measured alone, where something is learnt: a table without a row of a task says nothing of the task. */
    private void addOverlap(Part part) {
        SplitOverlap overlap = part.overlap();
        boolean learns = !part.world().unlabelled().isEmpty();
        if (!learns
                || overlap == null
                || rows.stream().noneMatch(row -> row.dataset().equals(part.dataSet()))) {
            return;
        }
        int items = overlap.testSize();
        rows.add(ResultRow.of("overlap", "", part.dataSet(), "tests exactly in what is learnt from", "rows")
                .withOurs(overlap.exact().size(), items));
        rows.add(ResultRow.of("overlap", "", part.dataSet(), "tests with a near duplicate there", "rows")
                .withOurs(overlap.near().size(), items));
    }

    private double published(String dataSet, String method) {
        return published.one(Map.of("dataset", dataSet, "method", method)).value();
    }

    /** System 1 at each of a row's seeds: the model that the seed's training started from. */
    private Map<Integer, double[]> baseline(System2World world, int[] items, Map<Integer, double[]> ours)
            throws IOException {
        Map<Integer, double[]> own = scores(world, System2Row.SYSTEM_1, items);
        Map<Integer, double[]> baseline = new TreeMap<>();
        for (int seed : ours.keySet()) {
            double[] scores = own.get(askedFor.applyAsInt(seed));
            if (scores != null) {
                baseline.put(seed, scores);
            }
        }
        return baseline;
    }

    private Map<Integer, double[]> scores(System2World world, System2Row row, int[] items) throws IOException {
        Map<Integer, double[]> bySeed = new TreeMap<>();
        String before = row.title() + "." + world.name() + ".";
        for (int seed : RowRun.seeds(out, before)) {
            Path file = RowRun.evaluation(out, before + seed, world.name());
            if (Files.exists(file)) {
                double[] all = Evaluation.read(file).scores();
                bySeed.put(seed, IntStream.of(items).mapToDouble(i -> all[i]).toArray());
            }
        }
        return bySeed;
    }

    private String note(System2World world, System2Row row, Map<Integer, double[]> ours) throws IOException {
        List<String> notes = new ArrayList<>();
        if (row == System2Row.DISTILLED || row == System2Row.UNFILTERED) {
            notes.add(precision(world, row, ours));
        }
        if (world.tests().get(0).extra().containsKey(JudgeMetrics.TREE)) {
            notes.add(verdicts(world, row, ours));
        }
        if (row == System2Row.GOLD) {
            notes.add("ours, not in the paper");
        }
        return String.join("; ", notes);
    }

    /** What a judge's accuracy by itself does not say: whether the order of the responses decides. Over all seeds. */
    private String verdicts(System2World world, System2Row row, Map<Integer, double[]> ours) throws IOException {
        List<JudgeRow> rows = new ArrayList<>();
        for (int seed : ours.keySet()) {
            Path file = RowRun.evaluation(out, System2Road.rowName(row, world.name(), seed), world.name());
            Map<String, String> given = new HashMap<>();
            for (EvaluationRow each : Evaluation.read(file).rows()) {
                given.put(each.id(), each.prediction());
            }
            rows.addAll(JudgeMetrics.rows(world.tests(), given));
        }
        JudgeMetrics metrics = JudgeMetrics.of(rows);
        String note = String.format(
                Locale.ROOT,
                "guessing is right in 50 %%; %.1f %% of %d pairs readable in both orders, %.1f %% the same verdict in both",
                100.0 * metrics.readable() / metrics.pairs(),
                metrics.pairs(),
                100 * metrics.positionConsistency());
        if (!Double.isNaN(metrics.agreementOfConsistent())) {
            note += String.format(Locale.ROOT, ", these right in %.1f %%", 100 * metrics.agreementOfConsistent());
        }
        if (!Double.isNaN(metrics.firstShare())) {
            note += String.format(Locale.ROOT, "; the first shown preferred in %.1f %%", 100 * metrics.firstShare());
        }
        return note;
    }

    /** How many questions were learnt from, and the part of them whose answer was right. */
    private String precision(System2World world, System2Row row, Map<Integer, double[]> ours) throws IOException {
        Map<String, Question> questions = new HashMap<>();
        for (Question question : world.unlabelled()) {
            questions.put(question.id(), question);
        }
        int learnt = 0;
        int rightLearnt = 0;
        for (int seed : ours.keySet()) {
            if (!Files.exists(System2Road.trainFile(out, world.name(), askedFor.applyAsInt(seed)))) {
                return "what it learnt from is not in this folder";
            }
            for (Example example : System2Road.examples(out, world.name(), row, askedFor.applyAsInt(seed))) {
                learnt++;
                Question question = questions.get(example.from().get(0));
                rightLearnt += world.isRight(world.answer(example.completion(), question), question) ? 1 : 0;
            }
        }
        return String.format(
                Locale.ROOT,
                "%.0f of %d questions learnt from, %.1f %% of them right",
                (double) learnt / ours.size(),
                world.unlabelled().size(),
                100.0 * rightLearnt / Math.max(1, learnt));
    }
}
