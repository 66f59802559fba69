package dev.retort.papers;

import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Recipe files: packed as resources, or given by path. */
public final class Recipes {

    private static final int FILE_LIMIT = 1 << 20;

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
     * @throws IOException if there is none of that name, or a file of it is no text or longer than any recipe
     */
    public static String text(String paper, String name) throws IOException {
        if (isFile(name)) {
            return file(Path.of(name));
        }
        try (InputStream in = Recipes.class.getResourceAsStream("/" + source(paper, name))) {
            if (in == null) {
                throw new IOException(
                        "there is no recipe '" + name + "' for " + paper + " yet; retort papers lists them");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String file(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(FILE_LIMIT + 1);
        }
        if (bytes.length > FILE_LIMIT) {
            throw new IOException(file + ": longer than " + FILE_LIMIT + " bytes, as no recipe is");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": not UTF-8 text", e);
        }
    }

    private static boolean isFile(String name) {
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    private static String source(String paper, String name) {
        return isFile(name) ? name : "recipes/" + paper + "/" + name + ".yaml";
    }

    /** The folder of published cells of a paper, in the checkout. */
    public static Path published(String paper) {
        return checkout("published", paper);
    }

    /** The folder of our committed results of a paper, in the checkout. */
    public static Path results(String paper) {
        return checkout("results", paper);
    }

    private static Path checkout(String folder, String paper) {
        Path below = Path.of("papers-repro", folder, paper);
        Path named = Path.of(System.getProperty("retort.root", ".")).resolve(below);
        // A notebook's working folder is one of the checkout's.
        return Files.isDirectory(named) ? named : Path.of("..").resolve(below);
    }
}
