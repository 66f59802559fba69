package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.op.Autograd;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** The closed form against autograd over the same weights. */
class LlamaPassesTest {

    private static final int VOCABULARY = 50;

    @Test
    void allWeights() {
        agree(config(4, 4, true), null);
    }

    @Test
    void groupedHeadsAndAHeadOfItsOwn() {
        agree(config(4, 2, false), null);
    }

    @Test
    void adaptersOnSomeModules() {
        agree(config(4, 2, true), new LoraConfig(3, 7.0, 0.0, List.of("q_proj", "down_proj"), true));
    }

    @Test
    void adaptersOnAllModules() {
        agree(config(4, 1, true), new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false));
    }

    @Test
    void someWeightsAndNoOthers() {
        LanguageModel model = Models.create(config(4, 4, true), 1, Device.cpu());
        model.weights().train(name -> name.contains("layers.1") || name.equals("model.norm.weight"));
        compare(model);
    }

    @Test
    void rowsThatBeginAlike() {
        for (int keyValueHeads : new int[] {4, 2}) {
            LanguageModel model = Models.create(config(4, keyValueHeads, false), 1, Device.cpu());
            model.weights().train(name -> true);
            compare(model, part -> alike());
        }
    }

    @Test
    void dropoutIsLeftToAutograd() {
        LanguageModel model = Models.create(config(4, 4, true), 1, Device.cpu());
        model.weights().addLora(new LoraConfig(2, 4.0, 0.1, List.of("q_proj"), false), 0);
        try (GradientPasses passes = model.gradientPasses()) {
            assertThat(passes).isInstanceOf(AutogradPasses.class);
        }
        model.close();
    }

    @Test
    void normsOfQueriesAreLeftToAutograd() {
        ObjectNode config = config(4, 4, true).put("model_type", "qwen3");
        try (LanguageModel model = Models.create(config, 1, Device.cpu());
                GradientPasses passes = model.gradientPasses()) {
            assertThat(passes).isInstanceOf(AutogradPasses.class);
        }
    }

    @Test
    void labelsAreReadWithoutPadding() {
        readWithoutPadding(examples(1));
        readWithoutPadding(alike());
    }

    private static void readWithoutPadding(List<TokenExample> examples) {
        try (LanguageModel model = Models.create(config(4, 2, false), 1, Device.cpu());
                TokenBatch batch =
                        new TokenBatch(examples, false, model.weights().manager())) {
            NDArray hidden = ((CausalLm) model).hidden(batch.inputIds());
            NDArray padded = Ops.selectRows(hidden.reshape(-1, model.config().hiddenSize()), batch.labelPositions());
            assertThat(Fixtures.difference(model.labelHidden(batch).toFloatArray(), padded.toFloatArray()))
                    .isLessThan(5e-6);
        }
    }

    private static void agree(ObjectNode config, LoraConfig lora) {
        LanguageModel model = Models.create(config, 1, Device.cpu());
        if (lora == null) {
            model.weights().train(name -> true);
        } else {
            model.weights().addLora(lora, 5);
            // B starts at zero, where half of the gradients vanish.
            SplittableRandom random = new SplittableRandom(8);
            model.weights().adapterArrays().values().forEach(array -> {
                float[] values = new float[Math.toIntExact(array.size())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextDouble() - 0.5);
                }
                array.set(values);
            });
        }
        compare(model);
    }

    private static void compare(LanguageModel model) {
        compare(model, LlamaPassesTest::examples);
    }

    private static void compare(LanguageModel model, IntFunction<List<TokenExample>> examples) {
        try (model) {
            Map<String, float[]> expected;
            model.weights().trainable().values().forEach(Autograd::startGradient);
            try (GradientPasses passes = new AutogradPasses(model)) {
                expected = gradients(model, passes, examples);
            }
            Map<String, float[]> closed;
            model.weights().trainable().values().forEach(Autograd::startGradient);
            try (GradientPasses passes = model.gradientPasses()) {
                assertThat(passes).isInstanceOf(LlamaPasses.class);
                closed = gradients(model, passes, examples);
            }
            assertThat(closed).hasSameSizeAs(expected);
            assertThat(expected).hasSizeGreaterThan(2);
            expected.remove("lm_head.weight"); // above the hidden states
            expected.forEach((name, values) -> {
                double largest = 0;
                for (float value : values) {
                    largest = Math.max(largest, Math.abs(value));
                }
                assertThat(largest).as(name).isGreaterThan(1e-3);
                assertThat(Fixtures.difference(closed.get(name), values))
                        .as(name)
                        .isLessThan(2e-5 * Math.max(1, largest));
            });
        }
    }

    /** Hidden states, those of some layers too, and all gradients of two batches, accumulated. */
    private static Map<String, float[]> gradients(
            LanguageModel model, GradientPasses passes, IntFunction<List<TokenExample>> examples) {
        Map<String, float[]> found = new LinkedHashMap<>();
        for (int part = 0; part < 2; part++) {
            try (TokenBatch batch =
                    new TokenBatch(examples.apply(part), false, model.weights().manager())) {
                NDList states = passes.labelStates(batch, part == 0 ? List.of() : List.of(2, 3, 1, 2));
                SplittableRandom random = new SplittableRandom(part);
                NDList ofStates = new NDList();
                for (NDArray state : states) {
                    found.put("state " + part + "." + ofStates.size(), state.toFloatArray());
                    float[] gradient = new float[Math.toIntExact(state.size())];
                    for (int i = 0; i < gradient.length; i++) {
                        gradient[i] = (float) (random.nextDouble() - 0.5);
                    }
                    ofStates.add(batch.manager().create(gradient, state.getShape()));
                }
                passes.backward(ofStates);
            }
        }
        model.weights().trainable().forEach((name, array) -> {
            try (NDArray gradient = array.getGradient()) {
                found.put(name, gradient.toFloatArray());
            }
        });
        return found;
    }

    private static List<TokenExample> examples(int part) {
        SplittableRandom random = new SplittableRandom(part);
        List<TokenExample> examples = new ArrayList<>();
        // The row of six is asked for nothing; that of five for nothing after its third.
        for (int length : new int[] {7, 2, 6, 5, 1 + part * 3}) {
            int[] ids = random.ints(length, 0, VOCABULARY).toArray();
            int[] labels = ids.clone();
            for (int t = 0; t < length; t++) {
                if (t < length / 2 || length == 6 || (length == 5 && t > 2)) {
                    labels[t] = TokenExample.IGNORED;
                }
            }
            examples.add(new TokenExample("row" + length, "answer", 1, ids, labels));
        }
        return examples;
    }

    /** Three answers to one question, two of which begin alike, that question's beginning, another row, and a much longer one. */
    private static List<TokenExample> alike() {
        return List.of(
                example(3, 4, 5, 6, 7, 8, 9),
                example(3, 4, 5, 6, 7, 8, 10, 11),
                example(3, 4, 5, 6, 12),
                example(3, 4, 5),
                example(4, 5, 6, 7, 8),
                example(3, 4, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30));
    }

    /** All tokens but the first three carry loss. */
    private static TokenExample example(int... ids) {
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, 3, TokenExample.IGNORED);
        return new TokenExample("row" + ids.length, "answer", 1, ids, labels);
    }

    private static ObjectNode config(int heads, int keyValueHeads, boolean tied) {
        return Rows.mapper()
                .createObjectNode()
                .put("model_type", "llama")
                .put("vocab_size", VOCABULARY)
                .put("hidden_size", 16)
                .put("intermediate_size", 24)
                .put("num_hidden_layers", 3)
                .put("num_attention_heads", heads)
                .put("num_key_value_heads", keyValueHeads)
                .put("tie_word_embeddings", tied)
                .put("initializer_range", 0.3)
                .put("max_position_embeddings", 32);
    }
}
