package dev.retort.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.op.Ops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** Loads, makes and saves models: Hugging Face folders and GGUF files in, Hugging Face folders out. */
public final class Models {

    private static final long JSON_LIMIT = 16L << 20;

    private static final String LAYER_PREFIX = "model.layers.";

    private Models() {}

    /**
     * Loads a model in float32.
     *
     * @param path a Hugging Face folder or a GGUF file
     * @throws ModelFileException in one line that names the file, and the tensor where it is one
     */
    public static LoadedModel load(Path path, Device device) throws IOException {
        if (Files.isRegularFile(path)) {
            return loadGguf(path, device);
        }
        if (!Files.isDirectory(path)) {
            throw new ModelFileException(path, "no such folder or file; give a Hugging Face folder or a GGUF file");
        }
        Path configFile = path.resolve("config.json");
        if (!Files.isRegularFile(configFile)) {
            throw new ModelFileException(path, "no config.json there; give a Hugging Face model folder");
        }
        ModelConfig config = config(json(configFile), configFile.toString());
        Path generation = path.resolve("generation_config.json");
        ObjectNode generationConfig = Files.isRegularFile(generation)
                ? json(generation)
                : Rows.mapper().createObjectNode();
        try (TensorSource source = SafetensorsFolder.open(path)) {
            LanguageModel model = fill(config, source, device);
            return withTokenizer(
                    model, () -> Tokenizer.isIn(path) ? Tokenizer.load(path) : null, generationConfig, path);
        }
    }

    /**
     * Loads a model, with matrix products in these numbers.
     *
     * @throws IOException also where the model cannot do it
     */
    public static LoadedModel load(Path path, Device device, Precision precision) throws IOException {
        LoadedModel loaded = load(path, device);
        try {
            loaded.model().setPrecision(precision);
            return loaded;
        } catch (IllegalArgumentException e) {
            loaded.close();
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    private static LoadedModel loadGguf(Path path, Device device) throws IOException {
        try (GgufModel source = new GgufModel(path)) {
            ModelConfig config = config(source.config(), path.toString());
            LanguageModel model = fill(config, source, device);
            ObjectNode generationConfig = Rows.mapper().createObjectNode();
            for (String key : new String[] {"bos_token_id", "eos_token_id", "pad_token_id"}) {
                JsonNode id = config.json().path(key);
                if (id.isInt()) {
                    generationConfig.set(key, id);
                }
            }
            boolean hasTokenizer = source.file().keys().contains("tokenizer.ggml.model");
            return withTokenizer(
                    model, () -> hasTokenizer ? GgufTokenizer.read(source.file()) : null, generationConfig, path);
        }
    }

    /**
     * Reads what a model is without its weights: config.json, or what a GGUF file says in its place.
     *
     * @throws ModelFileException in one line that names the file
     */
    public static ObjectNode readConfig(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            try (GgufModel source = new GgufModel(path)) {
                return source.config();
            }
        }
        Path configFile = path.resolve("config.json");
        if (!Files.isRegularFile(configFile)) {
            throw new ModelFileException(path, "no config.json there; give a Hugging Face folder or a GGUF file");
        }
        return json(configFile);
    }

    /**
     * Reads a model's tokenizer without its weights.
     *
     * @throws IOException in one line that names the file, where there is none too
     */
    public static Tokenizer readTokenizer(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            try (GgufModel source = new GgufModel(path)) {
                return GgufTokenizer.read(source.file());
            }
        }
        return Tokenizer.load(path);
    }

    @FunctionalInterface
    private interface TokenizerSource {
        Tokenizer read() throws IOException;
    }

    private static LoadedModel withTokenizer(
            LanguageModel model, TokenizerSource tokenizer, ObjectNode generationConfig, Path path) throws IOException {
        try {
            return new LoadedModel(model, tokenizer.read(), generationConfig, path);
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Makes a model with random weights from a config.json: matrices normal with deviation initializer_range, norms one,
     * biases zero.
     *
     * @param json as Hugging Face writes it, model_type included
     */
    public static LanguageModel create(ObjectNode json, long seed, Device device) {
        ModelConfig config = config(json, "model");
        WeightPlan plan = plan(config);
        Weights weights = new Weights(NDManager.newBaseManager(device, "PyTorch"));
        double deviation = json.path("initializer_range").asDouble(0.02);
        for (String name : plan.shapes().keySet()) {
            if (plan.fromScratch(name)) {
                weights.put(name, plan.initial(name, weights.manager(), seed, deviation));
            }
        }
        return build(config, weights);
    }

    /**
     * A LLaMA with some of another's layers and the rest of it; the other is left as it is.
     *
     * @param layers the layers kept, from 0, in their new order
     * @throws IllegalArgumentException for other families, or if there is no such layer
     */
    public static LoadedModel withLayers(LoadedModel loaded, int[] layers) throws IOException {
        if (!(loaded.model() instanceof LlamaModel whole)) {
            throw new IllegalArgumentException("layers can be dropped from models of the LLaMA family only");
        }
        if (layers.length == 0
                || Arrays.stream(layers)
                        .anyMatch(i -> i < 0 || i >= whole.config().layers())) {
            throw new IllegalArgumentException(
                    "layers must be 0 to " + (whole.config().layers() - 1) + " and at least one");
        }
        ObjectNode json = whole.config().json().deepCopy();
        json.put("num_hidden_layers", layers.length);
        // Qwen's configuration has a word for every layer, and transformers counts them.
        if (json.path("layer_types") instanceof ArrayNode types
                && types.size() == whole.config().layers()) {
            ArrayNode kept = json.putArray("layer_types");
            for (int layer : layers) {
                kept.add(types.get(layer));
            }
        }
        NDManager manager = NDManager.newBaseManager(whole.weights().manager().getDevice(), "PyTorch");
        Weights weights = new Weights(manager);
        whole.weights().arrays().forEach((name, array) -> {
            if (!name.startsWith(LAYER_PREFIX)) {
                weights.put(name, copy(array, manager));
            }
        });
        for (int layer = 0; layer < layers.length; layer++) {
            String from = LAYER_PREFIX + layers[layer] + ".";
            String to = LAYER_PREFIX + layer + ".";
            whole.weights().arrays().forEach((name, array) -> {
                if (name.startsWith(from)) {
                    weights.put(to + name.substring(from.length()), copy(array, manager));
                }
            });
        }
        Tokenizer tokenizer =
                loaded.tokenizer() == null ? null : loaded.tokenizer().copy();
        return new LoadedModel(
                build(config(json, loaded.source().toString()), weights),
                tokenizer,
                loaded.generationConfig(),
                loaded.source());
    }

    private static NDArray copy(NDArray array, NDManager manager) {
        NDArray copy = array.duplicate();
        copy.attach(manager);
        return copy;
    }

    /** So many of a model's layers at even distances, the first and the last among them. */
    public static int[] evenLayers(LoadedModel loaded, int count) {
        int layers = loaded.model().config().json().path("num_hidden_layers").asInt();
        if (count < 1 || count > layers) {
            throw new IllegalArgumentException(count + " layers asked for; the model has " + layers);
        }
        int[] kept = new int[count];
        for (int i = 0; i < count; i++) {
            kept[i] = count == 1 ? 0 : Math.round(i * (layers - 1f) / (count - 1));
        }
        return kept;
    }

    /** How many numbers a configuration's model has. */
    public static long parameters(ObjectNode json) {
        return plan(config(json, "model")).parameters();
    }

    private static ModelConfig config(ObjectNode json, String file) {
        ConfigReader reader = new ConfigReader(json, file);
        String type = reader.text("model_type", "");
        return switch (type) {
            case "llama", "mistral", "qwen2", "qwen3" -> LlamaConfig.read(reader);
            case "gpt2" -> Gpt2Config.read(reader);
            case "t5" -> T5Config.read(reader);
            default -> throw reader.bad(
                    "model_type", "'" + type + "' is not supported; supported: llama, mistral, qwen2, qwen3, gpt2, t5");
        };
    }

    private static WeightPlan plan(ModelConfig config) {
        return switch (kind(config)) {
            case LLAMA -> LlamaModel.plan((LlamaConfig) config);
            case GPT2 -> Gpt2Model.plan((Gpt2Config) config);
            case T5 -> T5Model.plan((T5Config) config);
        };
    }

    private static LanguageModel build(ModelConfig config, Weights weights) {
        return switch (kind(config)) {
            case LLAMA -> new LlamaModel((LlamaConfig) config, weights);
            case GPT2 -> new Gpt2Model((Gpt2Config) config, weights);
            case T5 -> new T5Model((T5Config) config, weights);
        };
    }

    private enum Kind {
        LLAMA,
        GPT2,
        T5
    }

    // Java 17 has no pattern switch; this is the one place that maps the sealed configurations.
    private static Kind kind(ModelConfig config) {
        if (config instanceof LlamaConfig) {
            return Kind.LLAMA;
        }
        return config instanceof Gpt2Config ? Kind.GPT2 : Kind.T5;
    }

    private static LanguageModel fill(ModelConfig config, TensorSource source, Device device) throws IOException {
        WeightPlan plan = plan(config);
        // Every shape is checked against the file, which bounds it, before anything is allocated.
        long largest = 0;
        for (Map.Entry<String, long[]> entry : plan.shapes().entrySet()) {
            String stored = plan.find(entry.getKey(), source);
            if (stored == null) {
                if (plan.mayLack(entry.getKey())) {
                    continue;
                }
                throw new ModelFileException(
                        source.path(),
                        "tensor " + entry.getKey() + ": missing, though config.json asks for it with shape "
                                + Arrays.toString(entry.getValue()));
            }
            if (!Arrays.equals(source.shape(stored), entry.getValue())) {
                throw new ModelFileException(
                        source.path(),
                        "tensor " + stored + ": has shape "
                                + Arrays.toString(source.shape(stored)) + " but config.json asks for "
                                + Arrays.toString(entry.getValue()));
            }
            if (!source.dtype(stored).isFloating()) {
                throw new ModelFileException(
                        source.path(),
                        "tensor " + stored + ": has type " + source.dtype(stored) + "; supported: F32, F16, BF16");
            }
            largest = Math.max(largest, WeightPlan.count(entry.getValue()));
        }
        if (largest > Integer.MAX_VALUE / 4) {
            throw new ModelFileException(
                    source.path(), "a tensor of " + largest + " values is larger than the 2 GiB supported");
        }
        Weights weights = new Weights(NDManager.newBaseManager(device, "PyTorch"));
        try (NDManager scratch = weights.manager().newSubManager()) {
            ByteBuffer bytes = ByteBuffer.allocateDirect((int) largest * 4).order(ByteOrder.nativeOrder());
            for (Map.Entry<String, long[]> entry : plan.shapes().entrySet()) {
                String stored = plan.find(entry.getKey(), source);
                if (stored != null) {
                    FloatBuffer floats = bytes.clear().asFloatBuffer();
                    source.readFloats(stored, floats);
                    bytes.limit(floats.position() * 4);
                    Shape shape = new Shape(entry.getValue());
                    // Through memory of PyTorch's own: it is aligned, and it is not counted as Java's.
                    NDArray array = weights.manager().zeros(shape, DataType.FLOAT32);
                    try (NDArray read = scratch.create(bytes, shape, DataType.FLOAT32)) {
                        Ops.assign(array, read);
                    }
                    weights.put(entry.getKey(), array);
                }
            }
        } catch (IOException | RuntimeException e) {
            weights.close();
            throw e;
        }
        return build(config, weights);
    }

    /**
     * Reads a bounded JSON object.
     *
     * @throws ModelFileException in one line that names the file
     */
    static ObjectNode json(Path file) throws IOException {
        if (Files.size(file) > JSON_LIMIT) {
            throw new ModelFileException(file, "larger than " + (JSON_LIMIT >> 20) + " MiB");
        }
        try {
            JsonNode node = Rows.mapper().readTree(Files.readString(file));
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw new ModelFileException(file, "not a JSON object");
        } catch (JsonProcessingException e) {
            throw new ModelFileException(
                    file,
                    "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
        } catch (java.nio.charset.CharacterCodingException e) {
            throw new ModelFileException(file, "not UTF-8 text");
        }
    }

    /**
     * Writes a Hugging Face folder in float32: config.json, generation_config.json, the tokenizer's files and the weights
     * under their names. Adapters must be merged first. Whole or absent.
     */
    public static void save(LoadedModel loaded, Path folder) throws IOException {
        LanguageModel model = loaded.model();
        if (model.weights().loraConfig() != null) {
            throw new IllegalStateException("merge the adapters before saving the model, or save the adapters alone");
        }
        AtomicFiles.writeFolder(folder, partial -> {
            ObjectNode config = model.config().json().deepCopy();
            config.remove("torch_dtype");
            config.put("dtype", "float32");
            if (!config.has("architectures")) {
                config.putArray("architectures").add(architecture(model.config()));
            }
            AtomicFiles.writeText(partial.resolve("config.json"), config.toPrettyString() + "\n");
            AtomicFiles.writeText(
                    partial.resolve("generation_config.json"),
                    loaded.generationConfig().toPrettyString() + "\n");
            if (loaded.tokenizer() != null) {
                loaded.tokenizer().save(partial);
            }
            writer(model.weights().arrays()).writeFolder(partial, SafetensorsWriter.USUAL_SHARD_BYTES);
        });
    }

    private static String architecture(ModelConfig config) {
        if (config instanceof LlamaConfig llama) {
            String type = llama.modelType();
            return type.substring(0, 1).toUpperCase(Locale.ROOT) + type.substring(1) + "ForCausalLM";
        }
        return config instanceof Gpt2Config ? "GPT2LMHeadModel" : "T5ForConditionalGeneration";
    }

    /** A writer of arrays as float32. */
    public static SafetensorsWriter writer(Map<String, NDArray> arrays) {
        SafetensorsWriter writer = new SafetensorsWriter();
        arrays.forEach((name, array) -> writer.floats(
                name, WeightDtype.F32, array.getShape().getShape(), () -> FloatBuffer.wrap(array.toFloatArray())));
        return writer;
    }

    /** Copies the values of a file's tensors into arrays of equal names and shapes. */
    public static void assign(TensorSource source, Map<String, NDArray> arrays) throws IOException {
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NDArray array = entry.getValue();
            long[] shape = array.getShape().getShape();
            if (!Arrays.equals(source.shape(entry.getKey()), shape)) {
                throw new ModelFileException(
                        source.path(),
                        "tensor " + entry.getKey() + ": has shape "
                                + Arrays.toString(source.shape(entry.getKey())) + " but " + Arrays.toString(shape)
                                + " is wanted");
            }
            float[] values = new float[Math.toIntExact(array.size())];
            source.readFloats(entry.getKey(), FloatBuffer.wrap(values));
            try (NDManager scratch = array.getManager().newSubManager()) {
                Ops.assign(array, scratch.create(values, array.getShape()));
            }
        }
    }
}
