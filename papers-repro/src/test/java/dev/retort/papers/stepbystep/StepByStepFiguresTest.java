package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.retort.papers.Figure;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class StepByStepFiguresTest {

    private static final String STUDENT = "SmolLM2-135M-Instruct";
    private static final String METRIC = "test_accuracy_pct";

    private final List<ResultRow> rows = new ArrayList<>();

    @Test
    void countsTheParametersOfStudents() {
        assertThat(StepByStepFigures.parameters(30)).isEqualTo(134_515_008);
        assertThat(StepByStepFigures.parameters(20)).isEqualTo(99_114_048);
        assertThat(StepByStepFigures.parameters(10)).isEqualTo(63_713_088);
        assertThatThrownBy(() -> StepByStepFigures.parameters(31))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("SmolLM2-135M has 1 to 30 layers, not 31");
        assertThatThrownBy(() -> StepByStepFigures.parameters(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void drawsOursOverTheirsByExamples() throws IOException {
        add("standard-finetuning", "e-SNLI", "labels=549", 73.1, 1.4);
        add("standard-finetuning", "e-SNLI", "labels=137", 62.0, 2.0);
        add("step-by-step", "e-SNLI", "labels=549 layers=30", 70.4, null);
        add("single-task", "e-SNLI", "labels=549", 68.0, 1.5);

        Figure figure = figure("figure4-esnli.svg");

        assertThat(figure.title()).isEqualTo("e-SNLI, human labels (as Figure 4 of the paper)");
        assertThat(figure.chart().getTitle()).isEqualTo(figure.title());
        assertThat(figure.chart().getYAxisTitle()).isEqualTo("test accuracy in %, ours with 95 % intervals");
        assertThat(figure.chart().getStyler().isXAxisLogarithmic()).isTrue();
        Map<String, XYSeries> series = figure.chart().getSeriesMap();
        String theirs = "\n(T5 220M, read from figure)";
        assertThat(series)
                .containsOnlyKeys(
                        "theirs: standard finetuning" + theirs,
                        "ours: standard finetuning\n(" + STUDENT + ")",
                        "theirs: step-by-step" + theirs,
                        "ours: step-by-step\n(" + STUDENT + ")",
                        "theirs: single-task\n(T5 220M, printed in the paper)",
                        "ours: single-task\n(" + STUDENT + ")");
        XYSeries ours = series.get("ours: standard finetuning\n(" + STUDENT + ")");
        assertThat(ours.getXData()).containsExactly(137, 549);
        assertThat(ours.getYData()).containsExactly(62.0, 73.1);
        assertThat(ours.getExtraValues()).containsExactly(1.96 * 2.0, 1.96 * 1.4);
        assertThat(series.get("ours: step-by-step\n(" + STUDENT + ")").getExtraValues())
                .isNull();
        XYSeries published = series.get("theirs: standard finetuning" + theirs);
        assertThat(published.getXData()).containsExactly(0.125 * 549_367, 0.25 * 549_367, 0.5 * 549_367, 549_367);
        assertThat(published.getYData()).containsExactly(88.24, 88.25, 88.29, 88.38);
        assertThat(published.getLineColor()).isEqualTo(ours.getLineColor());
        assertThat(published.getLineStyle().getDashArray()).isNotNull();
        assertThat(ours.getLineStyle().getDashArray()).isNull();
        XYSeries table2 = series.get("theirs: single-task\n(T5 220M, printed in the paper)");
        assertThat(table2.getXData()).containsExactly(549_367);
        assertThat(table2.getYData()).containsExactly(88.88);
    }

    @Test
    void drawsTheTeachersLevel() throws IOException {
        add("step-by-step", "e-SNLI", "labels=137", 60.0, 1.0);
        row("few-shot-cot", "PaLM 540B", "e-SNLI", "", METRIC, 72.99, 0.45);

        Map<String, XYSeries> series = figure("figure8-esnli.svg").chart().getSeriesMap();

        XYSeries ours = series.get("ours: few-shot CoT\n(PaLM 540B)");
        assertThat(ours.getXData()).containsExactly(137, 0.125 * 549_367);
        assertThat(ours.getYData()).containsExactly(72.99, 72.99);
        XYSeries theirs = series.get("theirs: few-shot CoT\n(PaLM 540B, read from figure)");
        assertThat(theirs.getXData()).containsExactly(ours.getXData());
        assertThat(theirs.getYData()).containsExactly(73.0, 73.0);
        XYSeries sweep = series.get("theirs: step-by-step\n(T5 220M, read from figure)");
        assertThat(sweep.getXData()[0]).isEqualTo(549.367, within(1e-9));
        assertThat(sweep.getYData()).containsExactly(73.6, 89.1);
        assertThat(series).doesNotContainKey("ours: standard finetuning\n(" + STUDENT + ")");
    }

    @Test
    void drawsStudentsBySize() throws IOException {
        add("standard-finetuning", "ANLI", "labels=549", 40.0, 1.0);
        add("standard-finetuning", "ANLI", "labels=549 layers=20", 38.0, 1.0);
        add("standard-finetuning", "ANLI", "labels=137", 36.0, 1.0);
        add("pinto", "ANLI", "labels=549", 60.0, 1.0);
        row("few-shot-cot", "PaLM 540B", "ANLI", "", METRIC, 65.6, 1.5);

        XYChart chart = figure("figure6-anli.svg").chart();

        assertThat(chart.getXAxisTitle()).isEqualTo("millions of parameters needed at test time, logarithmic");
        Map<String, XYSeries> series = chart.getSeriesMap();
        assertPoints(series, "ours: standard finetuning\n(549 examples)", 99.114048, 38.0, 134.515008, 40.0);
        assertPoints(
                series,
                "theirs: standard finetuning\n(all examples, read from figure)",
                220,
                43.6,
                770,
                61.7,
                11_000,
                73.3);
        assertPoints(series, "theirs: few-shot CoT\n(PaLM 540B, read from figure)", 540_000, 65.6);
        assertPoints(series, "ours: few-shot CoT\n(PaLM 540B)", 540_000, 65.6);
        assertPoints(series, "theirs: PINTO\n(all examples, read from figure)", 540_000, 67.0);
        assertPoints(series, "ours: PINTO\n(549 examples)", 540_000, 60.0);
        assertThat(fileNames()).containsExactly("figure4-anli.svg", "figure6-anli.svg", "figure8-anli.svg");
    }

    @Test
    void severalAmountsOfDataBySizeAreSeveralFigures() throws IOException {
        add("standard-distillation", "SVAMP", "fraction=0.25 layers=20", 20.0, 3.0);
        add("standard-distillation", "SVAMP", "fraction=1 layers=20", 40.0, 3.0);
        add("standard-distillation", "SVAMP", "layers=20", 41.0, 3.0);

        assertThat(fileNames())
                .containsExactly(
                        "figure7-svamp-fraction0.25.svg", "figure7-svamp-fraction1.svg", "figure7-svamp-all.svg");
        Map<String, XYSeries> series =
                figure("figure7-svamp-fraction0.25.svg").chart().getSeriesMap();
        assertPoints(series, "ours: standard distillation\n(25 % of the examples)", 99.114048, 20.0);
        assertPoints(series, "theirs: step-by-step, ASDiv added\n(all examples, read from figure)", 11_000, 73.2);
    }

    private static void assertPoints(Map<String, XYSeries> series, String name, double... points) {
        assertThat(series).containsKey(name);
        double[] x = series.get(name).getXData();
        double[] y = series.get(name).getYData();
        assertThat(x).hasSize(points.length / 2);
        for (int i = 0; i < x.length; i++) {
            assertThat(x[i]).isEqualTo(points[2 * i], within(1e-9));
            assertThat(y[i]).isEqualTo(points[2 * i + 1]);
        }
    }

    @Test
    void fractionsOfOursAreOfThePapersTrainingSplit() throws IOException {
        add("step-by-step", "SVAMP", "fraction=0.25", 30.0, 3.0);
        assertThat(figure("figure4-svamp.svg")
                        .chart()
                        .getSeriesMap()
                        .get("ours: step-by-step\n(" + STUDENT + ")")
                        .getXData())
                .containsExactly(180);
    }

    @Test
    void theAxisSaysWhatThePublishedSharesLeaveOpen() throws IOException {
        add("standard-distillation", "e-SNLI", "labels=137", 58.0, 2.0);
        add("standard-distillation", "SVAMP", "labels=720", 40.0, 3.0);

        XYChart captions = figure("figure9-esnli.svg").chart();
        assertThat(captions.getXAxisTitle()).isEqualTo("training examples, logarithmic; theirs begin at about 0.5 %");
        assertThat(captions.getSeriesMap()
                        .get("theirs: standard distillation\n(T5 220M, read from figure)")
                        .getXData()[0])
                .isEqualTo(0.005 * 549_367);
        XYChart problems = figure("figure9-svamp.svg").chart();
        assertThat(problems.getXAxisTitle())
                .isEqualTo("training examples, logarithmic; theirs end with all of ASDiv added");
        assertThat(problems.getSeriesMap()
                        .get("theirs: standard distillation\n(T5 11B, read from figure)")
                        .getXData())
                .containsExactly(720, 720 + 2305);
        assertThat(figure("figure5-esnli.svg").chart().getXAxisTitle()).isEqualTo("training examples, logarithmic");
    }

    @Test
    void whatIsNotThereIsLeftOut() throws IOException {
        row("few-shot-cot", "PaLM 540B", "e-SNLI", "", METRIC, 72.99, 0.45);
        row("step-by-step", STUDENT, "e-SNLI", "labels=137", "tokens", 1e5, null);
        row("step-by-step", STUDENT, "e-SNLI", "labels=275 overlap=none", METRIC, 60.0, 1.0);
        row("step-by-step", STUDENT, "e-SNLI", "", METRIC, 60.0, 1.0);
        row("step-by-step", STUDENT, "tiny world", "labels=137", METRIC, 60.0, 1.0);
        rows.add(ResultRow.of("step-by-step", STUDENT, "e-SNLI", "labels=549", METRIC)
                .withPublished(73.6, null));
        assertThat(fileNames()).as("we trained no student").isEmpty();

        add("step-by-step", "e-SNLI", "labels=1098", 75.0, 1.0);
        assertThat(fileNames()).containsExactly("figure4-esnli.svg", "figure8-esnli.svg");
        assertThat(figure("figure4-esnli.svg")
                        .chart()
                        .getSeriesMap()
                        .get("ours: step-by-step\n(" + STUDENT + ")")
                        .getXData())
                .containsExactly(1098);
    }

    @Test
    void aPointHasOneValue() throws IOException {
        add("step-by-step", "e-SNLI", "labels=137", 60.0, 1.0);
        add("step-by-step", "e-SNLI", "labels=137", 60.0, 1.0);
        assertThat(fileNames()).as("one value against two baselines").hasSize(2);

        add("step-by-step", "e-SNLI", "labels=137", 61.0, 1.0);
        assertThatThrownBy(this::fileNames)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two results of step-by-step on e-SNLI at 'labels=137': 60.0 and 61.0; give the figure one"
                        + " of them");
    }

    @Test
    void everyFigureOfThePaperIsDrawnWhereWeHaveResults() throws IOException {
        for (String dataSet : List.of("e-SNLI", "ANLI", "CQA", "SVAMP")) {
            for (String method : List.of("standard-finetuning", "standard-distillation")) {
                add(method, dataSet, "labels=200", 50.0, 1.0);
                add(method, dataSet, "labels=200 layers=10", 40.0, 1.0);
            }
        }
        List<String> names = new ArrayList<>();
        for (int number = 4; number <= 9; number++) {
            for (String dataSet : List.of("esnli", "anli", "cqa", "svamp")) {
                names.add("figure" + number + "-" + dataSet + ".svg");
            }
        }
        assertThat(fileNames()).isEqualTo(names);
    }

    private void add(String method, String dataSet, String condition, double value, Double error) {
        row(method, STUDENT, dataSet, condition, METRIC, value, error);
    }

    private void row(
            String method,
            String student,
            String dataSet,
            String condition,
            String metric,
            double value,
            Double error) {
        rows.add(new ResultRow(
                method, student, dataSet, condition, metric, null, null, value, error, 1000, 1, null, null, null, null,
                List.of(), ""));
    }

    private List<Figure> figures() throws IOException {
        return StepByStepFigures.of(
                new ResultTable(rows),
                Path.of(System.getProperty("retort.root"), "papers-repro", "published", "step-by-step"));
    }

    private List<String> fileNames() throws IOException {
        return figures().stream().map(Figure::fileName).toList();
    }

    private Figure figure(String fileName) throws IOException {
        return figures().stream()
                .filter(figure -> figure.fileName().equals(fileName))
                .findFirst()
                .orElseThrow();
    }
}
