package dev.retort.cli;

import dev.retort.loss.TeacherSignal;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.train.Distillation;
import dev.retort.train.DistillationSettings;
import dev.retort.train.LearningRate;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The file of {@code retort train --config}: flat, as in TRL.
 *
 * @param modelNameOrPath MODEL to start from
 * @param dataset a task by name ({@code svamp}, {@code cqa}) whose training examples are used
 * @param trainFile JSON Lines of {prompt, completion} or {messages}, instead of a dataset
 * @param evalFile likewise, for validation losses
 * @param outputDir the run folder
 * @param teacherModelNameOrPath MODEL whose probabilities the student comes near to; the keys of {@link DistillationSettings}
 *     go with it
 * @param termWeights the weight in the loss of each kind of example, shared with the teacher; absent: 1 for every kind
 * @param bf16 as {@link TrainingSettings#bf16}
 * @param lora adapters; absent: all weights are trained
 */
public record TrainConfig(
        String modelNameOrPath,
        String dataset,
        String trainFile,
        String evalFile,
        String outputDir,
        String teacherModelNameOrPath,
        Double kdRatio,
        String divergence,
        Double beta,
        Double alpha,
        Double mu,
        Double temperature,
        Double lmbda,
        Double samplingTemperature,
        Integer maxCompletionLength,
        Integer teacherTopK,
        TeacherSignal.Outside teacherOutside,
        Boolean trimVocabulary,
        Double hiddenStatesWeight,
        List<String> hiddenStatesLayers,
        Map<String, Double> termWeights,
        Double learningRate,
        LearningRate.Kind lrSchedulerType,
        Double numTrainEpochs,
        Integer maxSteps,
        Integer perDeviceTrainBatchSize,
        Integer gradientAccumulationSteps,
        Double maxGradNorm,
        Double warmupRatio,
        Integer warmupSteps,
        Double weightDecay,
        Double adamBeta1,
        Double adamBeta2,
        Double adamEpsilon,
        Integer maxLength,
        Integer loggingSteps,
        Integer evalSteps,
        Integer saveSteps,
        Integer saveTotalLimit,
        Long seed,
        Boolean bf16,
        LoraConfig lora) {

    public TrainConfig {
        if (modelNameOrPath == null) {
            throw new IllegalArgumentException(
                    "model_name_or_path is missing: give a folder, a GGUF file or hf:org/name");
        }
        if ((dataset == null) == (trainFile == null)) {
            throw new IllegalArgumentException("give train_file or dataset, one of the two");
        }
        if (outputDir == null) {
            throw new IllegalArgumentException("output_dir is missing");
        }
        bf16 = Boolean.TRUE.equals(bf16) ? Boolean.TRUE : null;
        termWeights = termWeights == null ? Map.of() : Map.copyOf(termWeights);
    }

    /**
     * How the student comes near the teacher, checked; null where there is none.
     *
     * @throws IllegalArgumentException where keys that go with a teacher stand without one
     */
    DistillationSettings distillation() {
        DistillationSettings made = new DistillationSettings(
                kdRatio,
                divergence,
                beta,
                alpha,
                mu,
                temperature,
                lmbda,
                samplingTemperature,
                maxCompletionLength,
                teacherTopK,
                teacherOutside,
                trimVocabulary,
                hiddenStatesWeight,
                hiddenStatesLayers);
        if (teacherModelNameOrPath != null) {
            return made;
        }
        boolean isGiven = kdRatio != null || divergence != null || lmbda != null;
        if (isGiven || !made.equals(DistillationSettings.defaults())) {
            throw new IllegalArgumentException(
                    "kd_ratio, divergence, temperature, lmbda, hidden_states_weight and what goes with them need"
                            + " teacher_model_name_or_path");
        }
        return null;
    }

    /** The teacher beside a student; null where there is none. */
    Distillation teacher(LoadedModel student, Common common) throws IOException, InterruptedException {
        DistillationSettings how = distillation();
        return how == null
                ? null
                : Distillation.open(student, common.path(teacherModelNameOrPath), common.device(), how);
    }

    /** The part that says how to train, checked. */
    TrainingSettings settings() {
        return new TrainingSettings(
                learningRate,
                lrSchedulerType,
                numTrainEpochs,
                maxSteps,
                perDeviceTrainBatchSize,
                gradientAccumulationSteps,
                maxGradNorm,
                warmupRatio,
                warmupSteps,
                weightDecay,
                adamBeta1,
                adamBeta2,
                adamEpsilon,
                maxLength,
                loggingSteps,
                evalSteps,
                saveSteps,
                saveTotalLimit,
                seed,
                bf16,
                lora);
    }
}
