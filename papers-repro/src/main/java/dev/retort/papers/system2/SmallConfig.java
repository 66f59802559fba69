package dev.retort.papers.system2;

import dev.retort.data.Precision;
import dev.retort.papers.PretrainedStudent;
import dev.retort.train.TrainingSettings;
import java.util.List;
import java.util.Map;

/**
 * The file of a recipe over a pretrained model and real questions.
 *
 * @param needs what the recipe needs, for {@code retort papers}
 * @param threads of tensor operations; null for all cores
 * @param student who is asked and then trained
 * @param dataSeed draws the questions
 * @param tasks by name
 * @param samples of System 2 for each unlabelled question, and of System 1 for its majority; N of the paper
 * @param temperature of these samples
 * @param filters more of them behind the consistency of answers, in the words of {@code retort filter}; null for none. One that
 *     reads references is refused: what the student learns from is unlabelled
 * @param warmUp how the student is given a System 2; max_steps are each task's. Null where no task has a warm-up
 * @param distilling how it is trained on answers
 * @param seeds of the distilled row; all others have the first one alone
 * @param evalBatchRows rows decoded together
 * @param dtype of the matrix products of tests: float32, bfloat16, int8; null for float32
 * @param askingDtype of the matrix products of what is asked to learn from, and of the gate before it; null for dtype's
 */
record SmallConfig(
        Map<String, String> needs,
        Integer threads,
        PretrainedStudent student,
        Long dataSeed,
        Map<String, Task> tasks,
        Integer samples,
        Double temperature,
        String filters,
        TrainingSettings warmUp,
        TrainingSettings distilling,
        List<Integer> seeds,
        Integer evalBatchRows,
        Precision dtype,
        Precision askingDtype) {

    /**
     * What a task takes of all there is.
     *
     * @param of which task it is, see {@link System2Task}; null for the one of its name
     * @param method of System 2; null for the task's usual one. A warm-up teaches that one
     * @param testSets names of its tests; null for all
     * @param slow lessons of System 2; null for none
     * @param direct lessons that answer at once: two names, or neutral questions; null for none
     * @param directLong lessons that answer four names at once, so that System 1 knows what an answer looks like; null for none
     * @param leading lessons that answer a question with an opinion at once; the opinion is right in half of them, so that a
     *     model comes to lean on it. Null for none
     * @param warmUpSteps tried in this order, each from the pretrained student on, until System 2 passes the gate; null where
     *     the student has a System 2 of its own
     * @param gate accuracy of System 2 on dev questions; null takes the first steps as they are
     * @param dev questions for the gate
     * @param unlabelled questions to learn from; null for none: then nothing is trained, the model is only tested
     * @param tests most of each test; null for all
     * @param maxTokens of a call of System 2
     * @param answerTokens of an answer at once
     */
    record Task(
            String of,
            String method,
            List<String> testSets,
            Integer slow,
            Integer direct,
            Integer directLong,
            Integer leading,
            List<Integer> warmUpSteps,
            Double gate,
            Integer dev,
            Integer unlabelled,
            Integer tests,
            Integer maxTokens,
            Integer answerTokens) {
        Task {
            slow = slow == null ? Integer.valueOf(0) : slow;
            direct = direct == null ? Integer.valueOf(0) : direct;
            unlabelled = unlabelled == null ? Integer.valueOf(0) : unlabelled;
            warmUpSteps = warmUpSteps == null ? List.of() : List.copyOf(warmUpSteps);
            require(
                    warmUpSteps.isEmpty() == (slow + direct == 0),
                    "a task's slow and direct lessons need warm_up_steps, and these need lessons");
            require(
                    warmUpSteps.isEmpty() || (of == null && method == null && testSets == null),
                    "of, method and test_sets belong to a task without warm_up_steps");
            require(maxTokens != null && answerTokens != null, "a task needs max_tokens and answer_tokens");
            directLong = directLong == null ? Integer.valueOf(0) : directLong;
            leading = leading == null ? Integer.valueOf(0) : leading;
            dev = dev == null ? Integer.valueOf(0) : dev;
            require(gate == null || dev > 0, "a gate needs dev questions");
        }
    }

    SmallConfig {
        require(student != null && tasks != null && !tasks.isEmpty(), "student and tasks are needed");
        require(samples != null && samples >= 1, "samples must be at least 1");
        require(distilling != null, "distilling is needed");
        require(
                warmUp != null
                        || tasks.values().stream()
                                .allMatch(task -> task.warmUpSteps().isEmpty()),
                "warm_up is needed where a task has warm_up_steps");
        System2Road.filters(filters);
        dataSeed = dataSeed == null ? Long.valueOf(0) : dataSeed;
        temperature = temperature == null ? Double.valueOf(1) : temperature;
        seeds = seeds == null ? List.of(0) : List.copyOf(seeds);
        require(!seeds.isEmpty(), "seeds must not be empty");
        evalBatchRows = evalBatchRows == null ? Integer.valueOf(32) : evalBatchRows;
    }

    /** Of tests. */
    Precision precision() {
        return dtype == null ? Precision.FLOAT32 : dtype;
    }

    /** Of what is asked to learn from. */
    Precision askingPrecision() {
        return askingDtype == null ? precision() : askingDtype;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
