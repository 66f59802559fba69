package dev.retort.papers.stepbystep;

import dev.retort.papers.Figure;
import dev.retort.report.Charts;
import dev.retort.report.Curve;
import dev.retort.report.PublishedCell;
import dev.retort.report.PublishedCells;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pictures like Figures 4 to 9 of Distilling step-by-step (Hsieh et al., 2023), ours over theirs: test accuracy over the
 * number of training examples (4, 5, and with few-shot CoT's level 8 and 9) or over the student's size (6, 7). Theirs
 * were read from the paper's plots and the legend says so. What was not measured is left out.
 */
public final class StepByStepFigures {

    private static final String METRIC = "test_accuracy_pct";
    private static final List<String> DATA_SETS = List.of("e-SNLI", "ANLI", "CQA", "SVAMP");

    private static final int FULL_LAYERS = 30;

    /** 97.5 % of a normal distribution lie below so many standard deviations. */
    private static final double Z = 1.96;

    /** Millions of parameters of PaLM, which few-shot CoT and PINTO need at test time. */
    private static final double TEACHER_MILLIONS = 540_000;

    private static final Pattern SIZE = Pattern.compile("\\b([0-9]+)([MB])\\b");
    private static final Pattern SHARE = Pattern.compile("(?:about )?([0-9]+(?:\\.[0-9]+)?)(?: \\(.*\\))?");
    private static final Pattern ROUGH_SHARE = Pattern.compile("^about ([0-9.]+)");
    private static final Pattern WITH_ASDIV = Pattern.compile("100 \\+ ([0-9]+) of ASDiv");

    private static final Series STANDARD_FINETUNING =
            new Series(0, "standard finetuning", "standard-finetuning", "Standard finetuning");
    private static final Series STANDARD_DISTILLATION =
            new Series(0, "standard distillation", "standard-distillation", "Standard task distillation");
    private static final Series STEP_BY_STEP = new Series(1, "step-by-step", "step-by-step", "Distilling step-by-step");
    private static final Series STEP_BY_STEP_TEACHER_LABELS =
            new Series(1, "step-by-step", "step-by-step-teacher-labels", "Distilling step-by-step");
    private static final Series FEW_SHOT_COT =
            new Series(2, "few-shot CoT", "few-shot-cot", "Few-shot CoT (PaLM 540B)");
    private static final Series PINTO =
            new Series(3, "PINTO", "pinto", "PINTO tuning (drawn at 540B because PaLM stays in the loop)");
    private static final Series SINGLE_TASK = new Series(4, "single-task", "single-task", "Single-task training");
    private static final Series STANDARD_DISTILLATION_ASDIV = new Series(
            5,
            "standard distillation, ASDiv added",
            "standard-distillation-asdiv",
            "Standard task distillation + ASDiv");
    private static final Series STEP_BY_STEP_ASDIV = new Series(
            6, "step-by-step, ASDiv added", "step-by-step-teacher-labels-asdiv", "Distilling step-by-step + ASDiv");

    private static final List<Series> LABELLED = List.of(STANDARD_FINETUNING, STEP_BY_STEP);
    private static final List<Series> UNLABELLED = List.of(STANDARD_DISTILLATION, STEP_BY_STEP_TEACHER_LABELS);

    private static final List<Plan> PLANS = List.of(
            new Plan(4, "human labels", List.of(STANDARD_FINETUNING, STEP_BY_STEP, SINGLE_TASK), List.of()),
            new Plan(5, "the teacher's labels", UNLABELLED, List.of()),
            new Plan(6, "human labels", LABELLED, List.of(FEW_SHOT_COT, PINTO)),
            new Plan(
                    7,
                    "the teacher's labels",
                    List.of(
                            STANDARD_DISTILLATION,
                            STEP_BY_STEP_TEACHER_LABELS,
                            STANDARD_DISTILLATION_ASDIV,
                            STEP_BY_STEP_ASDIV),
                    List.of(FEW_SHOT_COT)),
            new Plan(8, "human labels", LABELLED, List.of(FEW_SHOT_COT)),
            new Plan(9, "the teacher's labels", UNLABELLED, List.of(FEW_SHOT_COT)));

    private final ResultTable ours;
    private final PublishedCells published;

    private StepByStepFigures(ResultTable ours, PublishedCells published) {
        this.ours = ours;
        this.published = published;
    }

    /** A method under its name in legends, in our tables and in the published ones; the kind is that of its curves. */
    private record Series(int kind, String title, String ours, String theirs) {}

    /** What a figure shows of every data set: methods that train a student, and those that need the teacher. */
    private record Plan(int figure, String labels, List<Series> students, List<Series> teachers) {

        boolean isBySize() {
            return figure == 6 || figure == 7;
        }
    }

    /** A value at its place; the error is NaN where none is known. */
    private record Point(double x, double y, double error) {}

    /** One of our results with what sets it apart. */
    private record Measured(ResultRow row, Condition condition) {}

    /**
     * The figures, one for a data set of a figure of the paper, in the paper's order. A figure for which we trained no
     * student is left out; so are rows with another metric than test_accuracy_pct or another condition than a
     * {@link Condition}. The sweep over sizes has a figure for every amount of data for which any row has layers.
     * Fractions of ours, too, are of the paper's training split.
     *
     * @param publishedFolder with figure4.csv to figure9.csv, table2.csv, table3.csv and text-claims.csv
     * @throws IOException where published cells cannot be read
     * @throws IllegalArgumentException where two rows give one point different values, or a student has more than 30
     *     layers
     */
    public static List<Figure> of(ResultTable ours, Path publishedFolder) throws IOException {
        StepByStepFigures figures = new StepByStepFigures(ours, PublishedCells.readFolder(publishedFolder));
        List<Figure> all = new ArrayList<>();
        for (Plan plan : PLANS) {
            for (String dataSet : DATA_SETS) {
                if (plan.isBySize()) {
                    all.addAll(figures.bySize(plan, dataSet));
                } else {
                    figures.byExamples(plan, dataSet).ifPresent(all::add);
                }
            }
        }
        return List.copyOf(all);
    }

    /**
     * Parameters of SmolLM2-135M with so many of its 30 layers: width 576, 9 query and 3 key-value heads of 64, gated
     * feed-forward of 1,536, 49,152 embeddings shared with the output.
     *
     * @throws IllegalArgumentException where layers is not 1 to 30
     */
    static long parameters(int layers) {
        if (layers < 1 || layers > FULL_LAYERS) {
            throw new IllegalArgumentException("SmolLM2-135M has 1 to " + FULL_LAYERS + " layers, not " + layers);
        }
        long width = 576;
        long attention = 2 * width * width + 2 * width * 3 * 64;
        long feedForward = 3 * width * 1536;
        long norms = 2 * width;
        return 49_152 * width + layers * (attention + feedForward + norms) + width;
    }

    private Optional<Figure> byExamples(Plan plan, String dataSet) {
        List<Curve> curves = new ArrayList<>();
        boolean trained = false;
        for (Series series : plan.students) {
            curves.addAll(theirs(plan, dataSet, series, this::examples));
            Map<String, List<Measured>> byStudent = new LinkedHashMap<>();
            for (Measured measured : measured(dataSet, series)) {
                if (measured.condition.layers().orElse(FULL_LAYERS) == FULL_LAYERS
                        && examples(measured).isPresent()) {
                    byStudent
                            .computeIfAbsent(measured.row.student(), key -> new ArrayList<>())
                            .add(measured);
                }
            }
            byStudent.forEach((student, rows) -> curves.add(
                    ourCurve(series, student, rows, row -> examples(row).orElseThrow())));
            trained |= !byStudent.isEmpty();
        }
        if (!trained) {
            return Optional.empty();
        }
        double low =
                curves.stream().mapToDouble(curve -> curve.x().get(0)).min().orElseThrow();
        double high = curves.stream()
                .mapToDouble(curve -> curve.x().get(curve.x().size() - 1))
                .max()
                .orElseThrow();
        for (Series series : plan.teachers) {
            theirs(plan, dataSet, series, cell -> OptionalDouble.of(low))
                    .forEach(curve -> curves.add(level(curve, low, high, Curve.Line.DOTTED_LEVEL)));
            List<Measured> rows = measured(dataSet, series);
            if (!rows.isEmpty()) {
                curves.add(level(
                        ourCurve(series, rows.get(0).row.student(), rows, row -> low), low, high, Curve.Line.LEVEL));
            }
        }
        return Optional.of(figure(plan, dataSet, "", "training examples, logarithmic" + remark(plan, dataSet), curves));
    }

    /** What the x axis must say of the published shares. */
    private String remark(Plan plan, String dataSet) {
        for (PublishedCell cell : published.find(Map.of("table", "figure" + plan.figure, "dataset", dataSet))) {
            String share = cell.column("train_fraction_pct");
            Matcher rough = ROUGH_SHARE.matcher(share);
            if (rough.find()) {
                return "; theirs begin at about " + rough.group(1) + " %";
            }
            if (WITH_ASDIV.matcher(share).matches()) {
                return "; theirs end with all of ASDiv added";
            }
        }
        return "";
    }

    private List<Figure> bySize(Plan plan, String dataSet) {
        Set<Condition> amounts = new LinkedHashSet<>();
        for (Series series : plan.students) {
            measured(dataSet, series).stream()
                    .map(Measured::condition)
                    .filter(condition -> condition.layers().isPresent())
                    .forEach(condition -> amounts.add(condition.withoutLayers()));
        }
        return amounts.stream()
                .map(amount -> bySize(plan, dataSet, amount, amounts.size() > 1))
                .toList();
    }

    private Figure bySize(Plan plan, String dataSet, Condition amount, boolean isOneOfSeveral) {
        List<Curve> curves = new ArrayList<>();
        for (Series series : plan.students) {
            curves.addAll(theirs(plan, dataSet, series, StepByStepFigures::millions));
            List<Measured> rows = of(amount, measured(dataSet, series));
            if (!rows.isEmpty()) {
                curves.add(ourCurve(
                        series,
                        amount(amount),
                        rows,
                        row -> parameters(row.condition.layers().orElse(FULL_LAYERS)) / 1e6));
            }
        }
        for (Series series : plan.teachers) {
            curves.addAll(theirs(plan, dataSet, series, cell -> OptionalDouble.of(TEACHER_MILLIONS)));
            // Few-shot CoT trains nothing, so no amount of data sets its rows apart.
            List<Measured> all = measured(dataSet, series);
            List<Measured> rows = series.equals(FEW_SHOT_COT) ? all : of(amount, all);
            if (!rows.isEmpty()) {
                curves.add(ourCurve(
                        series,
                        series.equals(FEW_SHOT_COT) ? rows.get(0).row.student() : amount(amount),
                        rows,
                        row -> TEACHER_MILLIONS));
            }
        }
        return figure(
                plan,
                dataSet,
                isOneOfSeveral ? "-" + suffix(amount) : "",
                "millions of parameters needed at test time, logarithmic",
                curves);
    }

    private static String suffix(Condition amount) {
        return amount.toString().isEmpty() ? "all" : amount.toString().replace("=", "");
    }

    private static List<Measured> of(Condition amount, List<Measured> rows) {
        return rows.stream()
                .filter(row -> row.condition.withoutLayers().equals(amount))
                .toList();
    }

    private static Figure figure(Plan plan, String dataSet, String suffix, String xTitle, List<Curve> curves) {
        boolean hasErrors = curves.stream().anyMatch(curve -> curve.error() != null);
        String title = dataSet + ", " + plan.labels + " (as Figure " + plan.figure + " of the paper)";
        return new Figure(
                "figure" + plan.figure + "-" + dataSet.replace("-", "").toLowerCase(Locale.ROOT) + suffix + ".svg",
                title,
                Charts.logarithmic(
                        title, xTitle, "test accuracy in %" + (hasErrors ? ", ours with 95 % intervals" : ""), curves));
    }

    private static Curve level(Curve point, double low, double high, Curve.Line line) {
        double y = point.y().get(0);
        return new Curve(
                point.name(),
                List.of(low, high),
                List.of(y, y),
                null,
                new Curve.Style(point.style().kind(), line));
    }

    private static String amount(Condition data) {
        if (data.labels().isPresent()) {
            return String.format(Locale.ROOT, "%,d examples", data.labels().getAsInt());
        }
        return data.fraction().isPresent()
                ? new BigDecimal(100 * data.fraction().getAsDouble())
                                .round(new MathContext(3))
                                .stripTrailingZeros()
                                .toPlainString()
                        + " % of the examples"
                : "";
    }

    /** Our rows of a method on a data set. */
    private List<Measured> measured(String dataSet, Series series) {
        List<Measured> measured = new ArrayList<>();
        for (ResultRow row : ours.rows()) {
            if (row.method().equals(series.ours)
                    && row.dataset().equals(dataSet)
                    && row.metric().equals(METRIC)
                    && row.ours() != null) {
                Condition.find(row.condition()).ifPresent(condition -> measured.add(new Measured(row, condition)));
            }
        }
        return measured;
    }

    private static Curve ourCurve(Series series, String detail, List<Measured> rows, ToDoubleFunction<Measured> place) {
        TreeMap<Double, Point> points = new TreeMap<>();
        for (Measured measured : rows) {
            ResultRow row = measured.row;
            double x = place.applyAsDouble(measured);
            Point point = new Point(x, row.ours(), row.oursSe() == null ? Double.NaN : Z * row.oursSe());
            Point other = points.putIfAbsent(x, point);
            if (other != null && !other.equals(point)) {
                throw new IllegalArgumentException("two results of " + row.method() + " on " + row.dataset() + " at '"
                        + row.condition() + "': " + other.y + " and " + point.y + "; give the figure one of them");
            }
        }
        return curve(
                "ours: " + series.title + (detail.isEmpty() ? "" : "\n(" + detail + ")"),
                points.values(),
                new Curve.Style(series.kind, Curve.Line.SOLID));
    }

    /** The published curves of a method: one for every student where the x axis is not the student's size. */
    private List<Curve> theirs(
            Plan plan, String dataSet, Series series, Function<PublishedCell, OptionalDouble> place) {
        Map<String, TreeMap<Double, Point>> byName = new LinkedHashMap<>();
        String table = series.equals(SINGLE_TASK) ? "table2" : "figure" + plan.figure;
        for (PublishedCell cell :
                published.find(Map.of("table", table, "dataset", dataSet, "method", series.theirs, "metric", METRIC))) {
            OptionalDouble x = place.apply(cell);
            if (x.isPresent() && cell.value() != null) {
                byName.computeIfAbsent(theirName(plan, series, cell), key -> new TreeMap<>())
                        .put(x.getAsDouble(), new Point(x.getAsDouble(), cell.value(), Double.NaN));
            }
        }
        List<Curve> curves = new ArrayList<>();
        byName.forEach((name, points) ->
                curves.add(curve(name, points.values(), new Curve.Style(series.kind, Curve.Line.DASHED))));
        return curves;
    }

    private static String theirName(Plan plan, Series series, PublishedCell cell) {
        String how = cell.column("kind").equals("read-from-figure") ? "read from figure" : "printed in the paper";
        String student = cell.column("student").replaceFirst(" \\(.*", "");
        String detail = student.equals("none") ? "PaLM 540B" : plan.isBySize() ? "all examples" : student;
        return "theirs: " + series.title + "\n(" + detail + ", " + how + ")";
    }

    private static Curve curve(String name, Collection<Point> points, Curve.Style style) {
        boolean hasErrors = points.stream().anyMatch(point -> !Double.isNaN(point.error));
        return new Curve(
                name,
                points.stream().map(Point::x).toList(),
                points.stream().map(Point::y).toList(),
                hasErrors ? points.stream().map(Point::error).toList() : null,
                style);
    }

    /** How many examples we trained on; empty where the row does not say. */
    private OptionalDouble examples(Measured measured) {
        Condition condition = measured.condition;
        if (condition.labels().isPresent()) {
            return OptionalDouble.of(condition.labels().getAsInt());
        }
        return condition.fraction().isPresent()
                ? OptionalDouble.of(condition.fraction().getAsDouble() * trainSize(measured.row.dataset()))
                : OptionalDouble.empty();
    }

    /** How many examples they trained on; empty where the share is not a number. */
    private OptionalDouble examples(PublishedCell cell) {
        String share = cell.columns().getOrDefault("train_fraction_pct", "100");
        double size = trainSize(cell.column("dataset"));
        Matcher plain = SHARE.matcher(share);
        if (plain.matches()) {
            return OptionalDouble.of(Double.parseDouble(plain.group(1)) / 100 * size);
        }
        Matcher more = WITH_ASDIV.matcher(share);
        if (more.matches()) {
            double added = published
                    .one(Map.of("table", "text-claims", "metric", "added_unlabelled_examples"))
                    .value();
            return OptionalDouble.of(size + Double.parseDouble(more.group(1)) / 100 * added);
        }
        return OptionalDouble.empty();
    }

    /** Training examples of a data set by the paper's Table 3, which names ANLI with its round. */
    private double trainSize(String dataSet) {
        return published
                .one(Map.of(
                        "table",
                        "table3",
                        "dataset",
                        dataSet.equals("ANLI") ? "ANLI R1" : dataSet,
                        "metric",
                        "train_examples"))
                .value();
    }

    /** Millions of parameters of a published student, such as T5 220M; empty where its name has no size. */
    private static OptionalDouble millions(PublishedCell cell) {
        Matcher matcher = SIZE.matcher(cell.column("student"));
        return matcher.find()
                ? OptionalDouble.of(
                        Double.parseDouble(matcher.group(1)) * (matcher.group(2).equals("M") ? 1 : 1000))
                : OptionalDouble.empty();
    }
}
