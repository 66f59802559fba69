package dev.retort.notebook;

import ai.djl.Device;
import dev.retort.papers.Figure;
import dev.retort.papers.Recipes;
import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.papers.stepbystep.StepByStepFigures;
import dev.retort.papers.stepbystep.StepByStepRecipe;
import dev.retort.papers.system2.System2Recipe;
import dev.retort.report.Charts;
import dev.retort.report.ResultTable;
import dev.retort.run.Interrupt;
import dev.retort.run.MetricLog;
import dev.retort.run.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;

/** Runs of recipes from a cell: what is done already is kept, and a cell that was stopped goes on when it is run again. */
public final class Runs {

    private Runs() {}

    /** The folder of a recipe's run, target/runs/PAPER/RECIPE below the working folder; delete it to start anew. */
    public static Path folder(String paper, String recipe) throws IOException {
        Path folder = Path.of("target", "runs", paper, recipe);
        // Its answer is absolute where it made something, and a notebook's outputs name no machine's folders.
        Files.createDirectories(folder);
        return folder;
    }

    /**
     * How a cell runs a recipe: on the CPU, going on from what the folder holds, until the cell is stopped.
     *
     * @param recipe tiny, small or paper
     * @param overrides key=value of the recipe
     * @param seeds of the rows; empty for the recipe's own
     * @param stages to run; empty for all
     */
    public static RunOptions options(
            String recipe,
            Path folder,
            List<String> overrides,
            List<Integer> seeds,
            Set<Stage> stages,
            ProgressListener... progress) {
        return new RunOptions(
                recipe,
                folder,
                overrides,
                stages,
                seeds,
                RowFilter.ALL,
                List.of(),
                true,
                Device.cpu(),
                null,
                "notebook",
                true,
                Interrupt.onThread(),
                List.of(progress));
    }

    /**
     * Runs Distilling step-by-step so far as the options ask for it.
     *
     * @throws InterruptedException if the cell was stopped; run again, it goes on
     */
    public static void stepByStep(RunOptions options) throws IOException, InterruptedException {
        if (!StepByStepRecipe.run(options)) {
            throw new InterruptedException("stopped; run the cell again to go on");
        }
    }

    /**
     * Runs Distilling System 2 into System 1 so far as the options ask for it.
     *
     * @throws InterruptedException if the cell was stopped; run again, it goes on
     */
    public static void system2(RunOptions options) throws IOException, InterruptedException {
        if (!System2Recipe.run(options)) {
            throw new InterruptedException("stopped; run the cell again to go on");
        }
    }

    /** The table of a run folder. */
    public static ResultTable table(Path folder) throws IOException {
        return ResultTable.read(folder.resolve("table.csv"));
    }

    /** The losses of a run's rows of one seed, without trials and controls by noise, over the steps. */
    public static XYChart losses(Path folder, int seed) throws IOException {
        Map<String, Path> logs = new TreeMap<>();
        try (Stream<Path> rows = Files.list(folder.resolve("rows"))) {
            for (Path row : rows.toList()) {
                String name = row.getFileName().toString();
                boolean isShown = name.endsWith("." + seed) && !name.contains("-trial-") && !name.contains("noise");
                if (isShown && Files.exists(row.resolve(MetricLog.FILE))) {
                    logs.put(name.substring(0, name.lastIndexOf('.')), row.resolve(MetricLog.FILE));
                }
            }
        }
        return Charts.metric(logs, "loss");
    }

    /** The table that was measured by the protocol and is committed with the project: every seed, with its intervals. */
    public static ResultTable measured(String paper, String recipe) throws IOException {
        return table(Recipes.results(paper).resolve(recipe));
    }

    /** The sweeps of a table, drawn like the paper's figures 4 to 9, ours over theirs. */
    public static List<Figure> figures(ResultTable table) throws IOException {
        return StepByStepFigures.of(table, Recipes.published(StepByStepRecipe.PAPER));
    }
}
