package dev.retort.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.JsonLines;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.papers.system2.JudgeMetrics;
import dev.retort.papers.system2.JudgeRow;
import dev.retort.papers.system2.JudgeVerdict;
import dev.retort.pipelines.JudgeJob;
import dev.retort.pipelines.JudgeOutcome;
import dev.retort.pipelines.JudgeRequest;
import dev.retort.pipelines.JudgeSamples;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort judge}: which of two responses is better. */
@Command(
        name = "judge",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks a judge which of two responses is better, always in both orders, with Apache Beam."
                    + " OUT/judgements.jsonl has a row a pair: answer is A, B or tie where both orders say the same, else"
                    + " null with the reason inconsistent or unparsed; verdict and verdict_swapped are what each order"
                    + " said, the latter with A for the response shown first. OUT/failures.jsonl has what was not answered"
                    + " and why.",
            "",
            "An answer that is on disk is never asked for again: the same command resumes."
        },
        footer = {
            "",
            "Pairs: JSON Lines of {\"id\", \"task\", \"messages\", \"prompt\": TEXT, \"responses\": [A, B],"
                    + " \"reference\"?}; with references A or B, agreement with them is printed.",
            "",
            "Examples:",
            "  retort judge --samples runs/one/samples.jsonl --against runs/two/samples.jsonl --out runs/judged \\",
            "      --teacher openai:gpt-4o --temperature 0",
            "  retort judge --pairs pairs.jsonl --out runs/judged --teacher openai:qwen --base-url"
                    + " http://localhost:8000/v1 --method bsm"
        })
final class JudgeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Option(names = "--samples", paramLabel = "F", description = "JSON Lines of samples, whose texts are responses A")
    private Path samples;

    @Option(
            names = "--against",
            paramLabel = "F2",
            description = "Samples of the same ids and sample indices, whose texts are responses B")
    private Path against;

    @Option(names = "--pairs", paramLabel = "F", description = "Instead of both: JSON Lines of pairs of responses")
    private Path pairs;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder of the rows")
    private Path out;

    @Mixin
    private AskOptions ask;

    @Option(
            names = "--method",
            paramLabel = "bsm",
            description =
                    "Branch-Solve-Merge, 7 calls for each order. Default: one call with FastChat's pair-v2 prompt")
    private String method;

    @Option(names = "--fail-on-failures", description = "Exit with 1 where a pair was not judged")
    private boolean failOnFailures;

    @Mixin
    private BeamRun beam;

    @Override
    public Integer call() throws Exception {
        Precision precision = common.applyWithDtype();
        if (method != null && !method.equals("bsm")) {
            throw new UsageException("--method " + method + ": a judge's method is bsm");
        }
        if (method != null && ask.batchApi()) {
            throw new UsageException("--batch-api asks every pair once: it does not go with --method");
        }
        JudgeRequest request = JudgeRequest.of(source(), out, ask.factory(out, precision))
                .withParams(ask.params())
                .withSettings(ask.settings());
        JudgeRequest whole = method == null ? request : request.withMethod(JudgeSamples.branchSolveMerge());
        JudgeOutcome outcome = beam.run(
                "judge",
                out,
                common.quiet(),
                (options, listener) -> JudgeJob.run(whole.withProgress(listener), options));
        if (outcome == null) {
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().println(outcome.summary());
        if (pairs != null) {
            try {
                printAgreement();
            } catch (CharacterCodingException e) {
                throw new IOException(pairs + ": not UTF-8, so agreement with its references cannot be counted", e);
            }
        }
        spec.commandLine().getOut().flush();
        if (outcome.asking().overBudget() > 0) {
            AskOptions.reportOverBudget(outcome.asking().overBudget(), "rows", out);
            return Retort.FAILED;
        }
        return failOnFailures && outcome.judged() < outcome.items() + outcome.unpaired() ? Retort.FAILED : Retort.DONE;
    }

    private JudgeRequest.Pairs source() throws IOException {
        if (pairs != null) {
            if (samples != null || against != null) {
                throw new UsageException("--pairs goes without --samples and --against");
            }
            return new JudgeRequest.Pairs.InFile(pairs);
        }
        if (samples == null || against == null) {
            throw new UsageException("give --pairs, or both --samples and --against");
        }
        if (Files.exists(samples) && Files.exists(against) && Files.isSameFile(samples, against)) {
            throw new UsageException("--samples and --against are the same file: " + samples);
        }
        return new JudgeRequest.Pairs.OfSamples(samples, against);
    }

    /** How often the judge agrees with references A and B. */
    private void printAgreement() throws IOException {
        Map<String, JudgeVerdict> references = new HashMap<>();
        JsonLines.forEach(
                pairs,
                Question.class,
                item -> {
                    JudgeVerdict reference = JudgeVerdict.of(item.reference());
                    if (reference == JudgeVerdict.A || reference == JudgeVerdict.B) {
                        references.put(item.id(), reference);
                    }
                },
                malformed -> {});
        List<JudgeRow> rows = new ArrayList<>();
        JsonLines.forEach(
                out.resolve(JudgeJob.JUDGEMENTS),
                TeacherSample.class,
                judged -> {
                    JudgeVerdict reference = references.get(judged.id());
                    if (reference != null) {
                        rows.add(new JudgeRow(
                                judged.id(),
                                judged.id(),
                                verdict(judged, JudgeSamples.VERDICT),
                                verdict(judged, JudgeSamples.VERDICT_SWAPPED),
                                reference));
                    }
                },
                malformed -> {});
        if (rows.isEmpty()) {
            return;
        }
        JudgeMetrics metrics = JudgeMetrics.of(rows);
        StringBuilder text = new StringBuilder("agreement with the references: ")
                .append(share(metrics.agreeing(), metrics.pairs(), metrics.agreement()))
                .append(" pairs, inconsistent and unparsed ones counted as wrong");
        if (metrics.consistent() > 0) {
            text.append("; ")
                    .append(share(metrics.agreeing(), metrics.consistent(), metrics.agreementOfConsistent()))
                    .append(" consistent pairs");
        }
        spec.commandLine().getOut().println(text);
    }

    private static JudgeVerdict verdict(TeacherSample judged, String field) {
        JsonNode verdict = judged.extra().get(field);
        return JudgeVerdict.of(verdict == null ? null : verdict.textValue());
    }

    private static String share(int part, int whole, double share) {
        return String.format(Locale.ROOT, "%d of %d (%.1f %%)", part, whole, 100 * share);
    }
}
