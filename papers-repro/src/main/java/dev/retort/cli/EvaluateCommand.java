package dev.retort.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.model.LoadedModel;
import dev.retort.papers.stepbystep.ReleasedTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores a model on a task. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = {
            "Answers every question of a task greedily and scores the answers.",
            "Prints one row per question, then {\"task\", \"n\", \"value\", \"standard_error\"}."
        },
        footer = {
            "",
            "Examples:",
            "  retort evaluate --model runs/sft/final --task svamp --out runs/sft/eval",
            "  retort evaluate --model runs/step-by-step/small/rows/step-by-step.esnli-549.0/final --task esnli \\",
            "      --before 'predict: ' --after ''"
        })
final class EvaluateCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Folder, GGUF file or hf:org/name")
    private String model;

    @Option(
            names = "--task",
            paramLabel = "NAME",
            required = true,
            description = "The test of a data set: svamp, cqa, anli1, esnli")
    private String task;

    @Option(
            names = "--before",
            paramLabel = "TEXT",
            defaultValue = "",
            description = "Before each question; students of step-by-step know it as 'predict: '. Default: nothing")
    private String before;

    @Option(
            names = "--after",
            paramLabel = "TEXT",
            description = "After each question; students of the recipes know nothing there. Default: a line with"
                    + " 'Answer:', as train puts it")
    private String after;

    @Option(names = "--out", paramLabel = "DIR", description = "Also writes DIR/TASK.jsonl, without the last line")
    private Path out;

    @Option(names = "--limit", paramLabel = "N", description = "The first N questions only")
    private Integer limit;

    @Option(
            names = "--batch-rows",
            paramLabel = "N",
            defaultValue = "32",
            description = "Most rows decoded together. Default: ${DEFAULT-VALUE}")
    private int batchRows;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Precision precision = common.applyWithDtype();
        ReleasedTask named;
        try {
            named = ReleasedTask.of(task);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--task: " + e.getMessage());
        }
        if (limit != null && limit < 1) {
            throw new UsageException("--limit must be at least 1, not " + limit);
        }
        try (LoadedModel loaded = common.load(model, precision)) {
            int end = loaded.trainingEosId();
            String eos = end < 0 ? "\n" : loaded.requireTokenizer().decodeToken(end);
            EvalTask test =
                    named.test(DataCatalogue.standard(), eos, before, after == null ? ReleasedTask.AFTER : after);
            if (limit != null) {
                test = test.limit(limit);
            }
            Evaluation evaluation = Evaluation.of(loaded, test, batchRows, common.quiet(), List.of());
            PrintWriter stdout = spec.commandLine().getOut();
            for (EvaluationRow row : evaluation.rows()) {
                stdout.println(row.format());
            }
            double value = evaluation.value();
            int n = evaluation.rows().size();
            ObjectNode summary = Rows.mapper().createObjectNode();
            summary.put("task", evaluation.task()).put("n", n).put("value", value);
            summary.put("standard_error", n < 2 ? 0 : Math.sqrt(value * (1 - value) / (n - 1)));
            stdout.println(summary);
            stdout.flush();
            if (out != null) {
                evaluation.write(out);
            }
        }
        return Retort.DONE;
    }
}
