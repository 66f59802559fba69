package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.loss.LossParts;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.op.Autograd;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SupervisedTrainingTest {

    private static final Map<String, Double> TERMS = Map.of("answer", 0.5, "rationale", 0.5);

    @TempDir
    Path temporary;

    @Test
    void goesOnFromACheckpointBitForBit() throws IOException {
        goesOnBitForBit(settings(12, null));
    }

    @Test
    void goesOnWithAdaptersAndDropoutBitForBit() throws IOException {
        goesOnBitForBit(settings(12, new LoraConfig(4, 8.0, 0.3, List.of("all-linear"), false)));
    }

    @Test
    void goesOnInBfloat16BitForBit() throws IOException {
        goesOnBitForBit(settings(12, 0, true, null));
    }

    @Test
    void goesOnWithAdaptersInBfloat16BitForBit() throws IOException {
        goesOnBitForBit(settings(12, 0, true, new LoraConfig(4, 8.0, 0.0, List.of("q_proj", "down_proj"), false)));
    }

    @Test
    void bf16IsOfTheTrainingAlone() throws IOException {
        List<List<Double>> losses = new ArrayList<>();
        for (Boolean bf16 : new Boolean[] {null, true}) {
            Path folder = temporary.resolve("run" + losses.size());
            try (LoadedModel student = student(5)) {
                training(student, settings(6, 0, bf16, null), folder).run(items(student));
                assertThat(student.model().precision()).isEqualTo(Precision.FLOAT32);
            }
            losses.add(losses(folder));
        }
        assertThat(losses.get(1)).isNotEqualTo(losses.get(0));
        for (int step = 0; step < 6; step++) {
            assertThat(losses.get(1).get(step)).isCloseTo(losses.get(0).get(step), withinPercentage(1));
        }
    }

    @Test
    void bf16IsRefusedWhereTheModelCannotDoIt() throws IOException {
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "qwen3")
                .put("vocab_size", 22)
                .put("hidden_size", 16)
                .put("intermediate_size", 24);
        config.put("num_hidden_layers", 1).put("num_attention_heads", 2).put("head_dim", 8);
        Path folder = temporary.resolve("run");
        try (LoadedModel like = student(5);
                LanguageModel model = Models.create(config, 5, Device.cpu())) {
            LoadedModel student = new LoadedModel(model, like.tokenizer(), like.generationConfig(), like.source());
            SupervisedTraining training = training(student, settings(2, 0, true, null), folder);
            List<List<TokenExample>> items = items(like);
            assertThatThrownBy(() -> training.run(items))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "bfloat16 (bf16: true, dtype: bfloat16, --dtype bfloat16) is for LLaMA models on the CPU"
                                    + " without biases, norms of queries and keys or a sliding window, and this is a qwen3"
                                    + " on cpu(); leave the setting out");
        }
        assertThat(folder).doesNotExist();
    }

    private void goesOnBitForBit(TrainingSettings settings) throws IOException {
        Path whole = temporary.resolve("whole");
        try (LoadedModel student = student(5)) {
            training(student, settings, whole).run(items(student));
        }

        Path stopped = temporary.resolve("stopped");
        for (int step = 1; step <= 5; step++) {
            try (LoadedModel student = student(5)) {
                SupervisedTraining.Outcome outcome = training(student, settings, stopped)
                        .withInterrupt(requested())
                        .run(items(student));
                assertThat(outcome.steps()).isEqualTo(step);
                assertThat(outcome.finished()).isFalse();
                assertThat(stopped.resolve("final")).doesNotExist();
            }
        }
        try (LoadedModel student = student(5)) {
            assertThat(training(student, settings, stopped).run(items(student)).finished())
                    .isTrue();
        }
        assertThat(stopped.resolve("final/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("final/model.safetensors"));
        assertThat(losses(stopped)).isEqualTo(losses(whole));
    }

    @Test
    void anInterruptionBeforeAStepIsWrittenLosesNothing() throws IOException {
        interruptedBitForBit(null);
    }

    @Test
    void anInterruptionBeforeAStepOfAdaptersIsWrittenLosesNothing() throws IOException {
        interruptedBitForBit(new LoraConfig(4, 8.0, 0.3, List.of("all-linear"), false));
    }

    private void interruptedBitForBit(LoraConfig lora) throws IOException {
        TrainingSettings settings = settings(4, 1, lora);
        Path whole = whole(settings);
        Path stopped = temporary.resolve("stopped");
        for (int step = 1; step <= 4; step++) {
            try (LoadedModel student = student(5)) {
                if (step == 3) {
                    // The stop button was pressed before the loop began: it reads weights and goes one step.
                    Thread.currentThread().interrupt();
                }
                SupervisedTraining.Outcome outcome = training(student, settings, stopped)
                        .withValidation(
                                validation(student, () -> Thread.currentThread().interrupt()))
                        .run(items(student));
                assertThat(Thread.interrupted()).as("the caller's thread").isTrue();
                assertThat(outcome.steps()).isEqualTo(step);
                assertThat(Checkpoint.last(stopped.resolve("checkpoints"))
                                .orElseThrow()
                                .step())
                        .isEqualTo(step);
            }
        }
        assertSameRun(stopped, whole);
    }

    @Test
    void aStepInHandIsGivenUpAndTheOneBeforeItStands() throws IOException {
        givenUpBitForBit(null);
    }

    @Test
    void aStepOfAdaptersInHandIsGivenUpAndTheOneBeforeItStands() throws IOException {
        givenUpBitForBit(new LoraConfig(4, 8.0, 0.0, List.of("all-linear"), false));
    }

    @Test
    void aStepByAutogradInHandIsGivenUpAndTheOneBeforeItStands() throws IOException {
        givenUpBitForBit(new LoraConfig(4, 8.0, 0.3, List.of("all-linear"), false));
    }

    /** The third step has read its first example when the training is asked to stop. */
    private void givenUpBitForBit(LoraConfig lora) throws IOException {
        TrainingSettings settings = settings(5, lora);
        Path whole = temporary.resolve("whole");
        try (LoadedModel student = student(5)) {
            training(student, settings, whole).run(items(student));
        }
        Path stopped = temporary.resolve("stopped");
        int[] read = {0};
        try (LoadedModel student = student(5);
                Interrupt interrupt = Interrupt.onThread()) {
            List<List<TokenExample>> items = items(student);
            SupervisedTraining.Outcome outcome = training(student, settings, stopped)
                    .withInterrupt(interrupt)
                    .run(new AbstractList<>() {
                        @Override
                        public List<TokenExample> get(int index) {
                            // All once for their hash, then eight a step.
                            if (++read[0] > items.size() + 2 * 8) {
                                interrupt.request();
                            }
                            return items.get(index);
                        }

                        @Override
                        public int size() {
                            return items.size();
                        }
                    });
            assertThat(outcome.steps()).isEqualTo(2);
            assertThat(outcome.finished()).isFalse();
        }
        assertThat(Checkpoint.last(stopped.resolve("checkpoints")).orElseThrow().step())
                .isEqualTo(2);
        try (LoadedModel student = student(5)) {
            assertThat(training(student, settings, stopped).run(items(student)).finished())
                    .isTrue();
        }
        assertSameRun(stopped, whole);
    }

    @Test
    void anInterruptionWhileACheckpointIsWrittenLosesNothing() throws IOException {
        TrainingSettings settings = settings(7, 1, null);
        Path whole = whole(settings);
        @SuppressWarnings("unchecked") // as in ObjectNode itself
        ObjectNode interrupting = new ObjectNode(JsonNodeFactory.instance) {
            @Override
            public String toPrettyString() {
                Thread.currentThread().interrupt();
                return super.toPrettyString();
            }
        };
        interrupting.put("eos_token_id", 1);
        Path stopped = temporary.resolve("stopped");
        try (LoadedModel usual = student(5)) {
            LoadedModel student = new LoadedModel(usual.model(), usual.tokenizer(), interrupting, usual.source());
            // Checkpoints are due after steps 3 and 6: what interrupts them is noticed in the step that follows.
            for (int step : new int[] {3, 6, 7}) {
                SupervisedTraining.Outcome outcome = training(student, settings, stopped)
                        .withValidation(validation(student, () -> {}))
                        .run(items(student));
                assertThat(Thread.interrupted()).as("the caller's thread").isTrue();
                assertThat(outcome.steps()).isEqualTo(step);
            }
        }
        assertSameRun(stopped, whole);
    }

    @Test
    @Timeout(120)
    void theSameModelTrainedAgainWaitsForTheStepInHandAndGoesOnFromIt() throws Exception {
        trainedAgain(null);
    }

    @Test
    @Timeout(120)
    void theSameAdaptersTrainedAgainWaitForTheStepInHandAndGoOnFromIt() throws Exception {
        trainedAgain(new LoraConfig(4, 8.0, 0.3, List.of("all-linear"), false));
    }

    private void trainedAgain(LoraConfig lora) throws Exception {
        TrainingSettings settings = settings(4, 1, lora);
        Path whole = whole(settings);
        Path folder = temporary.resolve("stopped");
        try (LoadedModel student = student(5)) {
            StepInHand held = new StepInHand(student, settings, folder);
            FutureTask<SupervisedTraining.Outcome> again = new FutureTask<>(() -> training(student, settings, folder)
                    .withValidation(validation(student, () -> {}))
                    .run(items(student)));

            held.stopWhileThisWaits(again);

            assertThat(held.outcome().steps()).isEqualTo(1);
            assertThat(again.get().finished()).isTrue();
            assertThat(again.get().tokens()).isPositive();
        }
        assertSameRun(folder, whole);
    }

    @Test
    @Timeout(120)
    void closingAModelWaitsForTheStepInHand() throws Exception {
        Path folder = temporary.resolve("stopped");
        LoadedModel student = student(5);
        StepInHand held = new StepInHand(student, settings(4, 1, null), folder);
        FutureTask<Boolean> closing = new FutureTask<>(() -> {
            student.close();
            return student.model().weights().manager().isOpen();
        });

        held.stopWhileThisWaits(closing);

        assertThat(held.outcome().steps()).isEqualTo(1);
        assertThat(closing.get()).isFalse();
        assertThat(Checkpoint.last(folder.resolve("checkpoints")).orElseThrow().step())
                .isEqualTo(1);
    }

    /** A training on a thread of its own that stands still in its first step, as one whose cell was freed. */
    private static final class StepInHand {

        private final Semaphore reached = new Semaphore(0);
        private final Semaphore goOn = new Semaphore(0);
        private final FutureTask<SupervisedTraining.Outcome> task;
        private final Thread thread;

        StepInHand(LoadedModel student, TrainingSettings settings, Path folder) {
            SupervisedTraining training = training(student, settings, folder).withValidation(validation(student, () -> {
                reached.release();
                goOn.acquireUninterruptibly();
            }));
            task = new FutureTask<>(() -> training.run(items(student)));
            thread = new Thread(task, "step in hand");
        }

        void stopWhileThisWaits(FutureTask<?> later) {
            thread.start();
            reached.acquireUninterruptibly();
            thread.interrupt();
            Thread waiting = new Thread(later, "later");
            waiting.start();
            while (!Autograd.turn().hasQueuedThread(waiting)) {
                assertThat(later.isDone()).isFalse();
                Thread.onSpinWait();
            }
            goOn.release();
        }

        SupervisedTraining.Outcome outcome() throws Exception {
            return task.get();
        }
    }

    private Path whole(TrainingSettings settings) throws IOException {
        Path whole = temporary.resolve("whole");
        try (LoadedModel student = student(5)) {
            assertThat(training(student, settings, whole)
                            .withValidation(validation(student, () -> {}))
                            .run(items(student))
                            .finished())
                    .isTrue();
        }
        return whole;
    }

    private static void assertSameRun(Path stopped, Path whole) throws IOException {
        assertThat(stopped.resolve("final/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("final/model.safetensors"));
        assertThat(losses(stopped)).isNotEmpty().isEqualTo(losses(whole));
        assertThat(stopped.resolve("tensorboard/events.out.tfevents.retort"))
                .hasSize(Files.size(whole.resolve("tensorboard/events.out.tfevents.retort")));
    }

    /** One item, read at the end of every step, before anything of the step is written. */
    private static List<List<TokenExample>> validation(LoadedModel student, Runnable whenRead) {
        List<TokenExample> item = items(student).get(0);
        return new AbstractList<>() {
            @Override
            public List<TokenExample> get(int index) {
                whenRead.run();
                return item;
            }

            @Override
            public int size() {
                return 1;
            }
        };
    }

    @Test
    void anOutcomeIsOneLine() {
        assertThat(new SupervisedTraining.Outcome(300, 300, 12_345, 41.4))
                .hasToString("finished: 300 of 300 steps, 12,345 tokens, 41 s");
        assertThat(new SupervisedTraining.Outcome(120, 3_000, 999, 0.6))
                .hasToString("stopped: 120 of 3,000 steps, 999 tokens, 1 s");
    }

    @Test
    void leavesAFinishedFolderAsItIs() throws IOException {
        Path folder = temporary.resolve("run");
        try (LoadedModel student = student(5)) {
            training(student, settings(3, null), folder).run(items(student));
        }
        byte[] weights = Files.readAllBytes(folder.resolve("final/model.safetensors"));
        try (LoadedModel student = student(6)) {
            SupervisedTraining.Outcome outcome =
                    training(student, settings(3, null), folder).run(items(student));
            assertThat(outcome.finished()).isTrue();
            assertThat(outcome.tokens()).isZero();
        }
        assertThat(folder.resolve("final/model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void refusesACheckpointOfOtherSettings() throws IOException {
        Path folder = temporary.resolve("run");
        try (LoadedModel student = student(5)) {
            training(student, settings(12, null), folder)
                    .withInterrupt(requested())
                    .run(items(student));
        }
        try (LoadedModel student = student(5)) {
            SupervisedTraining other = training(student, settings(13, null), folder);
            List<List<TokenExample>> items = items(student);
            assertThatThrownBy(() -> other.run(items))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("other settings");
        }
    }

    @Test
    void microBatchesOfAnySizeGiveOneGradientAndOneLoss() throws IOException {
        List<float[]> gradients = new ArrayList<>();
        List<LossParts> parts = new ArrayList<>();
        for (int rows : new int[] {1, 3, 16}) {
            try (LoadedModel student = student(5)) {
                student.model().weights().train(name -> true);
                List<TokenExample> examples =
                        items(student).stream().flatMap(List::stream).toList();
                SupervisedStep step = new SupervisedStep(student.model(), TERMS, rows, 1);
                parts.add(step.backward(examples, 0));
                try (NDArray gradient = student.model()
                        .weights()
                        .get("model.layers.0.mlp.up_proj.weight")
                        .getGradient()) {
                    gradients.add(gradient.toFloatArray());
                }
            }
        }
        for (int i = 1; i < gradients.size(); i++) {
            assertThat(gradients.get(i)).usingComparatorWithPrecision(1e-6f).containsExactly(gradients.get(0));
            assertThat(parts.get(i).weighted(TERMS)).isCloseTo(parts.get(0).weighted(TERMS), within(1e-5));
            assertThat(parts.get(i).terms().get("rationale").count())
                    .isEqualTo(parts.get(0).terms().get("rationale").count());
        }
    }

    @Test
    void aLongRationaleDoesNotDrownAShortLabel() throws IOException {
        // The label's gradient is what it would be alone, times its weight: it is divided by its own count.
        float[] both;
        float[] label;
        try (LoadedModel student = student(5)) {
            student.model().weights().train(name -> true);
            List<TokenExample> item = items(student).get(0);
            new SupervisedStep(student.model(), Map.of("answer", 1.0, "rationale", 0.0), 8, 1).backward(item, 0);
            both = gradientOfHead(student);
        }
        try (LoadedModel student = student(5)) {
            student.model().weights().train(name -> true);
            List<TokenExample> item = items(student).get(0).subList(0, 1);
            new SupervisedStep(student.model(), Map.of("answer", 1.0), 8, 1).backward(item, 0);
            label = gradientOfHead(student);
        }
        assertThat(both).usingComparatorWithPrecision(1e-6f).containsExactly(label);
    }

    @Test
    void refusesAKindWithoutAWeight() throws IOException {
        try (LoadedModel student = student(5)) {
            SupervisedStep step = new SupervisedStep(student.model(), Map.of("answer", 1.0), 8, 1);
            List<TokenExample> item = items(student).get(0);
            assertThatThrownBy(() -> step.backward(item, 0)).hasMessageContaining("rationale");
        }
    }

    private static float[] gradientOfHead(LoadedModel student) {
        try (NDArray gradient =
                student.model().weights().get("model.embed_tokens.weight").getGradient()) {
            return gradient.toFloatArray();
        }
    }

    private static SupervisedTraining training(LoadedModel student, TrainingSettings settings, Path folder) {
        return new SupervisedTraining(student, settings, TERMS, folder).withProgress("train", true, List.of());
    }

    private static TrainingSettings settings(int steps, LoraConfig lora) {
        return settings(steps, 0, lora);
    }

    private static TrainingSettings settings(int steps, int evalSteps, LoraConfig lora) {
        return settings(steps, evalSteps, null, lora);
    }

    private static TrainingSettings settings(int steps, int evalSteps, Boolean bf16, LoraConfig lora) {
        return new TrainingSettings(
                0.01, null, null, steps, 4, 2, null, 0.1, null, 0.01, null, null, null, null, 1, evalSteps, 3, 1, 9L,
                bf16, lora);
    }

    private static List<Double> losses(Path folder) throws IOException {
        List<Double> losses = new ArrayList<>();
        dev.retort.run.MetricLog.read(
                folder.resolve("metrics.jsonl"), row -> losses.add(row.values().get("loss")));
        return losses;
    }

    private static LoadedModel student(long seed) throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            words.add("w" + i);
        }
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 16).put("intermediate_size", 24);
        config.put("num_hidden_layers", 2).put("num_attention_heads", 2);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.2);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", 1);
        return new LoadedModel(Models.create(config, seed, Device.cpu()), tokenizer, generation, Path.of("scratch"));
    }

    private static List<List<TokenExample>> items(LoadedModel student) {
        ExampleEncoder encoder = new ExampleEncoder(student.tokenizer(), false, 1, 64);
        List<List<TokenExample>> items = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            String prompt = "w" + i % 5 + " w" + i % 7 + (i % 3 == 0 ? " w9 w10" : "");
            String rationale = " w" + i % 4 + " w11 w12" + " w13".repeat(i % 6);
            items.add(List.of(
                    encoder.encode(new Example("a" + i, prompt, " w" + (i + 3) % 20, "answer", List.of())),
                    encoder.encode(new Example("r" + i, prompt + " w19", rationale, "rationale", List.of()))));
        }
        return items;
    }

    /** Stops a training after one step. */
    private static Interrupt requested() {
        Interrupt interrupt = Interrupt.onThread();
        interrupt.request();
        return interrupt;
    }
}
