package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.retort.op.Autograd;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** AdamW and the schedules against torch and transformers; src/test/python/train_golden.py made the numbers. */
class GoldenTest {

    private final JsonNode golden;

    GoldenTest() throws IOException {
        golden = new ObjectMapper().readTree(GoldenTest.class.getResource("/train/golden.json"));
    }

    @Test
    void adamWEqualsTorch() {
        JsonNode json = golden.get("adamw");
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray matrix = manager.create(floats(json.at("/start/matrix")), new Shape(3, 4));
            NDArray vector = manager.create(floats(json.at("/start/vector")), new Shape(5));
            matrix.setRequiresGradient(true);
            vector.setRequiresGradient(true);
            Map<String, NDArray> weights = new LinkedHashMap<>();
            weights.put("matrix", matrix);
            weights.put("vector", vector);
            AdamW.Settings settings = new AdamW.Settings(0.9, 0.95, 1e-8, 0.1, 1);
            try (AdamW optimizer = new AdamW(weights, settings, manager)) {
                for (JsonNode step : json.get("steps")) {
                    try (Autograd tape = Autograd.record();
                            NDManager scratch = manager.newSubManager()) {
                        NDArray gradientOfMatrix = scratch.create(floats(step.get("grad_matrix")), new Shape(3, 4));
                        NDArray gradientOfVector = scratch.create(floats(step.get("grad_vector")), new Shape(5));
                        tape.backward(gradientOfMatrix
                                .mul(matrix)
                                .sum()
                                .add(gradientOfVector.mul(vector).sum()));
                    }
                    double norm = optimizer.step(step.get("learning_rate").doubleValue());
                    assertThat(norm).isCloseTo(step.get("norm").doubleValue(), within(1e-5));
                    assertClose(matrix, floats(step.get("matrix")));
                    assertClose(vector, floats(step.get("vector")));
                }
                assertThat(optimizer.steps()).isEqualTo(6);
            }
        }
    }

    @Test
    void schedulesEqualTransformers() {
        for (JsonNode row : golden.get("schedules")) {
            LearningRate.Kind kind =
                    LearningRate.Kind.valueOf(row.get("kind").textValue().toUpperCase(Locale.ROOT));
            LearningRate rate = new LearningRate(
                    kind, 0.5, row.get("warmup").intValue(), row.get("total").intValue());
            for (int step = 0; step < row.get("total").intValue(); step++) {
                assertThat(rate.at(step))
                        .as("%s, warm-up %s, step %s", kind, row.get("warmup"), step)
                        .isCloseTo(row.get("values").get(step).doubleValue(), within(1e-12));
            }
        }
    }

    private static void assertClose(NDArray array, float[] expected) {
        assertThat(array.toFloatArray()).usingComparatorWithPrecision(2e-6f).containsExactly(expected);
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
