package dev.retort.papers;

import ai.djl.Device;
import dev.retort.run.Interrupt;
import dev.retort.run.ProgressListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How a recipe is run.
 *
 * @param recipe tiny, small or paper, or the path of a recipe file
 * @param out the run folder
 * @param overrides key=value, dotted keys
 * @param stages to run; empty for all
 * @param seeds of the rows; empty for the recipe's own
 * @param rows that are wanted
 * @param beam flags of Beam for what is asked and filtered, {@code --runner=FlinkRunner} for instance
 * @param resume whether what is in the run folder already is kept and gone on from
 * @param device where models run
 * @param threads of tensor operations; null leaves it to the recipe
 * @param command as it was given, for the record
 * @param quiet no progress on stderr
 * @param interrupt polled between steps; it ends an asking at once
 * @param listeners told of progress
 */
public record RunOptions(
        String recipe,
        Path out,
        List<String> overrides,
        Set<Stage> stages,
        List<Integer> seeds,
        RowFilter rows,
        List<String> beam,
        boolean resume,
        Device device,
        Integer threads,
        String command,
        boolean quiet,
        Interrupt interrupt,
        List<ProgressListener> listeners) {

    public RunOptions {
        overrides = List.copyOf(overrides);
        stages = Set.copyOf(stages);
        seeds = List.copyOf(seeds);
        beam = List.copyOf(beam);
        listeners = List.copyOf(listeners);
    }

    /** Beam's flags as its jobs take them. */
    public String[] beamFlags() {
        return beam.toArray(new String[0]);
    }

    /** Whether a stage is to run. Where not every row is wanted there is no report, unless it is asked for by name. */
    public boolean runs(Stage stage) {
        return stages.isEmpty() ? stage != Stage.REPORT || rows.isAll() : stages.contains(stage);
    }

    /**
     * Asks, showing how far it has come.
     *
     * @param label of the progress line
     * @throws InterruptedException where it was ended before it was done
     */
    public <T> T asking(String label, AskingProgress.Asking<T> asking) throws IOException, InterruptedException {
        return AskingProgress.of(label, quiet, listeners, interrupt, asking);
    }

    /** Threads of tensor operations: as asked for, else the recipe's, else all cores. */
    public int threadsOr(Integer recipes) {
        if (threads != null) {
            return threads;
        }
        return recipes != null ? recipes : Runtime.getRuntime().availableProcessors();
    }
}
