package dev.retort.cli;

import dev.retort.data.Nearest;
import dev.retort.papers.Recipes;
import dev.retort.run.YamlConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The papers' names, and their files: those of the checkout, else those packed with the program. */
final class PaperFiles {

    /** The papers on the command line, in the order of the road. */
    static final List<String> PAPERS = List.of("step-by-step", "system2", "minillm", "negative", "tapir");

    /** The recipes that a paper may have. */
    static final List<String> RECIPES = List.of("tiny", "small", "paper");

    private static final Pattern MODEL =
            Pattern.compile("^(?!\\s*#).*\\bmodel_name_or_path: *[\"']?([^\\s\"',}]+)", Pattern.MULTILINE);

    private PaperFiles() {}

    /** The top of a recipe file. */
    private record Header(Map<String, String> needs) {}

    /** What reads a folder. */
    @FunctionalInterface
    interface FolderReader<T> {
        T read(Path folder) throws IOException;
    }

    /** Refuses a name that is no paper's. */
    static void requirePaper(String paper) {
        if (!PAPERS.contains(paper)) {
            throw new UsageException("there is no paper '" + paper + "'"
                    + Nearest.of(paper, PAPERS)
                            .map(nearest -> "; the nearest is " + nearest)
                            .orElse("") + "; papers: " + String.join(", ", PAPERS));
        }
    }

    /** The folder of the project's own checkout, where the program runs from one. */
    static Path checkout() {
        return Path.of(System.getProperty("retort.root", "."), "papers-repro");
    }

    /** The {@code needs} block of a recipe; empty where there is no such recipe. */
    static Optional<Map<String, String>> needs(String paper, String recipe) throws IOException {
        Optional<String> yaml = text(paper, recipe);
        return yaml.isEmpty()
                ? Optional.empty()
                : Optional.of(needsOf(yaml.get(), "recipes/" + paper + "/" + recipe + ".yaml"));
    }

    /** Where the model lies that a recipe's {@code needs} block names for people: its {@code model_name_or_path}. */
    static Optional<String> model(String paper, String recipe) throws IOException {
        return text(paper, recipe).flatMap(PaperFiles::modelOf);
    }

    /** The first {@code model_name_or_path} of a recipe, quotes left out. */
    static Optional<String> modelOf(String yaml) {
        Matcher matcher = MODEL.matcher(yaml);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static Optional<String> text(String paper, String recipe) throws IOException {
        Path file = checkout().resolve(Path.of("recipes", paper, recipe + ".yaml"));
        if (Files.isRegularFile(file)) {
            return Optional.of(Files.readString(file));
        }
        String resource = "/recipes/" + paper + "/" + recipe + ".yaml";
        try (InputStream in = PaperFiles.class.getResourceAsStream(resource)) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Reads the one block; the rest of a recipe is its paper's own, with other keys in every paper. */
    static Map<String, String> needsOf(String yaml, String source) {
        List<String> kept = new ArrayList<>();
        boolean inside = false;
        for (String line : yaml.lines().toList()) {
            boolean indented = line.isEmpty() || line.startsWith(" ") || line.startsWith("#");
            inside = indented ? inside : line.startsWith("needs:");
            // Blank lines keep the numbers of the others right for messages.
            kept.add(inside ? line : "");
        }
        Header header =
                YamlConfig.read(kept.stream().collect(Collectors.joining("\n")), source, Header.class, List.of());
        return header.needs() == null ? Map.of() : header.needs();
    }

    /** Reads the folder of a paper's published cells. */
    static <T> T readPublished(String paper, FolderReader<T> reader) throws IOException {
        Path folder = Recipes.published(paper);
        if (Files.isDirectory(folder)) {
            return reader.read(folder);
        }
        URL packed = PaperFiles.class.getResource("/published/" + paper);
        if (packed == null) {
            throw new IOException(folder + ": no published cells there; run from the project's checkout");
        }
        try {
            URI uri = packed.toURI();
            if (!uri.getScheme().equals("jar")) {
                return reader.read(Path.of(uri));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return reader.read(jar.getPath("/published", paper));
            }
        } catch (URISyntaxException e) {
            throw new IOException(packed + ": cannot be opened", e);
        }
    }
}
