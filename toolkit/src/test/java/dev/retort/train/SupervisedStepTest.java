package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.LossParts;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoraConfig;
import dev.retort.model.Models;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step with products in bfloat16 against the same step in float32. */
class SupervisedStepTest {

    private static final int VOCABULARY = 60;

    private record Step(LossParts parts, Map<String, float[]> gradients) {}

    @ParameterizedTest
    @CsvSource({"all,false", "all,true", "adapters,false", "adapters,true", "some,true"})
    void bfloat16IsNearFloat32(String trained, boolean withTeacher) throws IOException {
        Step exact = step(Precision.FLOAT32, trained, withTeacher);
        Step rounded = step(Precision.BFLOAT16, trained, withTeacher);
        assertThat(rounded.parts().terms().keySet())
                .isEqualTo(exact.parts().terms().keySet());
        exact.parts().terms().forEach((name, term) -> {
            LossParts.Term other = rounded.parts().terms().get(name);
            assertThat(other.count()).isEqualTo(term.count());
            assertThat(Math.abs(other.mean() / term.mean() - 1)).as(name).isBetween(1e-9, 1e-2);
        });
        assertThat(rounded.gradients()).hasSameSizeAs(exact.gradients());
        double[] whole = new double[3];
        exact.gradients().forEach((name, expected) -> {
            double[] sums = sums(expected, rounded.gradients().get(name));
            assertThat(sums[1]).as(name).isPositive();
            assertThat(cosine(sums)).as(name).isGreaterThan(0.999);
            for (int i = 0; i < 3; i++) {
                whole[i] += sums[i];
            }
        });
        double difference = Math.sqrt((whole[0] + whole[1] - 2 * whole[2]) / whole[1]);
        assertThat(difference).as("norm of the difference over the gradient's").isBetween(1e-5, 2e-2);
    }

    /** Squares of both and their product. */
    private static double[] sums(float[] expected, float[] found) {
        double[] sums = new double[3];
        for (int i = 0; i < expected.length; i++) {
            sums[0] += (double) found[i] * found[i];
            sums[1] += (double) expected[i] * expected[i];
            sums[2] += (double) expected[i] * found[i];
        }
        return sums;
    }

    private static double cosine(double[] sums) {
        return sums[2] / Math.sqrt(sums[0] * sums[1]);
    }

    private static Step step(Precision precision, String trained, boolean withTeacher) throws IOException {
        try (LanguageModel model = model(1);
                LanguageModel teacher = model(2)) {
            switch (trained) {
                case "all" -> model.weights().train(name -> true);
                case "some" -> model.weights().train(name -> name.contains("layers.1"));
                default -> adapters(model);
            }
            model.setPrecision(precision);
            SupervisedStep step =
                    new SupervisedStep(model, Map.of("a", 0.7, "b", 0.3, SupervisedStep.DISTILLATION, 0.5), 4, 1);
            if (withTeacher) {
                step.withTeacher(new OnlineTeacher(teacher, VOCABULARY), new HeadDivergence(new ForwardKl(), 1));
            }
            LossParts parts = step.backward(examples(), 0);
            Map<String, float[]> gradients = new LinkedHashMap<>();
            model.weights().trainable().forEach((name, array) -> {
                try (NDArray gradient = array.getGradient()) {
                    gradients.put(name, gradient.toFloatArray());
                }
            });
            return new Step(parts, gradients);
        }
    }

    private static void adapters(LanguageModel model) {
        model.weights().addLora(new LoraConfig(4, 8.0, 0.0, List.of("all-linear"), false), 5);
        // B starts at zero, where half of the gradients vanish.
        SplittableRandom random = new SplittableRandom(8);
        model.weights().adapterArrays().values().forEach(array -> {
            float[] values = new float[Math.toIntExact(array.size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextDouble() - 0.5) / 4;
            }
            array.set(values);
        });
    }

    private static List<TokenExample> examples() {
        SplittableRandom random = new SplittableRandom(3);
        List<TokenExample> examples = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int[] ids = random.ints(4 + 3L * i, 0, VOCABULARY).toArray();
            int[] labels = ids.clone();
            for (int t = 0; t < ids.length / 2; t++) {
                labels[t] = TokenExample.IGNORED;
            }
            examples.add(new TokenExample("row" + i, i % 2 == 0 ? "a" : "b", 1, ids, labels));
        }
        return examples;
    }

    private static LanguageModel model(long seed) {
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", VOCABULARY);
        config.put("hidden_size", 64).put("intermediate_size", 96);
        config.put("num_hidden_layers", 3).put("num_attention_heads", 4).put("num_key_value_heads", 2);
        config.put("tie_word_embeddings", true).put("initializer_range", 0.1);
        return Models.create(config, seed, Device.cpu());
    }
}
