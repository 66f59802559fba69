package dev.retort.train;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraFiles;
import dev.retort.model.ModelFileException;
import dev.retort.model.Models;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.SafetensorsFolder;
import dev.retort.model.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A training state on disk: {@code checkpoints/step-NNNNNN/} with the trained weights (a Hugging Face folder, or PEFT's adapter
 * folder), the projections of hidden states where they are matched, the optimiser's moments, and the step.
 *
 * <p>The step is the random state and the data cursor too: data order and dropout are derived from (seed, step). A checkpoint is
 * whole or absent, and training that goes on from one ends with the same bits as training that was never stopped.
 *
 * @param folder of this checkpoint
 * @param step optimiser steps done
 */
public record Checkpoint(Path folder, int step) {

    private static final Pattern NAME = Pattern.compile("step-(\\d{6,9})");

    private static final String STATE = "trainer_state.json";

    private static final String PROJECTIONS = "projections.safetensors";

    private static final String OPTIMIZER = "optimizer.safetensors";

    /** Writes a checkpoint and removes the oldest ones beyond the limit. */
    static Checkpoint save(
            Path checkpoints,
            LoadedModel loaded,
            Map<String, NDArray> projections,
            AdamW optimizer,
            int step,
            String settingsHash,
            int limit)
            throws IOException {
        Path folder = checkpoints.resolve(String.format(Locale.ROOT, "step-%06d", step));
        LanguageModel model = loaded.model();
        AtomicFiles.writeFolder(folder, partial -> {
            if (model.weights().loraConfig() != null) {
                LoraFiles.save(model, loaded.source().toString(), partial.resolve("adapter"));
            } else {
                Models.save(loaded, partial.resolve("model"));
            }
            if (!projections.isEmpty()) {
                Models.writer(projections).writeFile(partial.resolve(PROJECTIONS));
            }
            Models.writer(optimizer.moments()).writeFile(partial.resolve(OPTIMIZER));
            ObjectNode state = Rows.mapper().createObjectNode();
            state.put("step", step);
            state.put("optimizer_steps", optimizer.steps());
            state.put("settings_hash", settingsHash);
            AtomicFiles.writeText(partial.resolve(STATE), state.toPrettyString() + "\n");
        });
        List<Checkpoint> all = list(checkpoints);
        for (Checkpoint old : all.subList(0, Math.max(0, all.size() - limit))) {
            AtomicFiles.deleteTree(old.folder());
        }
        return new Checkpoint(folder, step);
    }

    /** The checkpoints of a folder by step; what a kill left unfinished is not among them. */
    public static List<Checkpoint> list(Path checkpoints) throws IOException {
        List<Checkpoint> found = new ArrayList<>();
        if (!Files.isDirectory(checkpoints)) {
            return found;
        }
        try (var paths = Files.list(checkpoints)) {
            paths.forEach(path -> {
                Matcher matcher = NAME.matcher(path.getFileName().toString());
                if (matcher.matches()) {
                    found.add(new Checkpoint(path, Integer.parseInt(matcher.group(1))));
                }
            });
        }
        found.sort(Comparator.comparingInt(Checkpoint::step));
        return found;
    }

    /** The checkpoint with the most steps. */
    public static Optional<Checkpoint> last(Path checkpoints) throws IOException {
        List<Checkpoint> all = list(checkpoints);
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /**
     * Puts weights, projections and moments back.
     *
     * @throws IOException if the checkpoint is broken or was made with other settings
     */
    void restore(LanguageModel model, Map<String, NDArray> projections, AdamW optimizer, String settingsHash)
            throws IOException {
        Path stateFile = folder.resolve(STATE);
        if (!Files.isRegularFile(stateFile)) {
            throw new ModelFileException(
                    folder, "no " + STATE + " there; remove the checkpoint to go on from an older one");
        }
        JsonNode state = Rows.mapper().readTree(Files.readString(stateFile));
        if (!state.path("settings_hash").asText().equals(settingsHash)) {
            throw new ModelFileException(
                    folder, "made with other settings or data than these; restore them, or train into another folder");
        }
        if (model.weights().loraConfig() != null) {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            model.weights().adapterArrays().forEach((name, array) -> arrays.put("base_model.model." + name, array));
            try (TensorSource source =
                    SafetensorsFile.open(folder.resolve("adapter").resolve("adapter_model.safetensors"))) {
                Models.assign(source, arrays);
            }
        } else {
            try (TensorSource source = SafetensorsFolder.open(folder.resolve("model"))) {
                Models.assign(source, model.weights().arrays());
            }
        }
        if (!projections.isEmpty()) {
            try (TensorSource source = SafetensorsFile.open(folder.resolve(PROJECTIONS))) {
                Models.assign(source, projections);
            }
        }
        try (TensorSource source = SafetensorsFile.open(folder.resolve(OPTIMIZER))) {
            Models.assign(source, optimizer.moments());
        }
        optimizer.setSteps(state.path("optimizer_steps").asLong());
    }
}
