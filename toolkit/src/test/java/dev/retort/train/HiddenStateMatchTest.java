package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.LossParts;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import dev.retort.run.MetricLog;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hidden states near a teacher's; src/test/python/hidden_golden.py made the golden numbers. */
class HiddenStateMatchTest {

    private static final Map<String, Double> HIDDEN_ONLY =
            Map.of("answer", 0.0, SupervisedStep.DISTILLATION, 0.0, SupervisedStep.HIDDEN_STATES, 1.0);
    private static final Map<String, Double> TERMS =
            Map.of("answer", 0.5, SupervisedStep.DISTILLATION, 0.5, SupervisedStep.HIDDEN_STATES, 0.3);
    private static final Map<String, Double> TEACHER_ONLY =
            Map.of("answer", 0.0, SupervisedStep.DISTILLATION, 1.0, SupervisedStep.HIDDEN_STATES, 0.3);
    private static final HeadDivergence FORWARD = new HeadDivergence(new ForwardKl(), 1);
    private static final List<LayerPair> PAIRS = List.of(new LayerPair(1, 2), new LayerPair(2, 3));
    private static final int TEACHER_WIDTH = 24;

    private final JsonNode golden;

    @TempDir
    Path temporary;

    HiddenStateMatchTest() throws IOException {
        golden = Rows.mapper().readTree(HiddenStateMatchTest.class.getResource("/train/hidden.json"));
    }

    private static LanguageModel model(long seed, int layers, int width) {
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", 23).put("max_position_embeddings", 64);
        config.put("hidden_size", width).put("intermediate_size", 24);
        config.put("num_hidden_layers", layers).put("num_attention_heads", 2);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.2);
        return Models.create(config, seed, Device.cpu());
    }

    private static LanguageModel student() {
        return model(5, 2, 16);
    }

    private static LanguageModel teacher() {
        return model(6, 3, TEACHER_WIDTH);
    }

    private static OnlineTeacher online(LanguageModel teacher) {
        return new OnlineTeacher(teacher, teacher.config().vocabularySize());
    }

    private static List<TokenExample> examples() {
        List<TokenExample> examples = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 8; i++) {
            int[] ids = random.ints(3 + i % 5, 0, 23).toArray();
            int[] labels = ids.clone();
            labels[0] = TokenExample.IGNORED;
            examples.add(new TokenExample("a" + i, "answer", i == 3 ? 0.5 : 1, ids, labels));
        }
        return examples;
    }

    private static LoadedModel loaded(String name) throws IOException {
        URI readme;
        try {
            readme = HiddenStateMatchTest.class.getResource("/models/README.md").toURI();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        return Models.load(Path.of(readme).resolveSibling(name), Device.cpu());
    }

    private List<TokenExample> goldenExamples() {
        List<TokenExample> examples = new ArrayList<>();
        for (int row = 0; row < golden.get("ids").size(); row++) {
            int[] ids = Rows.mapper().convertValue(golden.get("ids").get(row), int[].class);
            int[] labels = Rows.mapper().convertValue(golden.get("labels").get(row), int[].class);
            examples.add(new TokenExample("row" + row, "answer", 1, ids, labels));
        }
        return examples;
    }

    private static float[] floats(JsonNode array) {
        return Rows.mapper().convertValue(array, float[].class);
    }

    private static float[] gradient(NDArray array) {
        try (NDArray gradient = array.getGradient()) {
            return gradient.toFloatArray();
        }
    }

    private static LossParts.Term hidden(LossParts parts) {
        return parts.terms().get(SupervisedStep.HIDDEN_STATES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-mha", "qwen3", "gpt2"})
    void statesAreThoseOfTransformers(String name) throws IOException {
        try (LoadedModel loaded = loaded(name);
                TokenBatch batch = new TokenBatch(
                        goldenExamples(), false, loaded.model().weights().manager())) {
            NDList states = loaded.model().labelStates(batch, List.of(1, 2));
            assertThat(states.get(0).toFloatArray()).isEqualTo(states.get(2).toFloatArray());
            for (int layer = 1; layer <= 2; layer++) {
                float[] expected = floats(golden.get("states").get(name).get(layer - 1));
                assertThat(states.get(layer).toFloatArray()).containsExactly(expected, within(1e-4f));
            }
        }
    }

    @Test
    void errorAndGradientsAreThoseOfTorch() throws IOException {
        List<LayerPair> pairs = new ArrayList<>();
        golden.get("pairs")
                .forEach(pair -> pairs.add(new LayerPair(
                        pair.get("student").intValue(), pair.get("teacher").intValue())));
        try (LoadedModel student = loaded(golden.get("student").textValue());
                LoadedModel teacher = loaded(golden.get("teacher").textValue());
                HiddenStateMatch match = new HiddenStateMatch(
                        pairs, student.model(), teacher.model().config().hiddenSize(), 1)) {
            student.model().weights().train(name -> true);
            Iterator<JsonNode> values = golden.get("pairs").elements();
            match.projections()
                    .values()
                    .forEach(projection -> projection.set(floats(values.next().get("projection"))));
            SupervisedStep step = new SupervisedStep(student.model(), HIDDEN_ONLY, 8, 1)
                    .withTeacher(online(teacher.model()), FORWARD)
                    .withHiddenStates(match);
            double sum = golden.get("sum").doubleValue();
            assertThat(hidden(step.evaluate(goldenExamples())).sum()).isCloseTo(sum, within(1e-4 * sum));
            LossParts.Term term = hidden(step.backward(goldenExamples(), 0));
            assertThat(term.sum()).isCloseTo(sum, within(1e-4 * sum));
            assertThat(term.count()).isEqualTo(6);
            golden.get("gradients").fields().forEachRemaining(entry -> assertThat(
                            gradient(student.model().weights().get(entry.getKey())))
                    .as(entry.getKey())
                    .containsExactly(floats(entry.getValue()), within(2e-4f)));
            Iterator<JsonNode> gradients = golden.get("pairs").elements();
            match.projections().forEach((name, projection) -> assertThat(gradient(projection))
                    .as(name)
                    .containsExactly(floats(gradients.next().get("gradient")), within(2e-4f)));
        }
    }

    @Test
    void microBatchesOfAnySizeGiveOneGradientAndOneLoss() throws IOException {
        List<LossParts.Term> terms = new ArrayList<>();
        List<float[]> gradients = new ArrayList<>();
        for (int rows : new int[] {1, 3, 8}) {
            try (LanguageModel student = student();
                    LanguageModel teacher = teacher();
                    HiddenStateMatch match = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 1)) {
                student.weights().train(name -> true);
                terms.add(hidden(new SupervisedStep(student, TERMS, rows, 1)
                        .withTeacher(online(teacher), FORWARD)
                        .withHiddenStates(match)
                        .backward(examples(), 0)));
                gradients.add(gradient(student.weights().get("model.layers.0.mlp.up_proj.weight")));
                gradients.add(gradient(match.projections().get("projection.2.3")));
            }
        }
        for (int i = 1; i < terms.size(); i++) {
            assertThat(terms.get(i).count()).isEqualTo(terms.get(0).count());
            assertThat(terms.get(i).sum()).isCloseTo(terms.get(0).sum(), within(1e-3));
            assertThat(gradients.get(2 * i)).containsExactly(gradients.get(0), within(1e-5f));
            assertThat(gradients.get(2 * i + 1)).containsExactly(gradients.get(1), within(1e-5f));
        }
    }

    /** Dropout is not in the passes that are written out: PyTorch takes these back. */
    @Test
    void autogradGivesTheSameGradients() throws IOException {
        List<float[]> gradients = new ArrayList<>();
        for (double dropout : new double[] {0, 1e-12}) {
            try (LanguageModel student = student();
                    LanguageModel teacher = teacher();
                    HiddenStateMatch match = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 1)) {
                student.weights().addLora(new LoraConfig(2, 4.0, dropout, List.of("all-linear"), false), 3);
                new SupervisedStep(student, TERMS, 8, 1)
                        .withTeacher(online(teacher), FORWARD)
                        .withHiddenStates(match)
                        .backward(examples(), 0);
                gradients.add(
                        gradient(student.weights().adapterArrays().get("model.layers.0.mlp.up_proj.lora_B.weight")));
                gradients.add(gradient(match.projections().get("projection.1.2")));
            }
        }
        assertThat(gradients.get(0)).containsExactly(gradients.get(2), within(1e-5f));
        assertThat(gradients.get(1)).containsExactly(gradients.get(3), within(1e-5f));
        assertThat(gradients.get(0)).isNotEqualTo(new float[gradients.get(0).length]);
    }

    @Test
    void projectionsBeginAsTheIdentityOrBySeed() {
        try (LanguageModel student = student();
                HiddenStateMatch equal = new HiddenStateMatch(PAIRS, student, 16, 1);
                HiddenStateMatch one = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 1);
                HiddenStateMatch same = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 1);
                HiddenStateMatch other = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 2)) {
            String name = "projection.1.2";
            float[] identity = equal.projections().get(name).toFloatArray();
            for (int i = 0; i < identity.length; i++) {
                assertThat(identity[i]).isEqualTo(i % 17 == 0 ? 1 : 0);
            }
            float[] values = one.projections().get(name).toFloatArray();
            assertThat(values)
                    .hasSize(TEACHER_WIDTH * 16)
                    .isEqualTo(same.projections().get(name).toFloatArray());
            assertThat(values).isNotEqualTo(other.projections().get(name).toFloatArray());
            assertThat(values)
                    .isNotEqualTo(one.projections().get("projection.2.3").toFloatArray());
            for (float value : values) {
                assertThat(value).isBetween(-0.25f, 0.25f);
            }
        }
    }

    @Test
    void aTeacherMustReadEachBatch() {
        try (LanguageModel student = student();
                HiddenStateMatch match = new HiddenStateMatch(PAIRS, student, TEACHER_WIDTH, 1)) {
            SupervisedStep step = new SupervisedStep(student, TERMS, 8, 1);
            assertThatThrownBy(() -> step.withHiddenStates(match))
                    .hasMessage("hidden states are those of a teacher that reads each batch: give it first");
            SupervisedStep without = new SupervisedStep(student, Map.of("answer", 1.0), 8, 1);
            assertThatThrownBy(() -> without.withHiddenStates(match))
                    .hasMessage("the term 'hidden' has no weight; weights: [answer]");
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 3, '1:2, 2:3'", "4, 12, '1:3, 2:6, 3:9, 4:12'", "3, 2, '1:1, 2:2, 3:2'", "1, 5, 1:5"})
    void layersAreMappedUniformly(int ofStudent, int ofTeacher, String pairs) {
        assertThat(LayerPair.uniform(ofStudent, ofTeacher)).hasToString("[" + pairs + "]");
        assertThat(pairs.split(", "))
                .allMatch(pair -> LayerPair.parse(pair).toString().equals(pair));
    }

    @Test
    void trainingLowersTheErrorAndTheDivergenceAndGoesOnBitForBit() throws IOException {
        bringsNearAndGoesOn(null);
    }

    @Test
    void withAdaptersToo() throws IOException {
        bringsNearAndGoesOn(new LoraConfig(4, 8.0, 0.1, List.of("all-linear"), false));
    }

    private void bringsNearAndGoesOn(LoraConfig lora) throws IOException {
        Path whole = temporary.resolve("whole");
        Path stopped = temporary.resolve("stopped");
        try (LanguageModel teacher = teacher()) {
            train(teacher, whole, lora, PAIRS, false);
            List<Map<String, Double>> rows = new ArrayList<>();
            MetricLog.read(whole.resolve("metrics.jsonl"), row -> rows.add(row.values()));
            Map<String, Double> first = rows.get(0);
            Map<String, Double> last = rows.get(rows.size() - 1);
            assertThat(last.get("loss/hidden")).isLessThan(first.get("loss/hidden") * 0.6);
            assertThat(last.get("loss/kd")).isLessThan(first.get("loss/kd") * 0.6);
            assertThat(last.get("loss")).isCloseTo(last.get("loss/kd") + 0.3 * last.get("loss/hidden"), within(1e-5));
            for (int step = 0; step < 3; step++) {
                train(teacher, stopped, lora, PAIRS, true);
            }
            assertThat(stopped.resolve("checkpoints/step-000003/projections.safetensors"))
                    .isRegularFile();
            assertThatThrownBy(() -> train(teacher, stopped, lora, PAIRS.subList(0, 1), true))
                    .hasMessageContaining("made with other settings");
            train(teacher, stopped, lora, PAIRS, false);
        }
        assertThat(stopped.resolve("final/model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("final/model.safetensors"));
        assertThat(stopped.resolve("checkpoints/step-000040/projections.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("checkpoints/step-000040/projections.safetensors"));
        try (var files = Files.list(whole.resolve("final"))) {
            assertThat(files)
                    .extracting(path -> path.getFileName().toString())
                    .doesNotContain("projections.safetensors");
        }
    }

    private static void train(
            LanguageModel teacher, Path folder, LoraConfig lora, List<LayerPair> pairs, boolean isStopped)
            throws IOException {
        TrainingSettings settings = TrainingSettings.defaults()
                .withMaxSteps(40)
                .withLearningRate(0.02)
                .withLora(lora);
        try (LanguageModel student = student()) {
            LoadedModel loaded = new LoadedModel(student, null, Rows.mapper().createObjectNode(), Path.of("scratch"));
            SupervisedTraining training = new SupervisedTraining(loaded, settings, TEACHER_ONLY, folder)
                    .withTeacher(online(teacher), FORWARD)
                    .withHiddenStates(pairs, TEACHER_WIDTH)
                    .withProgress("train", true, List.of());
            if (isStopped) {
                Interrupt now = Interrupt.onThread();
                now.request();
                training.withInterrupt(now);
            }
            training.run(examples().stream().map(List::of).toList());
        }
    }
}
