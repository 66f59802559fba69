package dev.retort.cli;

import dev.retort.model.LoraConfig;
import dev.retort.train.LearningRate;
import dev.retort.train.TrainingSettings;
import java.util.Map;

/**
 * The file of {@code retort train --config}: flat, as in TRL.
 *
 * @param modelNameOrPath MODEL to start from
 * @param dataset a task by name ({@code svamp}) whose training examples are used
 * @param trainFile JSON Lines of {prompt, completion} or {messages}, instead of a dataset
 * @param evalFile likewise, for validation losses
 * @param outputDir the run folder
 * @param termWeights the weight in the loss of each kind of example; absent: 1 for every kind
 * @param lora adapters; absent: all weights are trained
 */
public record TrainConfig(
        String modelNameOrPath,
        String dataset,
        String trainFile,
        String evalFile,
        String outputDir,
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
        termWeights = termWeights == null ? Map.of() : Map.copyOf(termWeights);
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
                lora);
    }
}
