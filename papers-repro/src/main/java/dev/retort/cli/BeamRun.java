package dev.retort.cli;

import dev.retort.papers.AskingProgress;
import dev.retort.pipelines.ProgressBoard;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import picocli.CommandLine.Parameters;

/** What commands that run a pipeline have in common: Beam's flags, progress, and Ctrl-C. */
final class BeamRun {

    /** A pipeline's run. */
    @FunctionalInterface
    interface Job<T> {
        T run(PipelineOptions options, ProgressBoard.Listener listener) throws IOException, InterruptedException;
    }

    @Parameters(paramLabel = "BEAM", description = "Beam's own flags, after --, --runner=FlinkRunner for instance")
    private List<String> flags = new ArrayList<>();

    /**
     * What flags of Beam say.
     *
     * @throws UsageException where they are none
     */
    static PipelineOptions options(List<String> flags) {
        try {
            PipelineOptions options = PipelineOptionsFactory.fromArgs(flags.toArray(new String[0]))
                    .create();
            options.as(DirectOptions.class);
            return options;
        } catch (IllegalArgumentException e) {
            throw new UsageException("Beam's flags: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    /**
     * Runs a job; Ctrl-C ends it in good order.
     *
     * @param label of the progress line
     * @return the job's result, or null where it was interrupted
     */
    <T> T run(String label, Path out, boolean quiet, Job<T> job) throws IOException {
        PipelineOptions options = options(flags);
        try (Interrupt interrupt = Interrupt.onSignals(() -> System.err.println("\nretort: stopping ..."))) {
            return AskingProgress.of(label, quiet, List.of(), interrupt, shown -> job.run(options, shown));
        } catch (InterruptedException e) {
            System.err.println("retort: stopped; what was answered is kept in " + out
                    + ": the same command again goes on from there");
            return null;
        }
    }
}
