package dev.retort.cli;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Precision;
import dev.retort.pipelines.AnswerReader;
import dev.retort.pipelines.PerturbJob;
import dev.retort.pipelines.PerturbOutcome;
import dev.retort.pipelines.PerturbRequest;
import dev.retort.pipelines.PerturbSpec;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.pipelines.VoteFactory;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.beam.sdk.options.PipelineOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort sample}: asks a teacher. */
@Command(
        name = "sample",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks a teacher questions, with Apache Beam: OUT/samples.jsonl has the answers, OUT/failures.jsonl what"
                    + " was not answered and why, OUT/malformed.jsonl the lines of F that are no questions.",
            "",
            "An answer that is on disk is never asked for again: the same command resumes after a stop, a kill or a"
                    + " raised budget, and asks for failed ones anew."
        },
        footer = {
            "",
            "Questions: JSON Lines of {\"id\", \"task\", \"messages\": [{\"role\", \"content\"}], \"reference\"?}.",
            "The key of an openai teacher is read from OPENAI_API_KEY and written nowhere.",
            "",
            "Examples:",
            "  retort sample --questions q.jsonl --out runs/mine --teacher openai:gpt-4o-mini --samples 5"
                    + " --temperature 0.7",
            "  retort sample --questions q.jsonl --out runs/mine --teacher openai:qwen --base-url"
                    + " http://localhost:8000/v1 \\",
            "      --method rar-2-step --answer letters --samples 5 --vote strict -- --runner=FlinkRunner",
            "  retort sample --questions q.jsonl --out runs/pirate --teacher local:models/SmolLM2-135M \\",
            "      --system-prompt pirate.txt"
        })
final class SampleCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Option(names = "--questions", paramLabel = "F", required = true, description = "JSON Lines of questions")
    private Path questions;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder of the rows")
    private Path out;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of each question. Default: ${DEFAULT-VALUE}")
    private int samples;

    @Mixin
    private AskOptions ask;

    @Option(
            names = "--prompt",
            paramLabel = "NAME",
            description =
                    "A prompt of the papers around each question, zero-shot-cot for instance. Default: messages are"
                            + " sent as they stand")
    private String prompt;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "Several calls for one answer: rar-1-step, rar-2-step, s2a, bsm, cot. Default: one call")
    private String method;

    @Mixin
    private ContextOptions context;

    @Option(
            names = "--answer",
            paramLabel = "RULE",
            description = "How an answer is cut from a completion: whole, last-number, yes-no, letters, choice, boxed,"
                    + " verdict, short. Default: none is cut")
    private String answer;

    @Option(
            names = "--vote",
            paramLabel = "strict|plurality|FRACTION",
            description = "Stop asking about a question once the vote over its N samples cannot change; needs answers")
    private String vote;

    @Option(
            names = "--perturb",
            paramLabel = "KIND[:K],...",
            description = "Asks K variants of each question as well, 1 where none is given, and writes all to"
                    + " OUT/questions.jsonl for retort filter --by perturbation: option-reorder, name-swap,"
                    + " clause-reorder, response-order-swap, rephrase (the teacher finds the words). Drawn by --seed, else"
                    + " by 0")
    private String perturb;

    @Option(names = "--fail-on-failures", description = "Exit with 1 where a pair was not answered")
    private boolean failOnFailures;

    @Mixin
    private BeamRun beam;

    @Override
    public Integer call() throws Exception {
        Precision precision = common.applyWithDtype();
        SampleRequest request = AskOptions.usage(
                        "--samples", () -> SampleRequest.of(questions, out, ask.factory(out, precision))
                                .withSamples(samples))
                .withParams(ask.params())
                .withSettings(ask.settings());
        AnswerCut cut = answer == null ? null : AskOptions.usage("--answer", () -> AnswerCut.of(answer));
        if (cut != null) {
            request = request.withAnswers(AnswerReader.of(cut));
        }
        if (method != null) {
            System2Method chosen = AskOptions.usage("--method", () -> System2Method.of(method));
            if (cut == null) {
                throw new UsageException("--method needs --answer: how the final answer is cut from what it gives");
            }
            request = request.withMethod(TeacherWrapper.of(chosen, cut));
        }
        String systemPrompt = context.systemPrompt();
        if (systemPrompt != null) {
            if (method != null || ask.batchApi()) {
                throw new UsageException("--system-prompt goes with neither --method nor --batch-api");
            }
            request = request.withMethod(TeacherWrapper.ofContext(systemPrompt, context.isFirstTurnOnly()));
        }
        if (ask.batchApi() && (method != null || vote != null || perturb != null)) {
            throw new UsageException(
                    "--batch-api asks every question once: it goes with neither --method nor --vote nor --perturb");
        }
        if (vote != null) {
            request = request.withVote(AskOptions.usage("--vote", () -> VoteFactory.of(vote)));
        }
        if (prompt != null) {
            AskOptions.usage("--prompt", () -> PromptTemplate.named(prompt));
            request = request.withPrompt(prompt);
        }
        SampleRequest whole = request;
        List<PerturbSpec> kinds =
                perturb == null ? null : AskOptions.usage("--perturb", () -> PerturbSpec.parse(perturb));
        Asked asked = beam.run(
                "ask", out, common.quiet(), (options, listener) -> ask(whole.withProgress(listener), kinds, options));
        if (asked == null) {
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().println(asked.summary());
        spec.commandLine().getOut().flush();
        SampleOutcome outcome = asked.outcome();
        if (outcome.overBudget() > 0) {
            AskOptions.reportOverBudget(outcome.overBudget(), "pairs", out);
            return Retort.FAILED;
        }
        return failOnFailures && outcome.failed() > 0 ? Retort.FAILED : Retort.DONE;
    }

    /** What was done, and the line that says so. */
    private record Asked(String summary, SampleOutcome outcome) {}

    private Asked ask(SampleRequest request, List<PerturbSpec> kinds, PipelineOptions options)
            throws IOException, InterruptedException {
        if (kinds == null) {
            SampleOutcome outcome = SampleJob.run(request, options);
            return new Asked(outcome.summary(), outcome);
        }
        Long seed = ask.params().seed();
        PerturbOutcome outcome =
                PerturbJob.run(PerturbRequest.of(request, kinds).withSeed(seed == null ? 0 : seed), options);
        return new Asked(outcome.summary(), outcome.asking());
    }
}
