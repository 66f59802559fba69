package dev.retort.papers.stepbystep;

import dev.retort.papers.ScratchStudent;
import dev.retort.train.TrainingSettings;
import java.util.List;
import java.util.Map;

/**
 * A recipe file of the paper.
 *
 * @param needs what the recipe needs, for {@code retort papers}
 * @param threads of tensor operations; null for all cores. Models as small as the tiny ones are fastest with one
 * @param dataSeed makes the world, the questions and their split
 * @param world its size
 * @param trainSize questions that the teacher is asked
 * @param testSize questions that students are tested on
 * @param samples of the teacher for each question; the paper takes one
 * @param rows the methods of the table, baseline first
 * @param labelPrefix before the input where the label is predicted (the paper: "[label] "; its code: "predict: ")
 * @param rationalePrefix before the input where the rationale is predicted
 * @param alpha weight of the label term; the rationale term has 1 - alpha. 0.5 is lambda = 1 of equation 3, halved
 * @param student made from scratch
 * @param training the rows' settings; a batch counts questions, each with its label and its rationale
 * @param maxNewTokens of an answer at test time
 * @param evalBatchRows rows decoded together
 */
record StepByStepConfig(
        Map<String, String> needs,
        Integer threads,
        Long dataSeed,
        KindsWorld.Size world,
        Integer trainSize,
        Integer testSize,
        Integer samples,
        List<Method> rows,
        String labelPrefix,
        String rationalePrefix,
        Double alpha,
        ScratchStudent student,
        TrainingSettings training,
        Integer maxNewTokens,
        Integer evalBatchRows) {

    StepByStepConfig {
        require(world != null && trainSize != null && testSize != null, "world, train_size and test_size are needed");
        require(student != null && training != null, "student and training are needed");
        dataSeed = dataSeed == null ? Long.valueOf(0) : dataSeed;
        samples = samples == null ? Integer.valueOf(1) : samples;
        rows = rows == null ? List.of(Method.STANDARD_FINETUNING, Method.STEP_BY_STEP) : List.copyOf(rows);
        labelPrefix = labelPrefix == null ? "predict: " : labelPrefix;
        rationalePrefix = rationalePrefix == null ? "explain: " : rationalePrefix;
        alpha = alpha == null ? Double.valueOf(0.5) : alpha;
        maxNewTokens = maxNewTokens == null ? Integer.valueOf(64) : maxNewTokens;
        evalBatchRows = evalBatchRows == null ? Integer.valueOf(32) : evalBatchRows;
        require(alpha > 0 && alpha <= 1, "alpha must be in (0, 1]");
        require(trainSize >= 1 && testSize >= 1 && samples >= 1, "sizes and samples must be at least 1");
        require(
                trainSize + testSize <= world.creatures() * world.months(),
                "train_size and test_size together exceed the world's " + world.creatures() * world.months()
                        + " questions");
        require(rows.contains(Method.STANDARD_FINETUNING), "rows must hold standard-finetuning, the baseline");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
