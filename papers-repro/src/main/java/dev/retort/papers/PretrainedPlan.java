package dev.retort.papers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.cuda.CudaUtils;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Precision;
import dev.retort.model.ModelHub;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The lines of {@code --dry-run} for a recipe over a pretrained student: what it costs at the speed that a matrix product has
 * here now, and whether data, model and memory are there.
 */
public final class PretrainedPlan {

    /** A token's passes cost about 2 operations a weight forward, 2 for inputs' gradients, 2 for weights' gradients. */
    private static final double FORWARD = 2;

    /** Share of the time that matrix products take in a training step, measured by {@code bench train-step}. */
    private static final double PRODUCT_SHARE = 0.7;

    /** Bytes that a token's activations take for each number of hidden width and layer, forward and back. */
    private static final double ACTIVATION_BYTES = 4 * 14;

    private static final int PRODUCTS = 100;

    /** The lines that a student's tokens, number of weights and configuration are needed for. */
    @FunctionalInterface
    public interface StudentLines {
        void add(Tokenizer tokenizer, long parameters, ObjectNode json) throws IOException;
    }

    private final RunOptions options;
    private final List<String> problems = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();

    public PretrainedPlan(RunOptions options) {
        this.options = options;
    }

    public void line(String format, Object... values) {
        out.append("# ").append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** Something that the recipe needs and that is not here; it is named at the end. */
    public void missing(String what) {
        problems.add(what);
    }

    /**
     * What training the student takes of memory, then more about it. Its weights are left alone: a model that does not fit could
     * not be read.
     *
     * @param key of the settings in the recipe, for what to change
     * @return whether it is here; else it is {@link #missing}
     */
    public boolean student(PretrainedStudent student, String key, TrainingSettings training, StudentLines lines) {
        try {
            Path path = model(student);
            ObjectNode json = Models.readConfig(path);
            try (Tokenizer tokenizer = Models.readTokenizer(path)) {
                long parameters = Models.parameters(json);
                int width = json.path("hidden_size").asInt(json.path("d_model").asInt());
                memory(key, training, new PretrainedStudent.Size(parameters, width, allLayers(json)));
                lines.add(tokenizer, parameters, json);
            }
            return true;
        } catch (IOException e) {
            if (student.size() != null) {
                memory(key, training, student.size());
            }
            missing("model: " + e.getMessage());
            return false;
        }
    }

    /** What a plan cannot say of a student that is not here. */
    public static String untold(PretrainedStudent student) {
        return student.size() == null ? "tokens, hours and memory" : "tokens and hours";
    }

    /**
     * Where the student lies; nothing is downloaded for a plan.
     *
     * @throws IOException where it is missing, with how to get it
     */
    private static Path model(PretrainedStudent student) throws IOException {
        String model = student.modelNameOrPath();
        if (!model.startsWith("hf:")) {
            return student.locate();
        }
        return ModelHub.fromEnvironment()
                .cached(model)
                .orElseThrow(
                        () -> new IOException(model + " is not in the Hugging Face cache yet; " + student.howToGet()));
    }

    /** What training a student takes beside what this machine has; too much is {@link #missing}. */
    private void memory(String key, TrainingSettings training, PretrainedStudent.Size size) {
        boolean isLora = training.lora() != null;
        long parameters = size.parameters();
        // Float32: weights; all-weight training adds gradient and two moments, adapters a merged copy.
        double weights = 4.0 * parameters * (isLora ? 2 : 4);
        if (training.precision() == Precision.BFLOAT16) {
            weights += 2.0 * parameters;
        }
        double tokens = Math.max(512, training.maxLength());
        double activations = tokens * size.hiddenSize() * size.numHiddenLayers() * ACTIVATION_BYTES;
        double needed = weights + activations + (1L << 30);
        double there = memoryHere();
        line(
                "memory: %.1f GB (weights and optimiser %.1f, activations of %,.0f tokens %.1f, the JVM 1.0); this"
                        + " %s has %.1f GB",
                needed / 1e9,
                weights / 1e9,
                tokens,
                activations / 1e9,
                options.device().isGpu() ? "GPU" : "machine",
                there / 1e9);
        if (needed > there) {
            double adapters = 4.0 * parameters * 2 + activations + (1L << 30);
            missing(String.format(
                    Locale.ROOT,
                    "memory: %.1f GB are needed and %.1f are there; %s",
                    needed / 1e9,
                    there / 1e9,
                    !isLora && adapters < there
                            ? String.format(Locale.ROOT, "adapters (--set %s.lora.r=16) take %.1f", key, adapters / 1e9)
                            : "the largest student that fits has about "
                                    + Math.round(there * 0.8 / (isLora ? 8 : 16) / 1e6) + " M weights"));
        }
    }

    /** Layers of the encoder, or of a model without one. */
    public static int layers(ObjectNode json) {
        return json.path("num_hidden_layers").asInt(json.path("num_layers").asInt());
    }

    /** With the decoder's, of which T5 has as many as of the encoder's where it does not say. */
    private static int allLayers(ObjectNode json) {
        int layers = layers(json);
        return json.has("num_layers") ? layers + json.path("num_decoder_layers").asInt(layers) : layers;
    }

    /** Of the GPU where models run on one. No GPU has run this. */
    private double memoryHere() {
        if (options.device().isGpu()) {
            return CudaUtils.getGpuMemory(options.device()).getMax();
        }
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getTotalMemorySize();
    }

    /** Seconds of training on a token, estimated from the speed of matrix products, which is measured and said. */
    public double secondsPerToken(TrainingSettings training, long parameters) {
        if (options.threads() != null) {
            Ops.setThreads(options.threads());
        }
        double operations = (training.lora() == null ? 3 * FORWARD : 2 * FORWARD) * parameters;
        double speed = productSpeed(Precision.FLOAT32);
        double products = operations / speed;
        double rest = products * (1 / PRODUCT_SHARE - 1);
        if (training.precision() == Precision.BFLOAT16) {
            double faster = productSpeed(Precision.BFLOAT16);
            line(
                    "matrix products: %.0f GFLOP/s in bfloat16, %.0f in float32 (measured now)",
                    faster / 1e9, speed / 1e9);
            return operations / faster + rest;
        }
        line("matrix products: %.0f GFLOP/s (measured now)", speed / 1e9);
        return products + rest;
    }

    /** What a product of a training step's size reaches here, in operations a second. */
    private double productSpeed(Precision precision) {
        try (NDManager manager = NDManager.newBaseManager(options.device(), "PyTorch")) {
            NDArray x = manager.ones(new Shape(512, 576));
            NDArray w = manager.ones(new Shape(1536, 576));
            if (precision == Precision.BFLOAT16) {
                x = Ops.toBfloat16(x);
                w = Ops.toBfloat16(w);
            }
            Ops.linear(x, w).close();
            long start = System.nanoTime();
            for (int i = 0; i < PRODUCTS; i++) {
                Ops.linear(x, w).close();
            }
            return 2.0 * PRODUCTS * 512 * 576 * 1536 / ((System.nanoTime() - start) / 1e9);
        }
    }

    /** The titles of the {@link #row}s to come. */
    public void rowTitles() {
        line("%-58s %7s %8s %11s %7s", "row", "trained", "steps", "tokens", "hours");
    }

    /**
     * A row to train.
     *
     * @param trained examples
     * @param tokens of all its steps
     * @return its hours
     */
    public double row(String name, int trained, int steps, double tokens, double secondsPerToken) {
        double hours = tokens * secondsPerToken / 3600;
        line("%-58s %7d %8d %,11.0f %7.2f", name, trained, steps, tokens, hours);
        return hours;
    }

    /** All lines, then what is missing. */
    public String end() {
        for (String problem : problems) {
            line("does not fit: %s", problem);
        }
        line(problems.isEmpty() ? "all that is needed is here" : "%d of what is needed is missing", problems.size());
        return out.toString();
    }
}
