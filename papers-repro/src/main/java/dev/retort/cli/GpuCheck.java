package dev.retort.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.cuda.CudaUtils;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.model.CausalLm;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LanguageModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Whether a device computes what the CPU computes, and how fast. */
final class GpuCheck {

    /** The largest difference of logits, relative to the largest logit, that float32 kernels of two devices may show. */
    private static final double TOLERANCE = 1e-3;

    private static final long SEED = 0;

    private GpuCheck() {}

    /**
     * How much is computed.
     *
     * @param hidden D, a multiple of 64
     * @param layers of a LLaMA-like model
     * @param vocabulary V
     * @param length S, tokens of a row
     * @param rows B
     * @param steps training steps that are timed
     */
    record Size(int hidden, int layers, int vocabulary, int length, int rows, int steps) {

        /** SmolLM2-135M's width and vocabulary with a third of its layers: minutes on two cores and a GPU. */
        static Size usual() {
            return new Size(576, 10, 49_152, 128, 4, 20);
        }
    }

    /** Compares a device with the CPU and times it. */
    static List<Finding> run(Device device, Size size) throws IOException {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("device", name(device)));
        ObjectNode config = config(size);
        int[] ids = ids(size, 0);
        float[] expected;
        try (LanguageModel model = Models.create(config, SEED, Device.cpu())) {
            expected = logits(model, ids);
        }
        try (LanguageModel model = Models.create(config, SEED, device)) {
            findings.add(parity(expected, logits(model, ids)));
            findings.add(Finding.warn("bfloat16", "not tried: on a GPU this version computes in float32 only"));
            findings.add(training(model, size));
            findings.add(decoding(model, size));
        }
        if (device.isGpu()) {
            findings.add(Finding.ok(
                    "memory",
                    // PyTorch keeps what it has once taken, so this is the peak.
                    String.format(
                            Locale.ROOT,
                            "%.2f GiB of the GPU taken at the peak, by all its processes",
                            CudaUtils.getGpuMemory(device).getUsed() / (double) (1L << 30))));
        }
        return findings;
    }

    private static String name(Device device) {
        return device + ", PyTorch " + Engine.getEngine("PyTorch").getVersion();
    }

    private static ObjectNode config(Size size) {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama");
        json.put("vocab_size", size.vocabulary());
        json.put("hidden_size", size.hidden());
        json.put("intermediate_size", size.hidden() * 8 / 3);
        json.put("num_hidden_layers", size.layers());
        json.put("num_attention_heads", size.hidden() / 64);
        json.put("max_position_embeddings", 2 * size.length());
        json.put("tie_word_embeddings", true);
        return json;
    }

    private static int[] ids(Size size, long row) {
        SplittableRandom random = new SplittableRandom(row);
        return random.ints(size.length(), 0, size.vocabulary()).toArray();
    }

    /** The logits [V] behind the last token. */
    private static float[] logits(LanguageModel model, int[] ids) {
        try (NDManager scratch = model.weights().manager().newSubManager()) {
            long[] row = new long[ids.length];
            for (int i = 0; i < row.length; i++) {
                row[i] = ids[i];
            }
            NDArray hidden = ((CausalLm) model).hidden(scratch.create(row, new Shape(1, row.length)));
            NDArray last = Ops.selectRows(
                    hidden.reshape(-1, model.config().hiddenSize()), scratch.create(new long[] {row.length - 1L}));
            return model.logits(last).toFloatArray();
        }
    }

    private static Finding parity(float[] expected, float[] found) {
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            double difference = Math.abs((double) expected[i] - found[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        String detail = String.format(
                Locale.ROOT,
                "differs from the CPU by %.1e of the largest value, %.0e allowed",
                worst / largest,
                TOLERANCE);
        return worst <= TOLERANCE * largest
                ? Finding.ok("float32 parity", detail)
                : Finding.fail("float32 parity", detail);
    }

    private static Finding training(LanguageModel model, Size size) throws IOException {
        List<TokenExample> examples = new ArrayList<>();
        for (int row = 0; row < size.rows(); row++) {
            int[] ids = ids(size, row);
            examples.add(new TokenExample("row-" + row, "answer", 1, ids, ids));
        }
        model.weights().train(name -> true);
        SupervisedStep step = new SupervisedStep(model, Map.of("answer", 1.0), size.rows(), SEED);
        double loss = step.backward(examples, 0).terms().get("answer").mean();
        long start = System.nanoTime();
        for (int i = 0; i < size.steps(); i++) {
            // Reading the loss waits for the device.
            loss = step.backward(examples, i + 1).terms().get("answer").mean();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        model.weights().train(name -> false);
        double tokens = (double) size.steps() * size.rows() * size.length();
        String detail = String.format(
                Locale.ROOT,
                "%.0f tokens/s forward and backward, float32, %d x %d tokens, loss %.3f",
                tokens / seconds,
                size.rows(),
                size.length(),
                loss);
        return Double.isFinite(loss) ? Finding.ok("training", detail) : Finding.fail("training", detail);
    }

    private static Finding decoding(LanguageModel model, Size size) {
        List<int[]> prompts = new ArrayList<>();
        for (int row = 0; row < size.rows(); row++) {
            prompts.add(ids(size, row));
        }
        GenerationOptions options = GenerationOptions.of(SamplingParams.greedy(size.length() / 2), Set.of());
        long start = System.nanoTime();
        int tokens = new Generator(model, null)
                .generate(prompts, options).stream()
                        .mapToInt(generated -> generated.ids().length)
                        .sum();
        double seconds = (System.nanoTime() - start) / 1e9;
        return Finding.ok(
                "decoding",
                String.format(Locale.ROOT, "%.0f tokens/s, float32, %d rows together", tokens / seconds, size.rows()));
    }
}
