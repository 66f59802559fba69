package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.op.Ops;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorTest {

    private static final SamplingParams SAMPLED =
            SamplingParams.none().withTemperature(1.0).withMaxTokens(12).withSeed(4L);

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "gpt2", "mistral", "qwen3", "t5-v11"})
    void aRowDoesNotDependOnItsNeighbours(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu())) {
            List<int[]> prompts = prompts();
            for (SamplingParams params : List.of(SAMPLED, SamplingParams.greedy(12))) {
                List<Generated> together = new Generator(loaded.model(), null)
                        .generate(prompts, new GenerationOptions(params, Set.of(5, 9), 3, 32));
                List<Generated> apart = new Generator(loaded.model(), null)
                        .generate(prompts, new GenerationOptions(params, Set.of(5, 9), 3, 3));
                for (int i = 0; i < together.size(); i++) {
                    assertThat(together.get(i).ids()).isEqualTo(apart.get(i).ids());
                    assertThat(together.get(i).prompt()).isEqualTo(i / 3);
                    assertThat(together.get(i).sample()).isEqualTo(i % 3);
                }
            }
        }
    }

    /** Two templates among the prompts, each read once, and one prompt like neither. */
    @Test
    void whatPromptsBeginWithMayBeReadOnce() throws IOException {
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            int own = i;
            IntStream template = IntStream.range(0, i == 6 ? 0 : 40).map(t -> (t * (own % 2 + 3) + 1) % 50);
            prompts.add(IntStream.concat(template, IntStream.range(0, 4 + i).map(t -> (t * 7 + own) % 50))
                    .toArray());
        }
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            Generator generator = new Generator(loaded.model(), null);
            List<Generated> together = generator.generate(prompts, new GenerationOptions(SAMPLED, Set.of(5), 2, 32));
            List<Generated> apart = generator.generate(prompts, new GenerationOptions(SAMPLED, Set.of(5), 2, 2));
            for (int i = 0; i < together.size(); i++) {
                assertThat(together.get(i).ids()).isEqualTo(apart.get(i).ids());
            }
        }
    }

    /** Rows shared by threads, more of them than rows of a prompt and fewer than rows. */
    @ParameterizedTest
    @CsvSource({
        "llama-gqa,FLOAT32,false",
        "llama-gqa,FLOAT32,true",
        "llama-gqa,INT8,false",
        "llama-gqa,INT8,true",
        "llama-gqa,BFLOAT16,true",
        "gpt2,FLOAT32,true",
        "mistral,FLOAT32,false",
        "qwen3,FLOAT32,false",
        "t5-v11,FLOAT32,false"
    })
    void lanesGiveWhatOneThreadGives(String name, Precision precision, boolean withAdapters) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu())) {
            if (withAdapters) {
                loaded.model().weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            }
            loaded.model().setPrecision(precision);
            Generator alone = new Generator(loaded.model(), null).withLanes(1);
            for (SamplingParams params : List.of(SAMPLED, SamplingParams.greedy(12))) {
                GenerationOptions options = new GenerationOptions(params, Set.of(5, 9), 3, 8);
                List<Integer> told = new ArrayList<>();
                Thread caller = Thread.currentThread();
                List<Generated> shared = alone.withLanes(4).generate(prompts(), options, done -> {
                    assertThat(Thread.currentThread()).isSameAs(caller);
                    told.add(done);
                });
                List<Generated> expected = alone.generate(prompts(), options);
                assertThat(shared).hasSize(12);
                for (int i = 0; i < shared.size(); i++) {
                    assertThat(shared.get(i).ids()).isEqualTo(expected.get(i).ids());
                    assertThat(shared.get(i).finishReason())
                            .isEqualTo(expected.get(i).finishReason());
                }
                assertThat(told).isSorted().doesNotHaveDuplicates().last().isEqualTo(12);
            }
        }
    }

    @Test
    void anInterruptedThreadGivesUpTheReadingOfPrompts() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            Generator generator = new Generator(loaded.model(), null);
            GenerationOptions options = GenerationOptions.of(SamplingParams.greedy(2), Set.of());
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> generator.generate(prompts(), options)).isInstanceOf(CancellationException.class);
            assertThat(Thread.interrupted())
                    .as("still to be seen by the caller")
                    .isTrue();
            assertThat(generator.generate(prompts(), options)).hasSize(4);
        }
    }

    @Test
    void lanesStopWhenTheyAreAskedTo() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            Thread caller = Thread.currentThread();
            Generator generator = new Generator(loaded.model(), null)
                    .withLanes(2)
                    .withStop(() -> {
                        assertThat(Thread.currentThread()).isSameAs(caller);
                        return true;
                    });
            SamplingParams endless = SamplingParams.greedy(Integer.MAX_VALUE);
            GenerationOptions options = new GenerationOptions(endless, Set.of(), 1, 8);
            assertThatThrownBy(() -> generator.generate(prompts(), options)).isInstanceOf(CancellationException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "gpt2", "qwen2", "mistral"})
    void theCacheGivesWhatAWholeForwardPassGives(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu())) {
            assertCacheAgrees((CausalLm) loaded.model(), prompts());
            assertCacheAgrees((CausalLm) loaded.model(), prompts().subList(0, 1));
        }
    }

    @Test
    void theCacheGivesWhatAWholeForwardPassGivesWithAdapters() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            List<Generated> bare = new Generator(model, null)
                    .generate(prompts(), GenerationOptions.of(SamplingParams.greedy(12), Set.of()));
            model.weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            SplittableRandom random = new SplittableRandom(8);
            model.weights().adapterArrays().values().forEach(array -> {
                float[] values = new float[Math.toIntExact(array.size())];
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (random.nextDouble() - 0.5);
                }
                array.set(values);
            });
            List<Generated> adapted = assertCacheAgrees(model, prompts());
            assertThat(adapted.get(0).ids()).isNotEqualTo(bare.get(0).ids());
        }
    }

    private static List<Generated> assertCacheAgrees(CausalLm model, List<int[]> prompts) {
        List<Generated> cached =
                new Generator(model, null).generate(prompts, GenerationOptions.of(SamplingParams.greedy(12), Set.of()));
        for (int i = 0; i < prompts.size(); i++) {
            int[] ids = prompts.get(i);
            for (int token : cached.get(i).ids()) {
                try (NDManager manager = model.weights().manager().newSubManager()) {
                    NDArray hidden = model.hidden(DecodeState.rectangle(List.of(ids), manager));
                    NDArray last = model.logits(hidden.get(":,-1,:"));
                    assertThat(last.argMax().getLong()).isEqualTo(token);
                }
                ids = append(ids, token);
            }
        }
        return cached;
    }

    /** Prompts read together and alone, with adapters too. */
    @ParameterizedTest
    @CsvSource({
        "BFLOAT16,1,false,1e-6,2e-2",
        "BFLOAT16,3,false,1e-6,2e-2",
        "BFLOAT16,3,true,1e-6,2e-2",
        "BFLOAT16,70,false,1e-6,2e-2",
        "INT8,1,false,1e-4,5e-2",
        "INT8,3,false,1e-4,5e-2",
        "INT8,3,true,1e-4,5e-2",
        "INT8,70,false,1e-4,5e-2"
    })
    void otherNumbersGiveLogitsNearThoseOfFloat32(
            Precision precision, int rows, boolean withAdapters, double least, double most) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            if (withAdapters) {
                model.weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            }
            List<float[]> exact = logits(model, rows);
            model.setPrecision(precision);
            List<float[]> rounded = logits(model, rows);
            model.setPrecision(Precision.FLOAT32);
            List<float[]> again = logits(model, rows);
            // Logits of 8 bits would tie, and a tie goes to the lower id.
            assertThat(rounded.get(0)).matches(values -> (Float.floatToIntBits(values[0]) & 0xffff) != 0);
            for (int step = 0; step < exact.size(); step++) {
                assertThat(again.get(step)).containsExactly(exact.get(step));
                assertThat(distance(rounded.get(step), exact.get(step)))
                        .as("step " + step)
                        .isBetween(least, most);
            }
        }
    }

    /** A row's scale is its own: what stands beside it changes nothing but how float32 rounds outside products. */
    @Test
    void anInt8RowDoesNotDependOnItsNeighbours() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            model.setPrecision(Precision.INT8);
            List<float[]> alone = logits(model, 1);
            List<float[]> among = logits(model, 5);
            for (int step = 0; step < alone.size(); step++) {
                int width = alone.get(step).length;
                assertThat(distance(Arrays.copyOf(among.get(step), width), alone.get(step)))
                        .as("step " + step)
                        .isLessThan(2e-2);
            }
            NDArray x = model.weights()
                    .manager()
                    .create(new float[] {1, -2, 3, 0.5f, 100, -30, 7, 1, 0, 0, 0, 1e-9f}, new Shape(3, 4));
            NDList matrix = Ops.toInt8(
                    model.weights().manager().create(new float[] {1, 2, 3, 4, -4, 3, 2, 1}, new Shape(2, 4)));
            float[] all = Ops.linearInt8(x, matrix.get(0), matrix.get(1)).toFloatArray();
            for (int row = 0; row < 3; row++) {
                float[] one = Ops.linearInt8(x.get(row + ":" + (row + 1)), matrix.get(0), matrix.get(1))
                        .toFloatArray();
                assertThat(one).containsExactly(Arrays.copyOfRange(all, 2 * row, 2 * row + 2));
            }
            assertThatThrownBy(model::gradientPasses)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a model whose matrices are 8-bit integers cannot be trained");
        }
    }

    @Test
    void int8FollowsTheWeights() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            model.setPrecision(Precision.INT8);
            List<float[]> bare = logits(model, 1);
            model.weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            model.weights().adapterArrays().values().forEach(array -> array.set(filled(array, 0.1f)));
            List<float[]> adapted = logits(model, 1);
            assertThat(adapted.get(3)).isNotEqualTo(bare.get(3));
            model.weights().mergeLora();
            assertThat(logits(model, 1).get(3)).containsExactly(adapted.get(3));
            model.weights().train(name -> true);
            NDArray up = model.weights().get("model.layers.0.mlp.up_proj.weight");
            up.set(filled(up, 0f));
            assertThat(logits(model, 1).get(0)).isNotEqualTo(adapted.get(0));
        }
    }

    /** What prompts begin with is read once: they go on as each would by itself. */
    @ParameterizedTest
    @CsvSource({"FLOAT32,1e-5", "BFLOAT16,2e-2", "INT8,3e-2"})
    void promptsWithOneBeginningAreReadAsEachAlone(Precision precision, double tolerance) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            model.setPrecision(precision);
            List<int[]> prompts = new ArrayList<>();
            for (int own : new int[] {1, 5, 2}) {
                int[] prompt = new int[17 + own];
                for (int i = 0; i < prompt.length; i++) {
                    prompt[i] = i < 17 ? 20 + i : 50 + 3 * own + i;
                }
                prompts.add(prompt);
            }
            List<float[]> together = logitsOf(model, prompts);
            int vocabulary = model.config().vocabularySize();
            for (int row = 0; row < prompts.size(); row++) {
                List<float[]> alone = logitsOf(model, List.of(prompts.get(row)));
                for (int step = 0; step < alone.size(); step++) {
                    float[] mine = Arrays.copyOfRange(together.get(step), row * vocabulary, (row + 1) * vocabulary);
                    assertThat(distance(mine, alone.get(step)))
                            .as(row + ", " + step)
                            .isLessThan(tolerance);
                }
            }
        }
    }

    private static double distance(float[] values, float[] from) {
        double difference = 0;
        double square = 0;
        for (int i = 0; i < from.length; i++) {
            difference += Math.pow(values[i] - from[i], 2);
            square += Math.pow(from[i], 2);
        }
        return Math.sqrt(difference / square);
    }

    /** Equal prompts are read once, and each goes on by its own draws. */
    @Test
    void equalPromptsDrawApart() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            Generator generator = new Generator(loaded.model(), null);
            SamplingParams sampling = SamplingParams.none().withTemperature(1.0).withMaxTokens(6);
            GenerationOptions options = new GenerationOptions(sampling, Set.of(), 1, 8);
            List<int[]> prompts = List.of(new int[] {5, 6}, new int[] {7, 8}, new int[] {5, 6}, new int[] {5, 6, 9});
            long[] seeds = {1, 2, 3, 1};
            List<Generated> together = generator.generate(prompts, seeds, options);
            for (int i = 0; i < seeds.length; i++) {
                Generated alone = generator
                        .generate(List.of(prompts.get(i)), new long[] {seeds[i]}, options)
                        .get(0);
                assertThat(together.get(i).prompt()).isEqualTo(i);
                assertThat(together.get(i).ids()).isEqualTo(alone.ids());
            }
            assertThat(together.get(0).ids()).isNotEqualTo(together.get(2).ids());
        }
    }

    /** Of the prompts, and of some tokens behind them. */
    private static List<float[]> logits(CausalLm model, int rows) {
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            prompts.add(prompts().get(i % prompts().size()));
        }
        return logitsOf(model, prompts);
    }

    private static List<float[]> logitsOf(CausalLm model, List<int[]> prompts) {
        List<float[]> logits = new ArrayList<>();
        try (NDManager manager = model.weights().manager().newSubManager()) {
            DecodeState state = model.start(prompts, manager);
            for (int token : new int[] {5, 17, 60, 4}) {
                try (NDArray values = model.logits(state.hidden())) {
                    logits.add(values.toFloatArray());
                }
                int[] tokens = new int[prompts.size()];
                Arrays.fill(tokens, token);
                model.advance(state, tokens);
            }
        }
        return logits;
    }

    @Test
    void bfloat16FollowsTheWeights() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            model.setPrecision(Precision.BFLOAT16);
            List<float[]> bare = logits(model, 1);
            model.weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            model.weights().adapterArrays().values().forEach(array -> array.set(filled(array, 0.1f)));
            List<float[]> adapted = logits(model, 1);
            assertThat(adapted.get(3)).isNotEqualTo(bare.get(3));
            model.weights().mergeLora();
            assertThat(logits(model, 1).get(3))
                    .usingComparatorWithPrecision(0.1f)
                    .containsExactly(adapted.get(3));
            model.weights().train(name -> true);
            List<float[]> before = logits(model, 1);
            NDArray up = model.weights().get("model.layers.0.mlp.up_proj.weight");
            up.set(filled(up, 0f));
            assertThat(logits(model, 1).get(0)).isNotEqualTo(before.get(0));
        }
    }

    /** Alone it has copies of the weights, in an order of their own. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "llama-mha", "llama-float16", "qwen2", "mistral"})
    void aSingleRowGivesWhatItGivesAmongOthers(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            assertNear(logits(model, 1), logits(model, 2));
        }
    }

    @Test
    void aSingleRowFollowsTheWeights() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-gqa"), Device.cpu())) {
            CausalLm model = (CausalLm) loaded.model();
            List<float[]> bare = logits(model, 1);
            model.weights().train(name -> true);
            NDArray up = model.weights().get("model.layers.0.mlp.up_proj.weight");
            up.set(filled(up, 0.1f));
            assertNear(logits(model, 1), logits(model, 2));
            model.weights().train(name -> false);
            List<float[]> changed = logits(model, 1);
            assertThat(changed.get(3)).isNotEqualTo(bare.get(3));
            assertNear(changed, logits(model, 2));
            model.weights().addLora(new LoraConfig(2, 4.0, 0.0, List.of("all-linear"), false), 5);
            model.weights().adapterArrays().values().forEach(array -> array.set(filled(array, 0.1f)));
            List<float[]> adapted = logits(model, 1);
            assertThat(adapted.get(3)).isNotEqualTo(changed.get(3));
            model.weights().mergeLora();
            assertNear(logits(model, 1), adapted);
        }
    }

    /** The first row's of each step. */
    private static void assertNear(List<float[]> one, List<float[]> other) {
        for (int step = 0; step < one.size(); step++) {
            int vocabulary = Math.min(one.get(step).length, other.get(step).length);
            assertThat(one.get(step))
                    .usingComparatorWithPrecision(2e-5f)
                    .startsWith(Arrays.copyOf(other.get(step), vocabulary));
        }
    }

    private static float[] filled(NDArray like, float value) {
        float[] values = new float[Math.toIntExact(like.size())];
        Arrays.fill(values, value);
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "qwen2", "qwen3", "t5-v11"})
    void otherModelsRefuseBfloat16(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu())) {
            String type = loaded.model().config().json().get("model_type").textValue();
            assertThatThrownBy(() -> loaded.model().setPrecision(Precision.BFLOAT16))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("and this is a " + type + " on cpu(); leave the setting out");
            loaded.model().setPrecision(Precision.FLOAT32);
            assertThat(loaded.model().precision()).isEqualTo(Precision.FLOAT32);
        }
    }

    @Test
    void samplesOfOnePromptDifferAndRepeatWithTheSeed() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("llama-mha"), Device.cpu())) {
            Generator generator = new Generator(loaded.model(), null);
            GenerationOptions options = new GenerationOptions(SAMPLED, Set.of(), 4, 32);
            List<Generated> first = generator.generate(prompts().subList(0, 1), options);
            List<Generated> again = generator.generate(prompts().subList(0, 1), options);
            assertThat(first.stream()
                            .map(g -> java.util.Arrays.toString(g.ids()))
                            .distinct()
                            .count())
                    .isGreaterThan(1);
            for (int i = 0; i < 4; i++) {
                assertThat(first.get(i).ids()).isEqualTo(again.get(i).ids());
            }
            List<Generated> other = generator.generate(
                    prompts().subList(0, 1), new GenerationOptions(SAMPLED.withSeed(5L), Set.of(), 4, 32));
            assertThat(other.get(0).ids()).isNotEqualTo(first.get(0).ids());
        }
    }

    @Test
    void stopTextsEndARowAndAreNotPartOfIt() throws IOException {
        try (LoadedModel loaded = words()) {
            Generator generator = new Generator(loaded.model(), loaded.tokenizer());
            int[] prompt = loaded.tokenizer().encode("w1 w2");
            GenerationOptions free = GenerationOptions.of(SamplingParams.greedy(10), Set.of());
            String[] words =
                    generator.generate(List.of(prompt), free).get(0).text().split(" ");
            assertThat(words).hasSizeGreaterThan(4);
            String stop = words[3];
            SamplingParams params = SamplingParams.greedy(10).withStop(List.of(stop));
            Generated stopped = generator
                    .generate(List.of(prompt), GenerationOptions.of(params, Set.of()))
                    .get(0);
            assertThat(stopped.finishReason()).isEqualTo("stop");
            assertThat(stopped.text()).doesNotContain(stop);
            assertThat(String.join(" ", words)).startsWith(stopped.text());
        }
    }

    @Test
    void endsARowAtItsFirstEndOfSequenceId() throws IOException {
        try (LoadedModel loaded = words()) {
            Generator generator = new Generator(loaded.model(), loaded.tokenizer());
            int[] prompt = loaded.tokenizer().encode("w1 w2");
            int[] free = generator
                    .generate(List.of(prompt), GenerationOptions.of(SamplingParams.greedy(10), Set.of()))
                    .get(0)
                    .ids();
            int eos = free[4];
            Generated stopped = generator
                    .generate(List.of(prompt), GenerationOptions.of(SamplingParams.greedy(10), Set.of(eos, 999)))
                    .get(0);
            assertThat(stopped.finishReason()).isEqualTo("stop");
            assertThat(stopped.ids()[stopped.ids().length - 1]).isEqualTo(eos);
            assertThat(stopped.ids()).hasSizeLessThanOrEqualTo(5);
        }
    }

    @Test
    void refusesAPromptWithoutTokensAndOneLongerThanTheModel() throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder("gpt2"), Device.cpu())) {
            Generator generator = new Generator(loaded.model(), null);
            GenerationOptions options = GenerationOptions.of(SamplingParams.greedy(2), Set.of());
            assertThatThrownBy(() -> generator.generate(List.of(new int[0]), options))
                    .hasMessageContaining("at least one token");
            int[] tooLong = new int[loaded.model().config().maxPositions() + 1];
            assertThatThrownBy(() -> generator.generate(List.of(tooLong), options))
                    .hasMessageContaining("positions");
        }
    }

    private static List<int[]> prompts() {
        return List.of(
                new int[] {64, 53, 3, 87, 23},
                new int[] {92},
                new int[] {85, 11, 29, 84, 8, 11, 83, 37, 42},
                new int[] {7, 7});
    }

    private static int[] append(int[] ids, int token) {
        int[] longer = java.util.Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = token;
        return longer;
    }

    private static LoadedModel words() throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            words.add("w" + i);
        }
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 32).put("intermediate_size", 48);
        config.put("num_hidden_layers", 2).put("num_attention_heads", 2);
        config.put("tie_word_embeddings", false).put("initializer_range", 0.5);
        return new LoadedModel(
                Models.create(config, 12, Device.cpu()),
                tokenizer,
                Rows.mapper().createObjectNode(),
                Path.of("scratch"));
    }
}
