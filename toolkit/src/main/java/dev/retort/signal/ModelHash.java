package dev.retort.signal;

import dev.retort.data.SeededRandom;
import dev.retort.run.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Which model and which tokenizer lie in a Hugging Face folder or a GGUF file, by content. */
public final class ModelHash {

    private static final String WEIGHTS = ".safetensors";

    private ModelHash() {}

    /**
     * SHA-256 of a folder's config.json and safetensors weights (an adapter's too), or of a GGUF file. Every byte is read at
     * every call.
     *
     * @throws IOException where there are no weights
     */
    public static String model(Path model) throws IOException {
        if (!Files.isDirectory(model)) {
            return RunRecord.sha256(model);
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(model)) {
            files = all.filter(file -> isPart(nameOf(file))).sorted().toList();
        }
        if (files.stream().noneMatch(file -> nameOf(file).endsWith(WEIGHTS))) {
            throw new IOException(model + ": no safetensors weights there; give the folder of a model");
        }
        StringBuilder parts = new StringBuilder();
        for (Path file : files) {
            parts.append(nameOf(file))
                    .append('\n')
                    .append(RunRecord.sha256(file))
                    .append('\n');
        }
        return SeededRandom.sha256Hex(parts.toString());
    }

    /** SHA-256 of a folder's tokenizer.json, or of the GGUF file that holds the tokenizer. */
    public static String tokenizer(Path model) throws IOException {
        return RunRecord.sha256(Files.isDirectory(model) ? model.resolve("tokenizer.json") : model);
    }

    private static boolean isPart(String name) {
        return name.equals("config.json") || name.equals("adapter_config.json") || name.endsWith(WEIGHTS);
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString();
    }
}
