package dev.retort.cli;

import dev.retort.pipelines.ParquetSignals;
import dev.retort.pipelines.SignalRow;
import dev.retort.signal.SignalKey;
import dev.retort.signal.SignalStore;
import dev.retort.signal.TopKLogProbs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Stores of teacher signals. */
@Command(
        name = "signals",
        mixinStandardHelpOptions = true,
        description = "Brings stored log-probabilities of a teacher to other tools.",
        subcommands = SignalsCommand.ExportCommand.class)
final class SignalsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "give what to do: export");
    }

    /** Writes a store as Parquet. */
    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description =
                    "Writes the teacher signals of a folder as Parquet, a row a position: key, position, ids, logprobs,"
                            + " outside_mass.",
            footer = {"", "Example:", "  retort signals export runs/mine/signals signals.parquet"})
    static final class ExportCommand implements Callable<Integer> {

        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "DIR", description = "The folder of the store")
        private Path folder;

        @Parameters(
                index = "1",
                paramLabel = "FILE.parquet",
                description = "The file to write; an older one is replaced")
        private Path file;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            common.apply();
            try (SignalStore store = SignalStore.openToRead(folder)) {
                List<SignalKey> keys = store.keys();
                long rows = ParquetSignals.write(
                        file, keys.stream().flatMap(key -> rows(store, key)).iterator());
                if (store.damaged() > 0) {
                    spec.commandLine()
                            .getErr()
                            .println(folder + ": " + store.damaged() + " lines of the index are torn, or their shard is"
                                    + " damaged; their signals are not in the file");
                    spec.commandLine().getErr().flush();
                }
                spec.commandLine().getOut().println(file + ": " + rows + " rows of " + keys.size() + " signals");
                spec.commandLine().getOut().flush();
            }
            return Retort.DONE;
        }

        private static Stream<SignalRow> rows(SignalStore store, SignalKey key) {
            TopKLogProbs signal;
            try {
                signal = store.get(key).orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return IntStream.range(0, signal.positions()).mapToObj(position -> row(key, position, signal));
        }

        private static SignalRow row(SignalKey key, int position, TopKLogProbs signal) {
            List<Integer> ids = new ArrayList<>(signal.k());
            List<Float> logProbs = new ArrayList<>(signal.k());
            for (int i = position * signal.k(); i < (position + 1) * signal.k(); i++) {
                ids.add(signal.ids()[i]);
                logProbs.add(signal.logProbs()[i]);
            }
            return new SignalRow(key.hex(), position, ids, logProbs, signal.outsideMass(position));
        }
    }
}
