package dev.retort.papers.stepbystep;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.model.ModelHub;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.papers.RunOptions;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.papers.stepbystep.ReleasedConfig.Trial;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a recipe on released data will cost, for {@code --dry-run}: rows, steps, tokens, hours at the speed that a matrix
 * product has here now, and memory; and whether data, model and memory are there.
 */
final class ReleasedPlan {

    /** A token's passes cost about 2 operations a weight forward, 2 for inputs' gradients, 2 for weights' gradients. */
    private static final double FORWARD = 2;

    /** Share of the time that matrix products take in a training step, measured by {@code bench train-step}. */
    private static final double PRODUCT_SHARE = 0.7;

    /** Bytes that a token's activations take for each number of hidden width and layer, forward and back. */
    private static final double ACTIVATION_BYTES = 4 * 14;

    private final RunOptions options;
    private final ReleasedConfig config;
    private final List<String> problems = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();

    ReleasedPlan(RunOptions options, ReleasedConfig config) {
        this.options = options;
        this.config = config;
    }

    String text() throws IOException {
        Map<String, ReleasedData> data = new TreeMap<>();
        for (DssDataSet dataSet : DssDataSet.values()) {
            ReleasedConfig.Data use = config.dataSets().get(dataSet.title());
            if (use == null) {
                continue;
            }
            try {
                data.put(dataSet.title(), new ReleasedData(dataSet, use, DataCatalogue.standard()));
            } catch (IOException e) {
                problems.add("data: " + e.getMessage());
            }
        }
        // The weights are left alone: a model that does not fit could not be read.
        try {
            Path path = modelPath();
            ObjectNode json = Models.readConfig(path);
            try (Tokenizer tokenizer = Models.readTokenizer(path)) {
                long parameters = Models.parameters(json);
                memory(parameters, json);
                rows(data, tokenizer, parameters, layers(json));
            }
        } catch (IOException e) {
            problems.add("model: " + e.getMessage());
            line("%d students are planned; tokens, hours and memory cannot be told without the model", studentCount());
        }
        for (String problem : problems) {
            line("does not fit: %s", problem);
        }
        line(problems.isEmpty() ? "all that is needed is here" : "%d of what is needed is missing", problems.size());
        return out.toString();
    }

    /** Where the student lies; nothing is downloaded for a plan. */
    private Path modelPath() throws IOException {
        String model = config.student().modelNameOrPath();
        if (!model.startsWith("hf:")) {
            return config.student().locate();
        }
        return ModelHub.fromEnvironment()
                .cached(model)
                .orElseThrow(() -> new IOException(model + " is not in the Hugging Face cache yet; "
                        + config.student().howToGet()));
    }

    /** Trained in trials and rows. */
    private int studentCount() {
        return ReleasedRecipe.order(config, options.seeds()).size()
                + config.trials().values().stream().mapToInt(List::size).sum();
    }

    private static int layers(ObjectNode json) {
        return json.path("num_hidden_layers").asInt(json.path("num_layers").asInt());
    }

    private void memory(long parameters, ObjectNode json) {
        TrainingSettings training = config.training();
        boolean isLora = training.lora() != null;
        int width = json.path("hidden_size").asInt(json.path("d_model").asInt());
        // Float32: weights; all-weight training adds gradient and two moments, adapters a merged copy.
        double weights = 4.0 * parameters * (isLora ? 2 : 4);
        double tokens = Math.max(512, config.training().maxLength());
        double activations = tokens * width * layers(json) * ACTIVATION_BYTES;
        double needed = weights + activations + (1L << 30);
        double there = memoryHere();
        line(
                "memory: %.1f GB (weights and optimiser %.1f, activations of %,.0f tokens %.1f, the JVM 1.0); this"
                        + " machine has %.1f GB",
                needed / 1e9, weights / 1e9, tokens, activations / 1e9, there / 1e9);
        if (needed > there) {
            double adapters = 4.0 * parameters * 2 + activations + (1L << 30);
            problems.add(String.format(
                    Locale.ROOT,
                    "memory: %.1f GB are needed and %.1f are there; %s",
                    needed / 1e9,
                    there / 1e9,
                    !isLora && adapters < there
                            ? String.format(
                                    Locale.ROOT, "adapters (--set training.lora.r=16) take %.1f", adapters / 1e9)
                            : "the largest student that fits has about "
                                    + Math.round(there * 0.8 / (isLora ? 8 : 16) / 1e6) + " M weights"));
        }
    }

    private static double memoryHere() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getTotalMemorySize();
    }

    private void rows(Map<String, ReleasedData> data, Tokenizer tokenizer, long parameters, int layers)
            throws IOException {
        double speed = productSpeed();
        double factor = config.training().lora() == null ? 3 * FORWARD : 2 * FORWARD;
        double secondsPerToken = factor * parameters / (speed * PRODUCT_SHARE);
        double hours = 0;
        line("%-58s %7s %8s %11s %7s", "row", "trained", "steps", "tokens", "hours");
        for (Map.Entry<String, List<Trial>> entry : new TreeMap<>(config.trials()).entrySet()) {
            RowSpec row = config.trialRow().of(Method.of(entry.getKey()));
            hours += entry.getValue().size()
                    * row(row, entry.getValue().size() + " trials", data, tokenizer, secondsPerToken);
        }
        Map<RowSpec, Integer> seeds = new LinkedHashMap<>();
        for (ReleasedRecipe.Reported reported : ReleasedRecipe.order(config, options.seeds())) {
            seeds.merge(reported.row(), 1, Integer::sum);
        }
        for (Map.Entry<RowSpec, Integer> entry : seeds.entrySet()) {
            RowSpec row = entry.getKey();
            double depth = row.layers() == null ? 1 : (double) row.layers() / layers;
            hours += entry.getValue() * row(row, entry.getValue() + " seeds", data, tokenizer, depth * secondsPerToken);
        }
        line(
                "%d students, %.1f hours of training at %.0f GFLOP/s (measured now); evaluation comes on top",
                studentCount(), hours, speed / 1e9);
    }

    private double row(
            RowSpec row, String times, Map<String, ReleasedData> data, Tokenizer tokenizer, double secondsPerToken)
            throws IOException {
        ReleasedData set = data.get(row.dataSet().title());
        String name = row.method().title() + "." + row.size() + " x " + times;
        if (set == null) {
            line("%-58s no data", name);
            return 0;
        }
        List<DssExample> trained;
        try {
            trained = set.train(row, 0);
        } catch (IOException e) {
            problems.add("data: " + e.getMessage());
            return 0;
        }
        Method method = row.equalTokensOf() == null ? row.method() : row.equalTokensOf();
        long tokens = 0;
        Method.Texts texts = new Method.Texts(config.labelPrefix(), config.rationalePrefix(), "So the answer is");
        List<DssExample> some = trained.subList(0, Math.min(trained.size(), 200));
        for (Lesson lesson : ReleasedData.lessons(some, " ")) {
            for (var example : method.examples(lesson, lesson.rationaleOrBlank(), texts)) {
                tokens += Math.min(
                        tokenizer.encode(example.prompt() + example.completion()).length + 1,
                        config.training().maxLength());
            }
        }
        int steps = config.training().totalSteps(trained.size());
        double all = (double) tokens / some.size() * config.training().examplesPerStep() * steps;
        double hours = all * secondsPerToken / 3600;
        line("%-58s %7d %8d %,11.0f %7.2f", name, trained.size(), steps, all, hours);
        return hours;
    }

    /** What a product of a training step's size reaches here, in operations a second. */
    private double productSpeed() {
        if (options.threads() != null) {
            Ops.setThreads(options.threads());
        }
        try (NDManager manager = NDManager.newBaseManager(options.device(), "PyTorch")) {
            NDArray x = manager.ones(new Shape(512, 576));
            NDArray w = manager.ones(new Shape(1536, 576));
            Ops.linear(x, w).close();
            int times = 100;
            long start = System.nanoTime();
            for (int i = 0; i < times; i++) {
                Ops.linear(x, w).close();
            }
            return 2.0 * times * 512 * 576 * 1536 / ((System.nanoTime() - start) / 1e9);
        }
    }

    private void line(String format, Object... values) {
        out.append("# ").append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
