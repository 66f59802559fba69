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
        return YamlConfig.read(text(paper, name), source(paper, name), type, overrides);
    }

    /**
     * The text of a paper's recipe.
     *
     * @throws IOException if there is none of that name
     */
    public static String text(String paper, String name) throws IOException {
        if (isFile(name)) {
            return Files.readString(Path.of(name));
        }
        try (InputStream in = Recipes.class.getResourceAsStream("/" + source(paper, name))) {
            if (in == null) {
                throw new IOException(
                        "there is no recipe '" + name + "' for " + paper + " yet; retort papers lists them");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static boolean isFile(String name) {
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    private static String source(String paper, String name) {
        return isFile(name) ? name : "recipes/" + paper + "/" + name + ".yaml";
    }

    /** The folder of published cells of a paper: in the checkout where there is one, else unpacked from the resources. */
    public static Path published(String paper) {
        String root = System.getProperty("retort.root", ".");
        Path folder = Path.of(root, "papers-repro", "published", paper);
        return Files.isDirectory(folder) ? folder : Path.of("papers-repro", "published", paper);
    }
}
