package dev.retort.papers.system2;

import dev.retort.papers.ScratchStudent;
import dev.retort.train.TrainingSettings;
import java.util.List;
import java.util.Map;

/**
 * The tiny recipe's file.
 *
 * @param needs what the recipe needs, for {@code retort papers}
 * @param threads of tensor operations; null for all cores. Models as small as this one are fastest with one
 * @param dataSeed makes the worlds, the questions and their split
 * @param tasks of letters, opinion, judge and chain
 * @param names how many a world has, by task: letters, opinion
 * @param lessons that the model is made from, of each task
 * @param practice the part of direct lessons that are long, of letters and chain
 * @param yielding the part of lessons with an opinion that repeat it
 * @param leaning the part of direct verdicts that prefer the first response whatever it is
 * @param slips the part of steps of lessons in System 2 that go wrong, by task: names in letters, rewritten questions in
 *     opinion, scores in judge, moves in chain
 * @param unlabelled questions of each task
 * @param testSize questions of each task
 * @param samples of System 2 for each unlabelled question, and of System 1 for its majority; N of the paper
 * @param temperature of these samples
 * @param filters more of them behind the consistency of answers, in the words of {@code retort filter}; null for none. One that
 *     reads references is refused: what the student learns from is unlabelled
 * @param maxTokens of a call
 * @param student made from scratch
 * @param making how the model is made from lessons
 * @param distilling how it is trained on answers
 * @param evalBatchRows rows decoded together
 */
record TinyConfig(
        Map<String, String> needs,
        Integer threads,
        Long dataSeed,
        List<String> tasks,
        Map<String, Integer> names,
        Integer lessons,
        Double practice,
        Double yielding,
        Double leaning,
        Map<String, Double> slips,
        Integer unlabelled,
        Integer testSize,
        Integer samples,
        Double temperature,
        String filters,
        Integer maxTokens,
        ScratchStudent student,
        TrainingSettings making,
        TrainingSettings distilling,
        Integer evalBatchRows) {

    TinyConfig {
        require(tasks != null && !tasks.isEmpty(), "tasks is needed");
        require(student != null && making != null && distilling != null, "student, making and distilling are needed");
        require(names != null && lessons != null, "names and lessons are needed");
        require(
                unlabelled != null && testSize != null && samples != null,
                "unlabelled, test_size and samples are needed");
        require(samples >= 1 && unlabelled >= 1 && testSize >= 1, "sizes and samples must be at least 1");
        System2Road.filters(filters);
        dataSeed = dataSeed == null ? Long.valueOf(0) : dataSeed;
        practice = practice == null ? Double.valueOf(0.1) : practice;
        yielding = yielding == null ? Double.valueOf(0.6) : yielding;
        leaning = leaning == null ? Double.valueOf(0.5) : leaning;
        slips = slips == null ? Map.of() : slips;
        temperature = temperature == null ? Double.valueOf(1) : temperature;
        maxTokens = maxTokens == null ? Integer.valueOf(64) : maxTokens;
        evalBatchRows = evalBatchRows == null ? Integer.valueOf(64) : evalBatchRows;
    }

    /** The tasks in their worlds. */
    List<TinyTask> worlds() {
        return tasks.stream().map(this::world).toList();
    }

    private TinyTask world(String name) {
        double wrong = slips.getOrDefault(name, 0.0);
        return switch (name) {
            case "letters" -> new TinyLetters(names(name), dataSeed, practice, wrong);
            case "opinion" -> new TinyOpinion(names(name), dataSeed, yielding, wrong);
            case "judge" -> new TinyJudge(dataSeed, leaning, wrong);
            case "chain" -> new TinyChain(dataSeed, practice, wrong);
            default -> throw new IllegalArgumentException(
                    "tasks: there is no task '" + name + "'; there are letters, opinion, judge, chain");
        };
    }

    private int names(String task) {
        require(names.get(task) != null, "names needs a number for " + task);
        return names.get(task);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
