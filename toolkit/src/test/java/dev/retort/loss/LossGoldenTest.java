package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The divergences against TRL and autograd; src/test/python/loss_golden.py made the numbers. */
class LossGoldenTest {

    private static final Map<String, Divergence> LOSSES = Map.ofEntries(
            Map.entry("forward-kl", new ForwardKl()),
            Map.entry("reverse-kl", new ReverseKl()),
            Map.entry("jsd beta=0.1", new JensenShannon(0.1)),
            Map.entry("jsd beta=0.5", new JensenShannon(0.5)),
            Map.entry("jsd beta=0.9", new JensenShannon(0.9)),
            Map.entry("teacher-cross-entropy", new TeacherCrossEntropy()),
            Map.entry("symmetric-kl", new SymmetricKl()),
            Map.entry("skew-kl alpha=0.1", new SkewKl(0.1)),
            Map.entry("skew-reverse-kl alpha=0.1", new SkewReverseKl(0.1)),
            Map.entry("total-variation", new TotalVariation()),
            Map.entry("adaptive-kl mu=0.5", new AdaptiveKl(0.5)));

    private final JsonNode golden;
    private final int rows;
    private final int vocabulary;

    LossGoldenTest() throws IOException {
        golden = new ObjectMapper().readTree(LossGoldenTest.class.getResource("/loss/golden.json"));
        rows = golden.get("rows").intValue();
        vocabulary = golden.get("vocabulary").intValue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void logitsGiveTheGoldenNumbers(int index) {
        JsonNode json = golden.get("cases").get(index);
        float[] student = floats(json.get("student"));
        float[] teacher = floats(json.get("teacher"));
        double temperature = json.get("temperature").doubleValue();
        assertThat(json.get("losses")).hasSize(LOSSES.size());
        LOSSES.forEach((name, divergence) -> {
            float[] gradient = new float[student.length];
            for (int row = 0; row < rows; row++) {
                double value =
                        LogitDivergence.row(divergence, student, teacher, row, vocabulary, temperature, gradient);
                double expected = json.at("/losses/" + name + "/values/" + row).doubleValue();
                assertThat(value).as(name).isCloseTo(expected, within(1e-9 * (1 + expected)));
            }
            float[] expected = floats(json.at("/losses/" + name + "/gradient"));
            assertThat(gradient).as(name).containsExactly(expected, within(2e-7f * (1 + largest(expected))));
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void hiddenStatesGiveTheGoldenNumbers(int index) {
        JsonNode json = golden.get("cases").get(index);
        double temperature = json.get("temperature").doubleValue();
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            // Under a head of ones on the diagonal the hidden states are the logits.
            NDArray head = manager.eye(vocabulary);
            Shape shape = new Shape(rows, vocabulary);
            NDArray student = manager.create(floats(json.get("student")), shape);
            TeacherSignal teacher = new TeacherSignal.Hidden(manager.create(floats(json.get("teacher")), shape), head);
            LOSSES.forEach((name, divergence) -> {
                HeadDivergence.Result result = new HeadDivergence(divergence, temperature)
                        .withGradient(student, head, teacher, new float[] {1, 1, 1, 1});
                for (int row = 0; row < rows; row++) {
                    double expected =
                            json.at("/losses/" + name + "/values/" + row).doubleValue();
                    assertThat((double) result.values()[row])
                            .as(name)
                            .isCloseTo(expected, within(1e-6 * (1 + expected)));
                }
                float[] expected = floats(json.at("/losses/" + name + "/gradient"));
                assertThat(result.gradient().toFloatArray())
                        .as(name)
                        .containsExactly(expected, within(2e-6f * (1 + largest(expected))));
            });
        }
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
