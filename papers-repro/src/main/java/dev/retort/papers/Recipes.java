package dev.retort.papers;

import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Recipe files: packed as resources, or given by path. */
public final class Recipes {

    private Recipes() {}

    /**
     * Reads a paper's recipe.
     *
     * @param name tiny, small or paper, or the path of a YAML file
     * @throws IOException if there is none of that name
     */
    public static <T extends Record> T read(String paper, String name, Class<T> type, List<String> overrides)
            throws IOException {
        if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            return YamlConfig.read(Path.of(name), type, overrides);
        }
        String resource = "/recipes/" + paper + "/" + name + ".yaml";
        try (InputStream in = Recipes.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException(
                        "there is no recipe '" + name + "' for " + paper + " yet; retort papers lists them");
            }
            String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return YamlConfig.read(yaml, "recipes/" + paper + "/" + name + ".yaml", type, overrides);
        }
    }

    /** The folder of published cells of a paper: in the checkout where there is one, else unpacked from the resources. */
    public static Path published(String paper) {
        String root = System.getProperty("retort.root", ".");
        Path folder = Path.of(root, "papers-repro", "published", paper);
        return Files.isDirectory(folder) ? folder : Path.of("papers-repro", "published", paper);
    }
}
