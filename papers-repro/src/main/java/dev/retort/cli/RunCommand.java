package dev.retort.cli;

import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.papers.Stage;
import dev.retort.papers.minillm.MiniLlmRecipe;
import dev.retort.papers.stepbystep.StepByStepRecipe;
import dev.retort.papers.system2.System2Recipe;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a paper's recipe into a run folder. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a paper's recipe into a run folder: ask, filter, compose, train, evaluate, report.",
            "Rows (method x size x seed) that are there already are not run again."
        },
        footer = {
            "",
            "Examples:",
            "  retort run step-by-step",
            "  retort run step-by-step --seeds 0-4 --out runs/step-by-step/five",
            "  retort run step-by-step --set training.max_steps=200 --only ask,filter,compose",
            "  retort run step-by-step --recipe small --resume --rows '*.svamp-fold-*'",
            "  retort run step-by-step -- --runner=FlinkRunner"
        })
final class RunCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Parameters(
            index = "0",
            paramLabel = "PAPER",
            description = "step-by-step, system2 or minillm; retort papers lists them")
    private String paper;

    @Parameters(
            index = "1..*",
            paramLabel = "BEAM",
            description =
                    "Beam's own flags, after --, for what is asked and filtered: --runner=FlinkRunner for instance")
    private List<String> beam = new ArrayList<>();

    @Option(
            names = "--recipe",
            paramLabel = "tiny|small|paper",
            defaultValue = "tiny",
            description = "Or the path of a YAML file. Default: ${DEFAULT-VALUE}")
    private String recipe;

    @Option(names = "--out", paramLabel = "DIR", description = "The run folder. Default: runs/PAPER/RECIPE")
    private Path out;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a key of the recipe; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Option(
            names = "--only",
            paramLabel = "STAGE",
            split = ",",
            description = "Only these: ask, filter, compose, train, evaluate, report")
    private List<String> only = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "N", description = "The rows' seed. Default: as the recipe says, else 0")
    private Integer seed;

    @Option(names = "--seeds", paramLabel = "0-4", description = "Several seeds: a range or a list such as 0,2,5")
    private String seeds;

    @Option(
            names = "--rows",
            paramLabel = "GLOB",
            split = ",",
            description =
                    "Only rows whose name, method.size.seed, matches; no report then. Several machines can so share"
                            + " a recipe, a folder each, whose rows/ are put together afterwards")
    private List<String> rows = new ArrayList<>();

    @Option(names = "--resume", description = "Go on with what the folder holds")
    private boolean resume;

    @Option(names = "--dry-run", description = "Prints the resolved configuration and the plan, runs nothing")
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        // A flag that is none is said before anything runs.
        BeamRun.options(beam);
        Path folder = out != null
                ? out
                : Path.of("runs", paper, Path.of(recipe).getFileName().toString());
        return run(
                common,
                spec,
                paper,
                recipe,
                folder,
                overrides,
                stages(only),
                seeds(seed, seeds),
                rows(rows),
                beam,
                resume,
                dryRun);
    }

    static int run(
            Common common,
            CommandSpec spec,
            String paper,
            String recipe,
            Path folder,
            List<String> overrides,
            Set<Stage> stages,
            List<Integer> seeds,
            RowFilter rows,
            List<String> beam,
            boolean resume,
            boolean dryRun)
            throws IOException, InterruptedException {
        requireRecipe(paper);
        try (Interrupt interrupt =
                Interrupt.onSignals(() -> System.err.println("\nretort: stopping after the step in hand ..."))) {
            RunOptions options = new RunOptions(
                    recipe,
                    folder,
                    overrides,
                    stages,
                    seeds,
                    rows,
                    beam,
                    resume,
                    common.device(),
                    common.threads(),
                    "retort "
                            + String.join(
                                    " ", spec.commandLine().getParseResult().originalArgs()),
                    common.quiet(),
                    interrupt,
                    List.of());
            if (dryRun) {
                spec.commandLine()
                        .getOut()
                        .print(
                                switch (paper) {
                                    case StepByStepRecipe.PAPER -> StepByStepRecipe.describe(options);
                                    case System2Recipe.PAPER -> System2Recipe.describe(options);
                                    default -> MiniLlmRecipe.describe(options);
                                });
                spec.commandLine().getOut().flush();
                return Retort.DONE;
            }
            Folders.requireEmptyUnless(resume, folder);
            boolean done =
                    switch (paper) {
                        case StepByStepRecipe.PAPER -> StepByStepRecipe.run(options);
                        case System2Recipe.PAPER -> System2Recipe.run(options);
                        default -> MiniLlmRecipe.run(options);
                    };
            if (!done) {
                System.err.println("retort: stopped; go on with the same command and --resume --out " + folder);
                return Folders.INTERRUPTED;
            }
        }
        if (!rows.isAll()) {
            if (!rows.hasMatched()) {
                throw new UsageException("--rows: no row of the recipe matches; retort run --dry-run lists them");
            }
            return Retort.DONE;
        }
        Path table = folder.resolve("table.md");
        if (Files.exists(table)) {
            spec.commandLine().getOut().print(Files.readString(table));
            spec.commandLine().getOut().flush();
        }
        return Retort.DONE;
    }

    private static void requireRecipe(String paper) {
        if (!List.of(StepByStepRecipe.PAPER, System2Recipe.PAPER, MiniLlmRecipe.PAPER)
                .contains(paper)) {
            throw new UsageException("there is no recipe for '" + paper + "' yet; retort papers lists what there is");
        }
    }

    private static RowFilter rows(List<String> globs) {
        try {
            return RowFilter.of(globs.stream().map(String::strip).toList());
        } catch (IllegalArgumentException e) {
            throw new UsageException("--rows: " + e.getMessage());
        }
    }

    private static Set<Stage> stages(List<String> names) {
        Set<Stage> stages = EnumSet.noneOf(Stage.class);
        for (String name : names) {
            stages.add(Arrays.stream(Stage.values())
                    .filter(stage -> stage.title().equals(name.strip()))
                    .findFirst()
                    .orElseThrow(() -> new UsageException("--only: there is no stage '" + name + "'; stages: "
                            + Arrays.stream(Stage.values()).map(Stage::title).collect(Collectors.joining(", ")))));
        }
        return stages;
    }

    /** The seeds of {@code --seed} or {@code --seeds}; none where neither is given. */
    static List<Integer> seeds(Integer one, String several) {
        if (several == null) {
            return one == null ? List.of() : List.of(one);
        }
        if (one != null) {
            throw new UsageException("give --seed or --seeds, not both");
        }
        List<Integer> list = new ArrayList<>();
        for (String part : several.split(",", -1)) {
            String[] ends = part.strip().split("-", -1);
            try {
                int from = Integer.parseInt(ends[0]);
                int to = ends.length == 2 ? Integer.parseInt(ends[1]) : from;
                if (ends.length > 2 || to < from || to - from > 999) {
                    throw new NumberFormatException();
                }
                for (int value = from; value <= to; value++) {
                    if (!list.contains(value)) {
                        list.add(value);
                    }
                }
            } catch (NumberFormatException e) {
                throw new UsageException("--seeds " + several + ": give a range such as 0-4 or a list such as 0,2,5");
            }
        }
        return list;
    }
}
