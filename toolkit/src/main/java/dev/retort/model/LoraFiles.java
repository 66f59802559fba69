package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** PEFT's adapter layout: adapter_config.json and adapter_model.safetensors, both ways. */
public final class LoraFiles {

    private static final String PREFIX = "base_model.model.";

    private LoraFiles() {}

    /** Writes a model's adapters so that PEFT opens them. Whole or absent. */
    public static void save(LanguageModel model, String baseModel, Path folder) throws IOException {
        LoraConfig lora = model.weights().loraConfig();
        if (lora == null) {
            throw new IllegalStateException("the model has no adapters");
        }
        AtomicFiles.writeFolder(folder, partial -> {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            Set<String> modules = new TreeSet<>();
            model.weights().adapterArrays().forEach((name, array) -> {
                arrays.put(PREFIX + name, array);
                modules.add(name.substring(0, name.indexOf(".lora_")));
            });
            ObjectNode json = Rows.mapper().createObjectNode();
            json.put("peft_type", "LORA");
            json.put("task_type", model instanceof Seq2SeqLm ? "SEQ_2_SEQ_LM" : "CAUSAL_LM");
            json.put("base_model_name_or_path", baseModel);
            json.put("inference_mode", true);
            json.put("r", lora.r());
            json.put("lora_alpha", lora.loraAlpha());
            json.put("lora_dropout", lora.loraDropout());
            json.put("use_rslora", lora.useRslora());
            json.set("rank_pattern", Rows.mapper().valueToTree(lora.rankPattern()));
            json.set("alpha_pattern", Rows.mapper().valueToTree(lora.alphaPattern()));
            json.put("fan_in_fan_out", model instanceof Gpt2Model);
            json.put("bias", "none");
            json.put("init_lora_weights", true);
            // Whole names: shorter ones could match more modules than have adapters.
            json.set("target_modules", Rows.mapper().valueToTree(new ArrayList<>(modules)));
            AtomicFiles.writeText(partial.resolve("adapter_config.json"), json.toPrettyString() + "\n");
            Models.writer(arrays).writeFile(partial.resolve("adapter_model.safetensors"));
        });
    }

    /**
     * Puts the adapters of a folder on a model and freezes everything else.
     *
     * @throws ModelFileException if the folder is no LoRA adapter for this model, or asks for what is not supported
     */
    public static void load(LanguageModel model, Path folder) throws IOException {
        Path configFile = folder.resolve("adapter_config.json");
        if (!Files.isRegularFile(configFile)) {
            throw new ModelFileException(folder, "no adapter_config.json there; give a folder that PEFT saved");
        }
        LoraConfig config = config(Models.json(configFile), configFile);
        Path weightsFile = folder.resolve("adapter_model.safetensors");
        Weights weights = model.weights();
        try (TensorSource source = SafetensorsFile.open(weightsFile)) {
            Map<String, String> stored = new LinkedHashMap<>();
            Set<String> modules = new TreeSet<>();
            for (String name : source.names()) {
                String plain = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
                int at = plain.indexOf(".lora_");
                if (at < 0 || !weights.linearModules().contains(plain.substring(0, at))) {
                    throw new ModelFileException(
                            weightsFile, "tensor " + name + ": the model has no linear module for it");
                }
                modules.add(plain.substring(0, at));
                stored.put(plain, name);
            }
            if (modules.isEmpty()) {
                throw new ModelFileException(weightsFile, "holds no adapter");
            }
            for (String module : modules) {
                Shape shape = weights.get(module + ".weight").getShape();
                boolean transposed = weights.isConv1d(module);
                long in = transposed ? shape.get(0) : shape.get(1);
                long out = transposed ? shape.get(1) : shape.get(0);
                read(source, stored, module + ".lora_A.weight", config.rank(module), in);
                read(source, stored, module + ".lora_B.weight", out, config.rank(module));
            }
            weights.train(name -> false);
            weights.setLoraConfig(config);
            for (String module : modules) {
                weights.setAdapter(
                        module,
                        array(source, stored, module + ".lora_A.weight", weights),
                        array(source, stored, module + ".lora_B.weight", weights));
            }
        }
    }

    private static void read(TensorSource source, Map<String, String> stored, String name, long rows, long columns)
            throws IOException {
        String there = stored.get(name);
        if (there == null) {
            throw new ModelFileException(source.path(), "tensor " + name + ": missing");
        }
        long[] shape = source.shape(there);
        if (shape.length != 2 || shape[0] != rows || shape[1] != columns) {
            throw new ModelFileException(
                    source.path(),
                    "tensor " + there + ": has shape " + java.util.Arrays.toString(shape) + " but [" + rows + ", "
                            + columns + "] is wanted");
        }
    }

    private static NDArray array(TensorSource source, Map<String, String> stored, String name, Weights weights)
            throws IOException {
        long[] shape = source.shape(stored.get(name));
        float[] values = new float[Math.toIntExact(WeightPlan.count(shape))];
        source.readFloats(stored.get(name), FloatBuffer.wrap(values));
        return weights.manager().create(values, new Shape(shape));
    }

    private static LoraConfig config(ObjectNode json, Path file) throws IOException {
        if (!json.path("peft_type").asText().equals("LORA")) {
            throw new ModelFileException(
                    file, "peft_type " + json.path("peft_type") + " is not supported; supported: LORA");
        }
        for (String key : List.of("use_dora", "lora_bias")) {
            if (json.path(key).asBoolean(false)) {
                throw new ModelFileException(file, key + " true is not supported");
            }
        }
        for (String key : List.of("modules_to_save", "layer_replication")) {
            if (!json.path(key).isEmpty()) {
                throw new ModelFileException(file, key + " is not supported");
            }
        }
        if (!json.path("bias").asText("none").equals("none")) {
            throw new ModelFileException(file, "bias " + json.path("bias") + " is not supported; supported: none");
        }
        JsonNode targets = json.path("target_modules");
        List<String> modules = new ArrayList<>();
        if (targets.isTextual()) {
            modules.add(targets.textValue());
        } else {
            targets.forEach(target -> modules.add(target.asText()));
        }
        try {
            return new LoraConfig(
                    json.path("r").asInt(),
                    json.path("lora_alpha").asDouble(),
                    json.path("lora_dropout").asDouble(0),
                    modules,
                    json.path("use_rslora").asBoolean(false),
                    numbers(json.path("rank_pattern"), JsonNode::asInt),
                    numbers(json.path("alpha_pattern"), JsonNode::asDouble));
        } catch (IllegalArgumentException e) {
            throw new ModelFileException(file, e.getMessage());
        }
    }

    private static <T> Map<String, T> numbers(JsonNode object, Function<JsonNode, T> read) {
        Map<String, T> numbers = new LinkedHashMap<>();
        object.fields().forEachRemaining(field -> numbers.put(field.getKey(), read.apply(field.getValue())));
        return numbers;
    }
}
