package dev.retort.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.JsonLines;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.eval.EvalTask;
import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import dev.retort.eval.KlEstimate;
import dev.retort.model.LoadedModel;
import dev.retort.papers.OwnRun;
import dev.retort.papers.minillm.TeacherComparison;
import dev.retort.papers.stepbystep.ReleasedTask;
import dev.retort.run.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
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
            "Prints one row per question, then {\"task\", \"n\", \"value\", \"standard_error\"}.",
            "",
            "With --teacher: both models answer each question at temperature 1. Prints {\"reverse_kl\", \"forward_kl\"}"
                    + " over whole answers and a token, in nats with standard errors, {\"ex_acc_err\"} in percent at every"
                    + " length (exposure bias), and {\"dist_4\"} of both."
        },
        footer = {
            "",
            "Examples:",
            "  retort evaluate --model runs/sft/final --task svamp --out runs/sft/eval",
            "  retort evaluate --model runs/step-by-step/small/rows/step-by-step.esnli-549.0/final --task esnli \\",
            "      --before 'predict: ' --after ''",
            "  retort evaluate --model runs/kd/final --teacher teachers/big --questions held-out.jsonl"
        })
final class EvaluateCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Folder, GGUF file or hf:org/name")
    private String model;

    @Option(names = "--task", paramLabel = "NAME", description = "The test of a data set: svamp, cqa, anli1, esnli")
    private String task;

    @Option(
            names = "--teacher",
            paramLabel = "MODEL",
            description = "Instead of --task: how far the answers to --questions are from this model's")
    private String teacher;

    @Option(names = "--questions", paramLabel = "F.jsonl", description = "With --teacher: what both answer")
    private Path questions;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "4",
            description = "With --teacher: answers of each model to a question. Default: ${DEFAULT-VALUE}")
    private int samples;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "With --teacher: most tokens of an answer. Default: ${DEFAULT-VALUE}")
    private int maxTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "With --teacher: of the answers. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--trim-vocabulary",
            description = "With --teacher: one vocabulary may be longer by padding, which counts for neither")
    private boolean trimVocabulary;

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
        if ((task == null) == (teacher == null)) {
            throw new UsageException("give --task, for the test of a data set, or --teacher, to compare with a model");
        }
        if ((teacher == null) != (questions == null)) {
            throw new UsageException("--teacher and --questions go together");
        }
        if (teacher != null) {
            if (precision != Precision.FLOAT32) {
                throw new UsageException("--dtype " + precision.title() + ": probabilities are compared in float32");
            }
            return compare();
        }
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

    private Integer compare() throws IOException, InterruptedException {
        TeacherComparison.Settings settings = AskOptions.usage(
                "--samples, --max-tokens, --batch-rows",
                () -> new TeacherComparison.Settings(samples, maxTokens, seed, batchRows));
        List<Question> asked = JsonLines.read(questions, Question.class);
        asked = limit == null ? asked : asked.subList(0, Math.min(limit, asked.size()));
        if (asked.isEmpty()) {
            throw new IOException(questions + ": no questions");
        }
        try (LoadedModel student = common.load(model);
                LoadedModel other = common.load(teacher)) {
            List<int[]> prompts = new ArrayList<>();
            for (Question question : asked) {
                prompts.add(student.requireTokenizer()
                        .encode(OwnRun.prompt(student.requireTokenizer(), question.messages())));
            }
            long parts = (long) TeacherComparison.PARTS * asked.size() * samples;
            TeacherComparison found;
            try (Progress progress = Progress.onStandardError("compare", 0, parts, common.quiet(), List.of())) {
                found = TeacherComparison.of(student, other, prompts, settings, trimVocabulary, progress);
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
            spec.commandLine().getOut().println(json(found));
            spec.commandLine().getOut().flush();
        }
        return Retort.DONE;
    }

    private static ObjectNode json(TeacherComparison found) {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.set("reverse_kl", json(found.reverse()));
        json.set("forward_kl", json(found.forward()));
        ArrayNode curve = json.putArray("ex_acc_err");
        found.exposure().forEach(point -> curve.add(finite(point.excess())));
        ObjectNode distinct = json.putObject("dist_4");
        distinct.put("student", finite(found.studentDistinct().value()));
        distinct.put("teacher", finite(found.teacherDistinct().value()));
        return json;
    }

    private static ObjectNode json(KlEstimate kl) {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("per_answer", kl.perSequence()).put("per_answer_error", finite(kl.perSequenceError()));
        json.put("per_token", finite(kl.perToken())).put("per_token_error", finite(kl.perTokenError()));
        json.put("prompts", kl.prompts()).put("samples", kl.samples()).put("tokens", kl.tokens());
        return json;
    }

    /** Null where there is no such number, as with one question alone. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? Double.valueOf(value) : null;
    }
}
