package dev.retort.cli;

import dev.retort.papers.RowFilter;
import dev.retort.papers.stepbystep.StepByStepRecipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Walks the whole road on the embedded default. */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description = {
            "Walks the whole road once: a scripted teacher, a student made from scratch, one result table.",
            "No download, no key, no GPU; a few minutes on 2 cores. The same as: retort run step-by-step --resume"
        })
final class QuickstartCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "runs/step-by-step/quickstart",
            description = "The run folder. Default: ${DEFAULT-VALUE}")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        int status = RunCommand.run(
                common,
                spec,
                StepByStepRecipe.PAPER,
                "tiny",
                out,
                List.of(),
                Set.of(),
                List.of(0),
                RowFilter.ALL,
                List.of(),
                true,
                false);
        if (status == Retort.DONE) {
            System.err.println(
                    "retort: every step of the road is a file in " + out + "; see its train.jsonl and rows/");
        }
        return status;
    }
}
