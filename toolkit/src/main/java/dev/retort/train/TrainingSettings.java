package dev.retort.train;

import dev.retort.data.Precision;
import dev.retort.model.LoraConfig;

/**
 * How a model is trained, under the names of Hugging Face's TrainingArguments and TRL's SFTConfig. What is absent takes their
 * default, except logging_steps (10), save_total_limit (2) and lora (none).
 *
 * @param learningRate peak of the schedule
 * @param lrSchedulerType linear, cosine, constant or constant-with-warmup
 * @param numTrainEpochs passes over the data; ignored where maxSteps is given
 * @param maxSteps optimiser steps
 * @param perDeviceTrainBatchSize most rows of one forward pass
 * @param gradientAccumulationSteps an optimiser step sees this many times as many examples
 * @param maxGradNorm the gradient's norm is scaled down to this; 0 for no clipping
 * @param warmupRatio share of the steps over which the rate rises; ignored where warmupSteps is given
 * @param warmupSteps steps over which the rate rises
 * @param weightDecay decoupled; not on vectors
 * @param adamBeta1 decay of the first moment
 * @param adamBeta2 decay of the second moment
 * @param adamEpsilon added to the root of the second moment
 * @param maxLength most tokens of an example; longer ones are cut at the end
 * @param loggingSteps steps between rows of metrics.jsonl
 * @param evalSteps steps between validation losses; 0 for none
 * @param saveSteps steps between checkpoints; 0 for one at the end only
 * @param saveTotalLimit checkpoints kept
 * @param seed of data order, adapters and dropout
 * @param bf16 true: matrix products of layers and head in bfloat16, all else in float32; null, which false becomes: float32
 * @param lora adapters to train instead of all weights
 */
public record TrainingSettings(
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

    public TrainingSettings {
        learningRate = or(learningRate, 5e-5);
        lrSchedulerType = or(lrSchedulerType, LearningRate.Kind.LINEAR);
        numTrainEpochs = or(numTrainEpochs, 3.0);
        perDeviceTrainBatchSize = positive("per_device_train_batch_size", or(perDeviceTrainBatchSize, 8));
        gradientAccumulationSteps = positive("gradient_accumulation_steps", or(gradientAccumulationSteps, 1));
        maxGradNorm = notNegative("max_grad_norm", or(maxGradNorm, 1.0));
        warmupRatio = notNegative("warmup_ratio", or(warmupRatio, 0.0));
        weightDecay = notNegative("weight_decay", or(weightDecay, 0.0));
        adamBeta1 = decay("adam_beta1", or(adamBeta1, 0.9));
        adamBeta2 = decay("adam_beta2", or(adamBeta2, 0.999));
        adamEpsilon = notNegative("adam_epsilon", or(adamEpsilon, 1e-8));
        maxLength = positive("max_length", or(maxLength, 1024));
        loggingSteps = positive("logging_steps", or(loggingSteps, 10));
        evalSteps = (int) notNegative("eval_steps", or(evalSteps, 0).doubleValue());
        saveSteps = (int) notNegative("save_steps", or(saveSteps, 500).doubleValue());
        saveTotalLimit = positive("save_total_limit", or(saveTotalLimit, 2));
        seed = or(seed, 42L);
        // Absent where it is off: folders made before there was such a key go on.
        bf16 = Boolean.TRUE.equals(bf16) ? Boolean.TRUE : null;
        if (bf16 != null && lora != null && lora.loraDropout() > 0) {
            throw new IllegalArgumentException("bf16 needs lora_dropout 0, not " + lora.loraDropout());
        }
        notNegative("learning_rate", learningRate);
        if (!(numTrainEpochs > 0) || !Double.isFinite(numTrainEpochs)) {
            throw new IllegalArgumentException("num_train_epochs must be positive, not " + numTrainEpochs);
        }
        if (maxSteps != null) {
            positive("max_steps", maxSteps);
        }
        if (warmupSteps != null) {
            notNegative("warmup_steps", warmupSteps.doubleValue());
        }
        if (warmupRatio > 1) {
            throw new IllegalArgumentException("warmup_ratio must be 0 to 1, not " + warmupRatio);
        }
    }

    private static <T> T or(T value, T absent) {
        return value == null ? absent : value;
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
        return value;
    }

    private static double notNegative(String name, double value) {
        if (!(value >= 0) || !Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " must be a finite number of at least 0, not " + value);
        }
        return value;
    }

    private static double decay(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " must be in [0, 1), not " + value);
        }
        return value;
    }

    /** Every default. */
    public static TrainingSettings defaults() {
        return new TrainingSettings(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null, null);
    }

    /** Examples that an optimiser step sees. */
    public int examplesPerStep() {
        return perDeviceTrainBatchSize * gradientAccumulationSteps;
    }

    /** Optimiser steps over this many examples. */
    public int totalSteps(int examples) {
        if (maxSteps != null) {
            return maxSteps;
        }
        long perEpoch = (examples + (long) examplesPerStep() - 1) / examplesPerStep();
        return Math.toIntExact((long) Math.ceil(numTrainEpochs * perEpoch));
    }

    /** The schedule over this many steps. */
    public LearningRate schedule(int totalSteps) {
        int warmup = warmupSteps != null ? warmupSteps : (int) Math.ceil(warmupRatio * totalSteps);
        return new LearningRate(lrSchedulerType, learningRate, warmup, totalSteps);
    }

    /** The numbers that matrices are multiplied in. */
    public Precision precision() {
        return bf16 == null ? Precision.FLOAT32 : Precision.BFLOAT16;
    }

    AdamW.Settings optimizer() {
        return new AdamW.Settings(adamBeta1, adamBeta2, adamEpsilon, weightDecay, maxGradNorm);
    }

    /** These settings with another seed. */
    public TrainingSettings withSeed(long value) {
        return with(learningRate, maxSteps, value, lora);
    }

    /** These settings with another learning rate. */
    public TrainingSettings withLearningRate(double value) {
        return with(value, maxSteps, seed, lora);
    }

    /** These settings with another number of optimiser steps. */
    public TrainingSettings withMaxSteps(int value) {
        return with(learningRate, value, seed, lora);
    }

    /** These settings with these adapters. */
    public TrainingSettings withLora(LoraConfig value) {
        return with(learningRate, maxSteps, seed, value);
    }

    private TrainingSettings with(Double newLearningRate, Integer newMaxSteps, Long newSeed, LoraConfig newLora) {
        return new TrainingSettings(
                newLearningRate,
                lrSchedulerType,
                numTrainEpochs,
                newMaxSteps,
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
                newSeed,
                bf16,
                newLora);
    }
}
