package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.LossParts;
import dev.retort.loss.ReverseKl;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import dev.retort.run.Progress;
import dev.retort.run.YamlConfig;
import dev.retort.signal.SignalStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Distillation from a teacher whose distributions are known. */
class DistillationTest {

    private static final Map<String, Double> TERMS = Map.of("answer", 0.5, SupervisedStep.DISTILLATION, 0.5);
    private static final Map<String, Double> TEACHER_ONLY = Map.of("answer", 0.0, SupervisedStep.DISTILLATION, 1.0);
    private static final HeadDivergence FORWARD = new HeadDivergence(new ForwardKl(), 1);

    @TempDir
    Path temporary;

    private static LoadedModel model(long seed, int layers) throws IOException {
        return model(seed, layers, 0);
    }

    /** @param padding ids behind the last token */
    private static LoadedModel model(long seed, int layers, int padding) throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            words.add("w" + i);
        }
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize() + padding);
        config.put("max_position_embeddings", 64);
        config.put("hidden_size", 16).put("intermediate_size", 24);
        config.put("num_hidden_layers", layers).put("num_attention_heads", 2);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.2);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", 1);
        return new LoadedModel(Models.create(config, seed, Device.cpu()), tokenizer, generation, Path.of("scratch"));
    }

    private static List<TokenExample> examples(LoadedModel model) {
        ExampleEncoder encoder = new ExampleEncoder(model.tokenizer(), false, 1, 64);
        List<TokenExample> examples = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String completion = " w" + (i + 3) % 20 + " w11".repeat(i % 4);
            examples.add(encoder.encode(new Example(
                    "a" + i, "w" + i % 5 + " w" + i % 7 + " w9".repeat(i % 3), completion, "answer", List.of())));
        }
        return examples;
    }

    private static OnlineTeacher online(LoadedModel teacher) {
        return new OnlineTeacher(
                teacher.model(),
                Math.toIntExact(teacher.model().head().getShape().get(0)));
    }

    private static float[] gradient(LoadedModel student, String name) {
        try (NDArray gradient = student.model().weights().get(name).getGradient()) {
            return gradient.toFloatArray();
        }
    }

    @Test
    void microBatchesOfAnySizeGiveOneGradientAndOneLoss() throws IOException {
        List<float[]> gradients = new ArrayList<>();
        List<LossParts> parts = new ArrayList<>();
        for (int rows : new int[] {1, 3, 8}) {
            try (LoadedModel student = model(5, 2);
                    LoadedModel teacher = model(6, 3)) {
                student.model().weights().train(name -> true);
                parts.add(new SupervisedStep(student.model(), TERMS, rows, 1)
                        .withTeacher(online(teacher), new HeadDivergence(new JensenShannon(0.3), 2))
                        .backward(examples(student), 0));
                gradients.add(gradient(student, "model.layers.0.mlp.up_proj.weight"));
                gradients.add(gradient(student, "model.embed_tokens.weight"));
            }
        }
        for (int i = 1; i < parts.size(); i++) {
            assertThat(gradients.get(2 * i)).containsExactly(gradients.get(0), within(1e-6f));
            assertThat(gradients.get(2 * i + 1)).containsExactly(gradients.get(1), within(1e-6f));
            for (String term : TERMS.keySet()) {
                LossParts.Term one = parts.get(i).terms().get(term);
                LossParts.Term other = parts.get(0).terms().get(term);
                assertThat(one.count()).isEqualTo(other.count());
                assertThat(one.sum()).isCloseTo(other.sum(), within(1e-4));
            }
        }
    }

    /** Dropout is not in the passes that are written out: PyTorch takes these back. */
    @Test
    void autogradGivesTheSameGradient() throws IOException {
        List<float[]> gradients = new ArrayList<>();
        for (double dropout : new double[] {0, 1e-12}) {
            try (LoadedModel student = model(5, 2);
                    LoadedModel teacher = model(6, 3)) {
                student.model().weights().addLora(new LoraConfig(2, 4.0, dropout, List.of("all-linear"), false), 3);
                new SupervisedStep(student.model(), TERMS, 8, 1)
                        .withTeacher(online(teacher), FORWARD)
                        .backward(examples(student), 0);
                try (NDArray gradient = student.model()
                        .weights()
                        .adapterArrays()
                        .get("model.layers.0.mlp.up_proj.lora_B.weight")
                        .getGradient()) {
                    gradients.add(gradient.toFloatArray());
                }
            }
        }
        assertThat(gradients.get(0)).containsExactly(gradients.get(1), within(1e-6f));
        assertThat(gradients.get(0)).isNotEqualTo(new float[gradients.get(0).length]);
    }

    @Test
    void aStudentThatIsTheTeacherHasNothingToLearn() throws IOException {
        try (LoadedModel student = model(5, 2);
                LoadedModel teacher = model(5, 2)) {
            student.model().weights().train(name -> true);
            LossParts parts = new SupervisedStep(student.model(), TEACHER_ONLY, 8, 1)
                    .withTeacher(online(teacher), FORWARD)
                    .backward(examples(student), 0);
            assertThat(parts.terms().get(SupervisedStep.DISTILLATION).mean()).isCloseTo(0, within(1e-6));
            for (float slope : gradient(student, "model.embed_tokens.weight")) {
                assertThat(slope).isCloseTo(0, within(1e-6f));
            }
        }
    }

    @Test
    void signalsFromDiskAreThoseOfTheTeacher() throws IOException {
        try (LoadedModel student = model(5, 2);
                LoadedModel teacher = model(6, 3);
                SignalStore store = SignalStore.open(temporary.resolve("signals"))) {
            int vocabulary = student.tokenizer().vocabularySize();
            List<TokenExample> examples = examples(student);
            StoredTeacher stored =
                    new StoredTeacher(store, "revision", "tokenizer", vocabulary, 2, TeacherSignal.Outside.BUCKET);
            SupervisedStep fromDisk = new SupervisedStep(student.model(), TERMS, 3, 1)
                    .withTeacher(stored, new HeadDivergence(new ReverseKl(), 2));
            assertThatThrownBy(() -> fromDisk.evaluate(examples))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no signal of this teacher with k = " + vocabulary);
            Interrupt now = Interrupt.onThread();
            now.request();
            assertThat(write(stored, teacher, examples, now)).isFalse();
            assertThat(store.keys()).isEmpty();
            for (int turn = 0; turn < 2; turn++) {
                assertThat(write(stored, teacher, examples, Interrupt.onThread()))
                        .isTrue();
                assertThat(store.keys()).hasSize(8);
            }
            LossParts ofDisk = fromDisk.evaluate(examples);
            LossParts ofTeacher = new SupervisedStep(student.model(), TERMS, 8, 1)
                    .withTeacher(online(teacher), new HeadDivergence(new ReverseKl(), 2))
                    .evaluate(examples);
            for (String term : TERMS.keySet()) {
                assertThat(ofDisk.terms().get(term).sum())
                        .isCloseTo(ofTeacher.terms().get(term).sum(), within(1e-4));
            }
        }
    }

    private static boolean write(
            StoredTeacher stored, LoadedModel teacher, List<TokenExample> examples, Interrupt interrupt)
            throws IOException {
        int vocabulary = teacher.model().config().vocabularySize();
        TopKTeacher beside = new TopKTeacher(
                (CausalLm) teacher.model(), vocabulary, stored.k(), stored.temperature(), stored.outside());
        try (Progress progress = Progress.onStandardError("signals", 0, examples.size(), true, List.of())) {
            return stored.write(beside, examples, progress, interrupt);
        }
    }

    /** A turn of the user between two of the assistant carries no loss, and its tokens have no part in the signal. */
    @Test
    void labelsWithAGapTakeTheirOwnSignals() throws IOException {
        try (LoadedModel teacher = model(6, 2);
                SignalStore store = SignalStore.open(temporary.resolve("signals"))) {
            int[] input = {4, 5, 6, 7, 8, 9};
            int[] labels = {-100, 5, 6, -100, -100, 9};
            List<TokenExample> examples = List.of(new TokenExample("a", "answer", 1, input, labels));
            StoredTeacher stored = new StoredTeacher(store, "r", "t", 23, 1, TeacherSignal.Outside.ZERO);
            write(stored, teacher, examples, Interrupt.onThread());
            SupervisedStep step = new SupervisedStep(teacher.model(), TEACHER_ONLY, 8, 1).withTeacher(stored, FORWARD);
            assertThat(step.evaluate(examples)
                            .terms()
                            .get(SupervisedStep.DISTILLATION)
                            .mean())
                    .isCloseTo(0, within(1e-5));
        }
    }

    @Test
    void aStepByItselfSamplesItsCompletions() throws IOException {
        try (LoadedModel student = model(5, 2)) {
            List<TokenExample> data = examples(student);
            SamplingParams sampling = SamplingParams.none().withTemperature(1.0).withMaxTokens(6);
            List<TokenExample> sampled = new OnPolicy(student, 1, sampling, 3).of(data, 4, () -> false);
            assertThat(new OnPolicy(student, 1, sampling, 3).of(data, 4, () -> false))
                    .isEqualTo(sampled);
            assertThat(new OnPolicy(student, 1, sampling, 3).of(data, 5, () -> false))
                    .isNotEqualTo(sampled);
            assertThat(new OnPolicy(student, 0, sampling, 3).of(data, 4, () -> false))
                    .isEqualTo(data);
            for (int i = 0; i < data.size(); i++) {
                TokenExample before = data.get(i);
                TokenExample after = sampled.get(i);
                int prompt = (int) Arrays.stream(before.labels())
                        .takeWhile(label -> label == TokenExample.IGNORED)
                        .count();
                assertThat(after.id()).isEqualTo(before.id());
                assertThat(after.input()).startsWith(Arrays.copyOf(before.input(), prompt));
                assertThat(after.labelled()).isEqualTo(after.length() - prompt).isBetween(1, 6);
                assertThat(Arrays.copyOf(after.labels(), prompt)).containsOnly(TokenExample.IGNORED);
            }
            int own = 0;
            OnPolicy half = new OnPolicy(student, 0.5, sampling, 3);
            for (int step = 0; step < 20; step++) {
                own += half.of(data, step, () -> false).equals(data) ? 0 : 1;
            }
            assertThat(own).isBetween(4, 16);
            assertThatThrownBy(() -> new OnPolicy(student, 2, sampling, 3)).hasMessage("lmbda must be 0 to 1, not 2.0");
        }
    }

    @Test
    void trainingBringsTheStudentNearAndGoesOnBitForBit() throws IOException {
        Path whole = temporary.resolve("whole");
        Path stopped = temporary.resolve("stopped");
        try (LoadedModel teacher = model(6, 3)) {
            double before;
            double after;
            try (LoadedModel student = model(5, 2)) {
                before = distance(student, teacher);
                training(student, teacher, whole).run(items(student));
                after = distance(student, teacher);
            }
            assertThat(after).isLessThan(before / 2);
            for (int step = 0; step < 3; step++) {
                try (LoadedModel student = model(5, 2)) {
                    Interrupt now = Interrupt.onThread();
                    now.request();
                    training(student, teacher, stopped).withInterrupt(now).run(items(student));
                }
            }
            try (LoadedModel student = model(5, 2)) {
                training(student, teacher, stopped).run(items(student));
            }
        }
        assertThat(stopped.resolve("final/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("final/model.safetensors"));
    }

    private Path saved(String name, long seed, int layers, int padding) throws IOException {
        Path folder = temporary.resolve(name);
        try (LoadedModel model = model(seed, layers, padding)) {
            Models.save(model, folder);
        }
        return folder;
    }

    /** @param padding of the teacher's vocabulary */
    private Distillation open(LoadedModel student, int padding, String... settings) throws IOException {
        return Distillation.open(
                student,
                saved("teacher-" + padding, 6, 3, padding),
                Device.cpu(),
                YamlConfig.read("", "test", DistillationSettings.class, List.of(settings)));
    }

    private static boolean begin(Distillation distillation, LoadedModel student, Path folder, Interrupt interrupt)
            throws IOException {
        TrainingSettings settings = TrainingSettings.defaults().withMaxSteps(2);
        SupervisedTraining training = new SupervisedTraining(
                        student, settings, distillation.settings().terms(Map.of("answer", 1.0)), folder)
                .withProgress("train", true, List.of());
        return distillation.begin(training, examples(student), folder, 7, true, interrupt)
                && training.run(items(student)).finished();
    }

    @Test
    void aTeacherIsTrimmedAndItsSignalsAreWrittenOnce() throws IOException {
        String[] settings = {"teacher_top_k=5", "trim_vocabulary=true", "divergence=jsd"};
        Path folder = temporary.resolve("run");
        Path saved = saved("student", 5, 2, 0);
        Interrupt now = Interrupt.onThread();
        now.request();
        try (LoadedModel student = Models.load(saved, Device.cpu());
                Distillation distillation = open(student, 9, settings)) {
            assertThat(distillation.vocabulary()).isEqualTo(23);
            assertThat(distillation.maxPositions()).isEqualTo(64);
            assertThat(begin(distillation, student, folder, now)).isFalse();
            assertThat(folder.resolve("metrics.jsonl")).doesNotExist();
        }
        Path signals = temporary.resolve("again/signals");
        for (String run : List.of("run", "again")) {
            try (LoadedModel student = Models.load(saved, Device.cpu());
                    Distillation distillation = open(student, 9, settings)) {
                if (run.equals("again")) {
                    Files.createDirectories(signals.getParent());
                    Files.move(folder.resolve("signals"), signals);
                }
                assertThat(begin(distillation, student, temporary.resolve(run), Interrupt.onThread()))
                        .isTrue();
            }
        }
        try (SignalStore store = SignalStore.openToRead(signals)) {
            assertThat(store.keys()).hasSize(8);
        }
        assertThat(signals.resolve("signals-00002.safetensors")).doesNotExist();
        assertThat(temporary.resolve("again/final/model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("final/model.safetensors"));
    }

    @Test
    void aTrainingDoesNotGoOnWithAnotherTeacher() throws IOException {
        Path folder = temporary.resolve("run");
        try (LoadedModel student = model(5, 2);
                LoadedModel teacher = model(6, 3)) {
            Interrupt now = Interrupt.onThread();
            now.request();
            training(student, teacher, folder)
                    .withTeacherRevision("one")
                    .withInterrupt(now)
                    .run(items(student));
        }
        try (LoadedModel student = model(5, 2);
                LoadedModel teacher = model(6, 3)) {
            assertThatThrownBy(() -> training(student, teacher, folder)
                            .withTeacherRevision("other")
                            .run(items(student)))
                    .hasMessageContaining("made with other settings or data");
        }
    }

    @Test
    void saysWhyATeacherAndAStudentDoNotFit() throws IOException {
        try (LoadedModel student = model(5, 2);
                LoadedModel longer = model(5, 2, 1)) {
            assertThatThrownBy(() -> open(student, 9))
                    .hasMessage(temporary.resolve("teacher-9") + ": the teacher's vocabulary has 32 ids and the"
                            + " student's 23: their tokens are the same, so trim both to 23");
            assertThatThrownBy(() -> open(longer, 0, "trim_vocabulary=true"))
                    .hasMessageEndingWith("the teacher's vocabulary has 23 ids and the student's 24: only the teacher's"
                            + " can be trimmed");
            assertThatThrownBy(() -> open(student, 0, "teacher_top_k=24"))
                    .hasMessageEndingWith("teacher_top_k is 24, and the vocabulary has 23 ids");
            assertThatThrownBy(() -> open(student, 0, "hidden_states_weight=1", "hidden_states_layers=[1:1,2:4]"))
                    .hasMessageEndingWith(
                            "hidden_states_layers has 2:4, and the student has 2 layers and the teacher 3");
            try (Distillation distillation = open(student, 0, "lmbda=1", "max_completion_length=62")) {
                assertThatThrownBy(() -> begin(distillation, student, temporary, Interrupt.onThread()))
                        .hasMessage("example a1: its prompt and max_completion_length make 65 tokens, and the models"
                                + " read 64; lower max_completion_length");
            }
        }
        ObjectNode config = Rows.mapper().createObjectNode().put("model_type", "t5");
        config.put("vocab_size", 23).put("d_model", 16).put("d_kv", 8).put("d_ff", 24);
        config.put("num_layers", 1).put("num_heads", 2);
        try (LoadedModel student = new LoadedModel(
                Models.create(config, 5, Device.cpu()), null, Rows.mapper().createObjectNode(), temporary)) {
            assertThatThrownBy(() -> open(student, 0))
                    .hasMessageEndingWith("teacher and student must both be decoder-only or both encoder-decoders");
        }
    }

    private static double distance(LoadedModel student, LoadedModel teacher) throws IOException {
        return new SupervisedStep(student.model(), TEACHER_ONLY, 8, 1)
                .withTeacher(online(teacher), FORWARD)
                .evaluate(examples(student))
                .terms()
                .get(SupervisedStep.DISTILLATION)
                .mean();
    }

    private static SupervisedTraining training(LoadedModel student, LoadedModel teacher, Path folder) {
        TrainingSettings settings = TrainingSettings.defaults().withMaxSteps(40).withLearningRate(0.01);
        SamplingParams sampling = SamplingParams.none().withTemperature(1.0).withMaxTokens(5);
        return new SupervisedTraining(student, settings, TEACHER_ONLY, folder)
                .withTeacher(online(teacher), FORWARD)
                .withOnPolicy(new OnPolicy(student, 0.5, sampling, 7))
                .withProgress("train", true, List.of());
    }

    private static List<List<TokenExample>> items(LoadedModel student) {
        return examples(student).stream().map(List::of).toList();
    }
}
