package dev.retort.papers.system2;

import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.Question;
import dev.retort.eval.Evaluation;
import dev.retort.papers.Figure;
import dev.retort.papers.RowRun;
import dev.retort.report.PairedEffect;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The tiny recipe's table: every row against System 1, paired by question over all seeds; chains also by their length. */
final class TinyReport {

    private static final String STUDENT = "LLaMA from scratch";

    private final Path out;
    private final TinyConfig config;
    private final List<Integer> seeds;

    TinyReport(Path out, TinyConfig config) throws IOException {
        this.out = out;
        this.config = config;
        seeds = RowRun.seeds(out, System2Recipe.baseName());
        if (seeds.isEmpty()) {
            throw new NoSuchFileException(out.resolve("rows").toString(), null, "there is no row to report");
        }
    }

    void write() throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (TinyTask task : config.worlds()) {
            List<Question> questions = task.tests(config.testSize());
            int[] all = IntStream.range(0, questions.size()).toArray();
            for (System2Row row : System2Row.values()) {
                add(rows, task, row, all, "all");
            }
            if (task instanceof TinyChain) {
                for (int moves = 1; moves <= TinyChain.MOST; moves++) {
                    int length = moves;
                    int[] items = IntStream.of(all)
                            .filter(i -> questions
                                            .get(i)
                                            .extra()
                                            .get(TinyChain.MOVES)
                                            .asInt()
                                    == length)
                            .toArray();
                    for (System2Row row : System2Row.values()) {
                        add(rows, task, row, items, moves + (moves == 1 ? " move" : " moves"));
                    }
                }
            }
        }
        ResultTable table = new ResultTable(rows);
        AtomicFiles.writeText(out.resolve("table.csv"), table.toCsv());
        AtomicFiles.writeText(out.resolve("table.md"), table.toMarkdown());
        if (config.worlds().stream().anyMatch(TinyChain.class::isInstance)) {
            new Figure("chain-depth.svg", "Accuracy over the number of moves", DepthSweep.of(table))
                    .write(out.resolve("figures"));
        }
    }

    private void add(List<ResultRow> rows, TinyTask task, System2Row row, int[] items, String condition)
            throws IOException {
        Map<Integer, double[]> ours = scores(task, row, items);
        if (ours.isEmpty()) {
            return;
        }
        List<String> names = ours.keySet().stream()
                .map(seed -> System2Recipe.rowName(row, task, seed))
                .toList();
        int[] clusters =
                task instanceof TinyJudge ? IntStream.of(items).map(i -> i / 2).toArray() : null;
        ResultRow result = ResultRow.of(
                        row.title()
                                + (row == System2Row.SYSTEM_2
                                        ? " (" + task.method().title() + ")"
                                        : ""),
                        STUDENT,
                        task.name() + " (tiny)",
                        condition,
                        "test_accuracy_pct")
                .withOurs(PairedEffect.mean(ours, clusters).times(100))
                .withRows(names)
                .withNote(condition.equals("all") ? note(task, row, ours) : "");
        Map<Integer, double[]> baseline = scores(task, System2Row.SYSTEM_1, items);
        if (row != System2Row.SYSTEM_1 && baseline.keySet().equals(ours.keySet())) {
            result = result.withEffect(PairedEffect.of(ours, baseline, clusters).times(100));
        }
        rows.add(result);
    }

    private Map<Integer, double[]> scores(TinyTask task, System2Row row, int[] items) throws IOException {
        Map<Integer, double[]> bySeed = new TreeMap<>();
        for (int seed : seeds) {
            Path file = RowRun.evaluation(out, System2Recipe.rowName(row, task, seed), task.name());
            if (Files.exists(file)) {
                double[] all = Evaluation.read(file).scores();
                bySeed.put(seed, IntStream.of(items).mapToDouble(i -> all[i]).toArray());
            }
        }
        return bySeed;
    }

    private String note(TinyTask task, System2Row row, Map<Integer, double[]> ours) throws IOException {
        double tokens = 0;
        for (int seed : ours.keySet()) {
            tokens += RowRun.tokensPerAnswer(out, System2Recipe.rowName(row, task, seed)) / ours.size();
        }
        String note = String.format(Locale.ROOT, "%.1f tokens an answer", tokens);
        if (row == System2Row.DISTILLED || row == System2Row.UNFILTERED) {
            note += "; " + precision(task, row, ours);
        }
        return row == System2Row.GOLD ? note + "; ours, not in the paper" : note;
    }

    /** How many questions were learnt from, and the part of them whose answer was right. */
    private String precision(TinyTask task, System2Row row, Map<Integer, double[]> ours) throws IOException {
        Map<String, String> right = new HashMap<>();
        for (Question question : task.unlabelled(config.unlabelled())) {
            right.put(question.id(), task.target(question.reference()));
        }
        int learnt = 0;
        int rightLearnt = 0;
        for (int seed : ours.keySet()) {
            for (Example example : System2Recipe.examples(out, task, row, seed)) {
                String answer = example.completion().strip();
                learnt++;
                rightLearnt +=
                        System2Recipe.same(answer, right.get(example.from().get(0))) ? 1 : 0;
            }
        }
        return String.format(
                Locale.ROOT,
                "%.0f of %d questions learnt from, %.1f %% of them right",
                (double) learnt / ours.size(),
                config.unlabelled(),
                100.0 * rightLearnt / Math.max(1, learnt));
    }
}
