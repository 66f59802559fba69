package dev.retort.cli;

import dev.retort.data.DataCatalogue;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.papers.system2.System2Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the questions of a task for the commands that ask a teacher. */
@Command(
        name = "questions",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes the questions of a task of Distilling System 2 into System 1, for sample, perturb, judge and distil.",
            "TASK is last-letters, coin-flip, commonsense-qa-biased, trivia-biased, judge or gsm8k. Of these judge needs"
                    + " the data set oasst, trivia-biased triviaqa, gsm8k its own, commonsense-qa-biased"
                    + " distilling_step_by_step, and the others last_letters or coin_flip with rar.",
            "",
            "Questions to learn from share nothing with the tests of the same seed. References stand beside them for the"
                    + " precision of filters; nothing that learns from answers reads them."
        },
        footer = {
            "",
            "Examples:",
            "  retort data questions last-letters --count 1500 --out letters.jsonl",
            "  retort data questions trivia-biased --test suggest-incorrect --out biased.jsonl",
            "  retort data questions judge --test oasst --limit 200 --out pairs.jsonl",
            "  retort judge --pairs pairs.jsonl --out runs/judged --teacher local:MODEL --max-tokens 256"
        })
final class QuestionsCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Parameters(index = "0", paramLabel = "TASK", description = "The task's name")
    private String task;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "That many to learn from; of judge pairs, each in both orders")
    private Integer count;

    @Option(names = "--test", paramLabel = "NAME", description = "Instead of --count: a test; a wrong name lists them")
    private String test;

    @Option(names = "--limit", paramLabel = "N", description = "The first N questions of the test only")
    private Integer limit;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the split and of what is drawn. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--out", paramLabel = "F.jsonl", required = true, description = "The file of the questions")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        common.apply();
        if ((count == null) == (test == null)) {
            throw new UsageException("give --count, for questions to learn from, or --test, for those of a test");
        }
        if (limit != null && (limit < 1 || test == null)) {
            throw new UsageException("--limit is the first N of a --test, at least 1");
        }
        System2Task named = AskOptions.usage("TASK", () -> System2Task.of(task));
        List<Question> questions = test == null ? train(named) : test(named);
        JsonLines.write(out, questions);
        spec.commandLine().getOut().println(out + ": " + questions.size() + " questions of " + named.title());
        spec.commandLine().getOut().flush();
        return Retort.DONE;
    }

    private List<Question> train(System2Task named) throws IOException {
        try {
            return named.train(DataCatalogue.standard(), count, seed);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--count: " + e.getMessage());
        }
    }

    private List<Question> test(System2Task named) throws IOException {
        Map<String, List<Question>> tests = named.tests(DataCatalogue.standard(), seed);
        List<Question> questions;
        try {
            questions = named.test("--test", tests, test);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
        return limit == null ? questions : questions.subList(0, Math.min(limit, questions.size()));
    }
}
