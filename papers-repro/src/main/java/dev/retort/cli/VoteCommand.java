package dev.retort.cli;

import dev.retort.filter.AnswerForm;
import dev.retort.pipelines.VoteJob;
import dev.retort.pipelines.VoteOutcome;
import dev.retort.pipelines.VoteRequest;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort vote}: the answer that most samples of a question give. */
@Command(
        name = "vote",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Votes over the answers of every question's samples, with Apache Beam: OUT/votes.jsonl has a row a"
                    + " question, {\"id\", \"task\", \"answer\", \"votes\", \"total\", \"agreement\"}, whose answer is"
                    + " null where none wins; OUT/malformed.jsonl the lines of F that are no samples.",
            "",
            "Truncated samples vote for nothing but count in the total; samples of variants are left out. A tie is"
                    + " never broken."
        },
        footer = {
            "",
            "Example:",
            "  retort vote --samples runs/mine/samples.jsonl --out runs/mine --rule strict --answer number --asked 5"
        })
final class VoteCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Option(names = "--samples", paramLabel = "F", required = true, description = "JSON Lines of samples")
    private Path samples;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder of the rows")
    private Path out;

    @Option(
            names = "--rule",
            paramLabel = "strict|plurality|FRACTION",
            required = true,
            description = "More than half of the samples, more than any other answer, or at least a fraction of them")
    private String rule;

    @Option(
            names = "--answer",
            paramLabel = "text|number|math",
            defaultValue = "text",
            description = "Which answers are one. Default: ${DEFAULT-VALUE}")
    private String answer;

    @Option(
            names = "--asked",
            paramLabel = "N",
            defaultValue = "0",
            description = "Samples of each question that were asked for: those that failed count as without an answer."
                    + " Default: those there are")
    private int asked;

    @Mixin
    private BeamRun beam;

    @Override
    public Integer call() throws Exception {
        common.apply();
        AnswerForm form = AskOptions.usage("--answer", () -> AnswerForm.fromName(answer));
        VoteRequest voted = AskOptions.usage("--rule", () -> VoteRequest.of(samples, out, rule, form));
        VoteRequest request = AskOptions.usage("--asked", () -> voted.withSamplesAsked(asked));
        VoteOutcome outcome =
                beam.run("vote", out, common.quiet(), (options, listener) -> VoteJob.run(request, options));
        if (outcome == null) {
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().println(outcome.summary());
        spec.commandLine().getOut().flush();
        return Retort.DONE;
    }
}
