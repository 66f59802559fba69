package dev.retort.papers;

import dev.retort.model.ModelHub;
import dev.retort.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A student that a recipe names.
 *
 * @param name in the table
 * @param modelNameOrPath a Hugging Face folder or GGUF file, or hf:org/name@revision; relative to the checkout
 * @param howToGet said where it is missing
 * @param licence for the run's record
 * @param size so that a plan can tell what it takes where it is not here; null for what is small
 */
public record PretrainedStudent(String name, String modelNameOrPath, String howToGet, String licence, Size size) {

    /**
     * A model's size.
     *
     * @param parameters all weights
     * @param hiddenSize width of a layer
     * @param numHiddenLayers of encoder and decoder together
     */
    public record Size(Long parameters, Integer hiddenSize, Integer numHiddenLayers) {
        public Size {
            if (parameters == null || hiddenSize == null || numHiddenLayers == null) {
                throw new IllegalArgumentException("student.size needs parameters, hidden_size and num_hidden_layers");
            }
        }
    }

    public PretrainedStudent {
        if (modelNameOrPath == null) {
            throw new IllegalArgumentException("student.model_name_or_path is needed");
        }
        name = name == null ? modelNameOrPath : name;
        howToGet = howToGet == null ? "" : howToGet;
        licence = licence == null ? "not stated" : licence;
    }

    /**
     * Where it lies; from a hub it is fetched first.
     *
     * @throws IOException where it is missing, with how to get it
     */
    public Path locate() throws IOException {
        if (modelNameOrPath.startsWith("hf:")) {
            try {
                return ModelHub.fromEnvironment().fetch(modelNameOrPath);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while fetching " + modelNameOrPath, e);
            }
        }
        Path path = Path.of(System.getProperty("retort.root", ".")).resolve(modelNameOrPath);
        if (!Files.exists(path)) {
            throw new IOException(path + ": no such model; " + howToGet);
        }
        return path;
    }

    /** A record that names the student's file and its hash; of a folder, nothing is added. */
    public RunRecord addTo(RunRecord record) throws IOException {
        Path path = locate();
        return Files.isRegularFile(path) ? record.withInput("student/" + path.getFileName(), path, licence) : record;
    }
}
