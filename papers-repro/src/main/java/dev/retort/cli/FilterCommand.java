package dev.retort.cli;

import dev.retort.filter.FilterSpec;
import dev.retort.pipelines.FilterJob;
import dev.retort.pipelines.FilterOutcome;
import dev.retort.pipelines.FilterPlan;
import dev.retort.pipelines.FilterRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort filter}: keeps samples, or rejects them with a reason. */
@Command(
        name = "filter",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Judges samples, with Apache Beam: OUT/kept.jsonl has those to train on, OUT/rejected.jsonl the others with"
                    + " the reason in each row, OUT/malformed.jsonl lines of the files that are no rows.",
            "",
            "Prints how many were kept and why the others were not; where the questions have references, which no"
                    + " filter but the one named reference reads, also how many of the kept samples are right."
        },
        footer = {
            "",
            "Filters, between commas; the first that rejects a sample gives the reason:",
            "  output-consistency   the answer that most samples of the question give (rule=strict|plurality|FRACTION,"
                    + " answer=text|number|math, samples=N asked for)",
            "  perturbation         the same answer to every variant of the question (the same, variant-samples=N,"
                    + " not-perturbed=reject|keep)",
            "  reference            the reference (answer=text|number|math)",
            "  format, truncated    has an answer; did not meet the token limit",
            "  length:LEAST-MOST    words",
            "  near-duplicate       no question like one of --evaluation (n=8, threshold=0.8)",
            "  decontamination      no question of --evaluation, other numbers included (masked=yes, n=8,"
                    + " threshold=0.8)",
            "",
            "Examples:",
            "  retort filter --samples runs/mine/samples.jsonl --out runs/mine \\",
            "      --by truncated,output-consistency:rule=0.6:answer=number",
            "  retort filter --samples runs/mine/samples.jsonl --questions runs/mine/questions.jsonl --out runs/mine"
                    + " \\",
            "      --by perturbation,decontamination --evaluation test.jsonl -- --runner=FlinkRunner"
        })
final class FilterCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Option(names = "--samples", paramLabel = "F", required = true, description = "JSON Lines of samples")
    private Path samples;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder of the rows")
    private Path out;

    @Option(names = "--by", paramLabel = "FILTERS", required = true, description = "See below")
    private String by;

    @Option(
            names = "--questions",
            paramLabel = "F",
            description = "The questions that were asked, for perturbation with their variants. Default: what the"
                    + " samples say was sent, without references")
    private Path questions;

    @Option(
            names = "--evaluation",
            paramLabel = "F",
            description = "Questions to compare with, JSON Lines; may be repeated")
    private List<Path> evaluation = new ArrayList<>();

    @Mixin
    private BeamRun beam;

    @Override
    public Integer call() throws Exception {
        common.apply();
        FilterPlan plan = AskOptions.usage("--by", () -> FilterPlan.of(FilterSpec.parse(by), evaluation));
        FilterRequest request = AskOptions.usage("--questions", () -> new FilterRequest(samples, questions, plan, out));
        FilterOutcome outcome =
                beam.run("filter", out, common.quiet(), (options, listener) -> FilterJob.run(request, options));
        if (outcome == null) {
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().println(outcome.summary());
        spec.commandLine().getOut().flush();
        return Retort.DONE;
    }
}
