package dev.retort.cli;

import dev.retort.answer.AnswerCut;
import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.pipelines.AnswerReader;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.VoteFactory;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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
            "      --method rar-2-step --answer letters --samples 5 --vote strict -- --runner=FlinkRunner"
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

    @Option(names = "--fail-on-failures", description = "Exit with 1 where a pair was not answered")
    private boolean failOnFailures;

    @Parameters(paramLabel = "BEAM", description = "Beam's own flags, after --, --runner=FlinkRunner for instance")
    private List<String> beam = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        common.apply();
        SampleRequest request = AskOptions.usage("--samples", () -> SampleRequest.of(questions, out, ask.factory())
                        .withSamples(samples))
                .withParams(ask.params())
                .withSettings(ask.settings());
        AnswerCut cut = answer == null ? null : AskOptions.usage("--answer", () -> AnswerCut.of(answer));
        if (cut != null) {
            request = request.withAnswers(reader(cut));
        }
        if (method != null) {
            System2Method chosen = AskOptions.usage("--method", () -> System2Method.of(method));
            if (cut == null) {
                throw new UsageException("--method needs --answer: how the final answer is cut from what it gives");
            }
            request = request.withMethod(teacher -> chosen.around(teacher, cut));
        }
        if (vote != null) {
            VoteFactory votes = vote(vote);
            request = request.withVote(votes);
        }
        if (prompt != null) {
            AskOptions.usage("--prompt", () -> PromptTemplate.named(prompt));
            request = request.withPrompt(prompt);
        }
        SampleRequest whole = request;
        SampleOutcome outcome = BeamRun.run(
                "ask",
                out,
                beam,
                common.quiet(),
                (options, listener) -> SampleJob.run(whole.withProgress(listener), options));
        if (outcome == null) {
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().println(outcome.summary());
        spec.commandLine().getOut().flush();
        if (outcome.overBudget() > 0) {
            System.err.println("retort: the budget ended before " + outcome.overBudget() + " pairs of "
                    + out.resolve(SampleJob.FAILURES) + "; raise it and run the same command again");
            return Retort.FAILED;
        }
        return failOnFailures && outcome.failed() > 0 ? Retort.FAILED : Retort.DONE;
    }

    static AnswerReader reader(AnswerCut cut) {
        return (Question question, TeacherSample sample) -> sample.withAnswer(
                sample.rationale(), cut.cut(sample.text(), question.choices()).orElse(null));
    }

    static VoteFactory vote(String text) {
        switch (text) {
            case "strict":
                return () -> new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
            case "plurality":
                return () -> new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);
            default:
                double fraction =
                        AskOptions.usage("--vote", () -> new VoteRule.AtLeast(Double.parseDouble(text)).fraction());
                return () -> new MajorityVote(new VoteRule.AtLeast(fraction), AnswerText::relaxed);
        }
    }
}
