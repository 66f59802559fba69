package dev.retort.papers.stepbystep;

import dev.retort.eval.Evaluation;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowRun;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.report.PairedEffect;
import dev.retort.report.PublishedCell;
import dev.retort.report.PublishedCells;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The table of a recipe on released data: every method beside its baseline, paired by item, clustered by story. */
final class ReleasedReport {

    private static final Map<DssDataSet, String> NAMES = Map.of(
            DssDataSet.ESNLI, "e-SNLI", DssDataSet.SVAMP, "SVAMP", DssDataSet.CQA, "CQA", DssDataSet.ANLI1, "ANLI");

    private static final String ONE_SEED = "one seed: the interval is over items alone";

    private final ReleasedConfig config;
    private final Map<DssDataSet, ReleasedData> data;
    private final Path out;
    private final PublishedCells published;

    ReleasedReport(ReleasedConfig config, Map<DssDataSet, ReleasedData> data, Path out) throws IOException {
        this.config = config;
        this.data = data;
        this.out = out;
        this.published = PublishedCells.readFolder(Recipes.published(StepByStepRecipe.PAPER));
    }

    ResultTable table() throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (RowSpec row : config.rows()) {
            if (row.fold() != null) {
                continue;
            }
            Map<Integer, double[]> ours = scores(row);
            if (!ours.isEmpty()) {
                rows.add(row(row, ours, scores(row.of(row.method().baseline()))));
                if (row.dataSet() == DssDataSet.SVAMP && row.method() != Method.FEW_SHOT_COT) {
                    rows.addAll(byStory(row, ours));
                }
            }
        }
        rows.addAll(contrasts());
        rows.addAll(folds());
        for (ReleasedData set : data.values()) {
            rows.addAll(facts(set));
        }
        return new ResultTable(rows);
    }

    private Map<Integer, double[]> scores(RowSpec row) throws IOException {
        Map<Integer, double[]> scores = new TreeMap<>();
        if (row.method() == Method.FEW_SHOT_COT) {
            scores.put(0, data.get(row.dataSet()).teacherScores(row));
            return scores;
        }
        for (int seed : row.seeds()) {
            Path file = RowRun.evaluation(out, row.name(seed), row.dataSet().title());
            if (Files.exists(file)) {
                scores.put(seed, Evaluation.read(file).scores());
            }
        }
        return scores;
    }

    private static List<String> names(RowSpec row, Map<Integer, double[]> ours) {
        return row.method() == Method.FEW_SHOT_COT
                ? List.of()
                : ours.keySet().stream().map(row::name).toList();
    }

    private static List<String> names(
            RowSpec row, Map<Integer, double[]> ours, RowSpec baseline, Map<Integer, double[]> others) {
        List<String> names = new ArrayList<>(names(row, ours));
        names.addAll(names(baseline, others));
        return names;
    }

    /** The scores of the seeds that another row has too. */
    private static Map<Integer, double[]> ofSeeds(Map<Integer, double[]> scores, Map<Integer, double[]> other) {
        Map<Integer, double[]> shared = new TreeMap<>(scores);
        shared.keySet().retainAll(other.keySet());
        return shared;
    }

    private ResultRow row(RowSpec row, Map<Integer, double[]> ours, Map<Integer, double[]> baseline)
            throws IOException {
        int[] stories = ReleasedData.stories(data.get(row.dataSet()).test(row));
        ResultRow result = named(row, condition(row))
                .withOurs(PairedEffect.mean(ours, stories).times(100))
                .withRows(names(row, ours));
        Cell cell = cell(row);
        result = result.withPublished(cell.value(), cell.effect());
        boolean isCompared = row.method() != row.method().baseline() || row.equalTokensOf() != null;
        Map<Integer, double[]> pairs = ofSeeds(ours, baseline);
        if (isCompared && !pairs.isEmpty()) {
            Map<Integer, double[]> others = ofSeeds(baseline, ours);
            result = result.withEffect(PairedEffect.of(pairs, others, stories).times(100))
                    .withRows(names(row, ours, row.of(row.method().baseline()), others));
        }
        String note = note(row, cell);
        if (isCompared && pairs.size() == 1) {
            note = note.isEmpty() ? ONE_SEED : note + "; " + ONE_SEED;
        }
        return note.isEmpty() ? result : result.withNote(note);
    }

    /** Step-by-step against its controls: is it the rationales, and is it the tokens? */
    private List<ResultRow> contrasts() throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (RowSpec control : config.rows()) {
            boolean isShuffled = control.method() == Method.STEP_BY_STEP_SHUFFLED;
            if (control.fold() != null || (!isShuffled && control.equalTokensOf() != Method.STEP_BY_STEP)) {
                continue;
            }
            for (RowSpec row : config.rows()) {
                if (row.method() != Method.STEP_BY_STEP || !row.sharesDataWith(control)) {
                    continue;
                }
                Map<Integer, double[]> ours = ofSeeds(scores(row), scores(control));
                Map<Integer, double[]> others = ofSeeds(scores(control), ours);
                if (ours.isEmpty()) {
                    continue;
                }
                int[] stories = ReleasedData.stories(data.get(row.dataSet()).test(row));
                String against = isShuffled ? "shuffled rationales" : "standard finetuning at equal tokens";
                rows.add(named(row, condition(row) + " against " + against)
                        .withOurs(PairedEffect.mean(ours, stories).times(100))
                        .withEffect(PairedEffect.of(ours, others, stories).times(100))
                        .withRows(names(row, ours, control, others))
                        .withNote("our control" + (ours.size() == 1 ? "; " + ONE_SEED : "")));
            }
        }
        return rows;
    }

    private ResultRow named(RowSpec row, String condition) {
        String student = row.method() == Method.FEW_SHOT_COT
                ? "PaLM 540B"
                : config.student().name();
        return ResultRow.of(row.method().title(), student, NAMES.get(row.dataSet()), condition, "test_accuracy_pct");
    }

    private String condition(RowSpec row) {
        Condition condition = row.labels() != null
                ? Condition.ofLabels(row.labels())
                : Condition.ofFraction(row.fraction() == null ? 1 : row.fraction());
        if (row.layers() != null) {
            condition = condition.withLayers(row.layers());
        }
        String text = row.method() == Method.FEW_SHOT_COT ? "" : condition.toString();
        return row.equalTokensOf() == null ? text : text + " equal tokens";
    }

    /**
     * What the paper has for a row.
     *
     * @param value of the method, or null
     * @param effect against its baseline, or null
     * @param where it stands
     */
    private record Cell(Double value, Double effect, String where) {}

    private Cell cell(RowSpec row) {
        String name = NAMES.get(row.dataSet());
        if (row.equalTokensOf() != null || row.layers() != null) {
            return new Cell(null, null, "");
        }
        if (row.method() == Method.FEW_SHOT_COT) {
            return new Cell(value("figure8", name, "Few-shot CoT (PaLM 540B)", "0"), null, "figure 8");
        }
        if (row.dataSet() == DssDataSet.ESNLI && row.labels() != null && row.labels() == 549) {
            Double standard = value("figure8", name, "Standard finetuning", "0.1");
            return switch (row.method()) {
                case STANDARD_FINETUNING -> new Cell(standard, null, "figure 8, read from the plot");
                case STEP_BY_STEP -> {
                    Double ours = value("figure8", name, "Distilling step-by-step", "0.1");
                    yield new Cell(ours, ours - standard, "figure 8, read from the plot");
                }
                default -> new Cell(null, null, "");
            };
        }
        // Where no training inputs were released, our whole split is not the paper's.
        if (row.labels() != null
                || !config.dataSets().get(row.dataSet().title()).trainSplit().equals("train")) {
            return new Cell(null, null, "");
        }
        double share = row.fraction() == null ? 1 : row.fraction();
        if (row.method().hasTeacherLabels()) {
            return ofFigure("figure5", row, "Standard task distillation", share);
        }
        if (share < 1) {
            return ofFigure("figure4", row, "Standard finetuning", share);
        }
        String method =
                switch (row.method()) {
                    case STANDARD_FINETUNING -> "Standard finetuning";
                    case STEP_BY_STEP -> "Multi-task training";
                    case SINGLE_TASK -> "Single-task training";
                    default -> null;
                };
        if (method == null) {
            return new Cell(null, null, "");
        }
        Double ours = value("table2", name, method, null);
        Double standard = value("table2", name, "Standard finetuning", null);
        return new Cell(ours, row.method() == Method.STANDARD_FINETUNING ? null : ours - standard, "table 2, T5 220M");
    }

    /** A point of a figure over the share of the training split; empty where the figure has none. */
    private Cell ofFigure(String figure, RowSpec row, String baseline, double share) {
        boolean isBaseline = row.method() == row.method().baseline();
        boolean isDrawn = isBaseline
                || Set.of(Method.STEP_BY_STEP, Method.STEP_BY_STEP_TEACHER_LABELS)
                        .contains(row.method());
        String name = NAMES.get(row.dataSet());
        String fraction = BigDecimal.valueOf(100 * share).stripTrailingZeros().toPlainString();
        Double standard = find(figure, name, baseline, fraction);
        Double ours = find(figure, name, "Distilling step-by-step", fraction);
        if (!isDrawn || standard == null || ours == null) {
            return new Cell(null, null, "");
        }
        String where = "figure " + figure.substring("figure".length()) + ", T5 220M, read from the plot";
        return isBaseline ? new Cell(standard, null, where) : new Cell(ours, ours - standard, where);
    }

    private Double value(String table, String dataset, String method, String fraction) {
        Double value = find(table, dataset, method, fraction);
        if (value == null) {
            throw new IllegalStateException("published/" + table + ".csv has no " + method + " on " + dataset);
        }
        return value;
    }

    private Double find(String table, String dataset, String method, String fraction) {
        for (PublishedCell cell : published.cells()) {
            if (cell.table().equals(table)
                    && dataset.equals(cell.column("dataset"))
                    && method.equals(cell.column("method"))
                    && (fraction == null || fraction.equals(cell.column("train_fraction_pct")))) {
                return cell.value();
            }
        }
        return null;
    }

    private String note(RowSpec row, Cell cell) {
        List<String> parts = new ArrayList<>();
        if (!cell.where().isEmpty()) {
            parts.add("published: " + cell.where());
        }
        switch (row.method()) {
            case STEP_BY_STEP_SHUFFLED -> parts.add("our control: rationales shuffled between questions");
            case RATIONALE_AS_INPUT -> parts.add("needs the teacher at test time");
            case PINTO -> parts.add("our reading, without its counterfactual term; needs the teacher at test time");
            case STANDARD_FINETUNING_ASDIV -> parts.add("ASDiv's own equations are the labels, not PaLM's");
            case STANDARD_FINETUNING_ASDIV_DEDUPLICATED -> parts.add(
                    "ASDiv without problems near to SVAMP's test; its own equations are the labels");
            case FEW_SHOT_COT -> parts.add("recorded outputs, the same test items");
            default -> {
                // nothing to say
            }
        }
        boolean isOfAll = config.dataSets().get(row.dataSet().title()).validationSize() == 0;
        if (row.dataSet() == DssDataSet.SVAMP && row.method() != Method.FEW_SHOT_COT && isOfAll) {
            parts.add("of all released training rows, where the paper keeps a tenth for validation");
        }
        if (row.equalTokensOf() != null) {
            parts.add("as many training tokens as " + row.equalTokensOf().title());
        }
        return String.join("; ", parts);
    }

    /** SVAMP's test items whose story occurs in the training split, and the others. */
    private List<ResultRow> byStory(RowSpec row, Map<Integer, double[]> ours) throws IOException {
        boolean[] seen = data.get(row.dataSet()).seenStories(row);
        int[] stories = ReleasedData.stories(data.get(row.dataSet()).test(row));
        List<ResultRow> rows = new ArrayList<>();
        for (boolean wanted : new boolean[] {true, false}) {
            int[] items = IntStream.range(0, seen.length)
                    .filter(i -> seen[i] == wanted)
                    .toArray();
            if (items.length > 1) {
                Map<Integer, double[]> part = new TreeMap<>();
                ours.forEach((seed, scores) -> part.put(
                        seed, Arrays.stream(items).mapToDouble(i -> scores[i]).toArray()));
                int[] clusters = Arrays.stream(items).map(i -> stories[i]).toArray();
                rows.add(named(row, condition(row) + (wanted ? " stories in train" : " stories not in train"))
                        .withOurs(PairedEffect.mean(part, clusters).times(100))
                        .withRows(names(row, ours)));
            }
        }
        return rows;
    }

    /** Folds by story are one test set: every row of the data set is tested once. */
    private List<ResultRow> folds() throws IOException {
        Map<String, List<RowSpec>> byMethod = new LinkedHashMap<>();
        for (RowSpec row : config.rows()) {
            if (row.fold() != null) {
                byMethod.computeIfAbsent(row.dataSet() + " " + row.method(), key -> new ArrayList<>())
                        .add(row);
            }
        }
        List<ResultRow> results = new ArrayList<>();
        for (List<RowSpec> folds : byMethod.values()) {
            List<DssExample> tested = new ArrayList<>();
            List<Double> ours = new ArrayList<>();
            List<Double> baseline = new ArrayList<>();
            List<String> names = new ArrayList<>();
            int done = 0;
            for (RowSpec fold : folds) {
                Map<Integer, double[]> scores = scores(fold);
                Map<Integer, double[]> others = scores(fold.of(fold.method().baseline()));
                if (scores.containsKey(0) && others.containsKey(0)) {
                    done++;
                    tested.addAll(data.get(fold.dataSet()).test(fold));
                    names.add(fold.name(0));
                    if (fold.method() != fold.method().baseline()) {
                        names.add(fold.of(fold.method().baseline()).name(0));
                    }
                    for (double score : scores.get(0)) {
                        ours.add(score);
                    }
                    for (double score : others.get(0)) {
                        baseline.add(score);
                    }
                }
            }
            if (done == 0) {
                continue;
            }
            RowSpec first = folds.get(0);
            int[] stories = ReleasedData.stories(tested);
            Map<Integer, double[]> mine = Map.of(0, array(ours));
            ResultRow result = named(first, done + " of " + first.folds() + " folds by story")
                    .withOurs(PairedEffect.mean(mine, stories).times(100))
                    .withRows(names)
                    .withNote("all rows of the data set, no story on both sides; not the paper's split; " + ONE_SEED);
            if (first.method() != first.method().baseline()) {
                result = result.withEffect(PairedEffect.of(mine, Map.of(0, array(baseline)), stories)
                        .times(100));
            }
            results.add(result);
        }
        return results;
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** What needs no student: the teacher's released outputs by the authors' rules, and what the splits share. */
    private List<ResultRow> facts(ReleasedData set) throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        String name = NAMES.get(set.dataSet());
        for (boolean isTest : new boolean[] {false, true}) {
            List<DssExample> all = set.all(isTest);
            TeacherAccuracy accuracy = TeacherAccuracy.of(set.dataSet(), all);
            rows.add(
                    ResultRow.of("few-shot-cot", "PaLM 540B", name, set.splitName(isTest) + " whole", "teacher_correct")
                            .withOurs(accuracy.correct(), all.size())
                            .withNote("exact: released outputs by the authors' rules"));
        }
        SplitOverlap overlap = SplitOverlap.of(set.all(false), set.all(true), 1, SplitOverlap.THRESHOLD);
        int items = overlap.rows().size();
        rows.add(fact(
                name,
                "test rows whose story is in train, numbers masked",
                overlap.story().size(),
                items));
        rows.add(fact(
                name,
                "test rows whose input is in train, numbers masked",
                overlap.maskedInput().size(),
                items));
        rows.add(fact(
                name, "test rows with a near duplicate in train", overlap.near().size(), items));
        rows.add(fact(name, "test rows exactly in train", overlap.exact().size(), items));
        return rows;
    }

    private static ResultRow fact(String name, String condition, int count, int items) {
        return ResultRow.of("overlap", "", name, condition, "rows").withOurs(count, items);
    }
}
