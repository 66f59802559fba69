package dev.retort.papers;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import dev.retort.run.ProgressListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A student of two small layers around a byte-level tokenizer, and what tests of recipes share. */
public final class ScratchFolder {

    private ScratchFolder() {}

    /** Writes the student as a Hugging Face folder. */
    public static Path student(Path folder) throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama").put("vocab_size", 1024).put("hidden_size", 16);
        json.put("intermediate_size", 24).put("num_hidden_layers", 2).put("num_attention_heads", 2);
        json.put("max_position_embeddings", 1024).put("initializer_range", 0.2).put("tie_word_embeddings", true);
        Path fixture = Path.of(System.getProperty("retort.root"), "toolkit/src/test/resources/models/tokenizer-bpe");
        try (Tokenizer tokenizer = Tokenizer.load(fixture);
                var model = Models.create(json, 1, Device.cpu())) {
            ObjectNode generation = Rows.mapper().createObjectNode();
            generation.put("eos_token_id", tokenizer.eosId().orElseThrow());
            Models.save(new LoadedModel(model, tokenizer, generation, folder), folder);
        }
        return folder;
    }

    /** Options of a run on the processor without progress on stderr. */
    public static RunOptions options(
            Path recipe, Path out, Set<Stage> stages, List<Integer> seeds, Interrupt interrupt, ProgressListener seen) {
        return options(recipe, out, stages, seeds, RowFilter.ALL, interrupt, seen);
    }

    /** As before, of some rows. */
    public static RunOptions options(
            Path recipe,
            Path out,
            Set<Stage> stages,
            List<Integer> seeds,
            RowFilter rows,
            Interrupt interrupt,
            ProgressListener seen) {
        return new RunOptions(
                recipe.toString(),
                out,
                List.of(),
                stages,
                seeds,
                rows,
                List.of(),
                true,
                Device.cpu(),
                1,
                "test",
                true,
                interrupt,
                seen == null ? List.of() : List.of(seen));
    }

    /** Every file below a folder with what it holds. */
    public static Map<Path, String> files(Path folder) throws IOException {
        Map<Path, String> files = new TreeMap<>();
        try (var paths = Files.walk(folder)) {
            paths.filter(Files::isRegularFile).forEach(file -> files.put(folder.relativize(file), hash(file)));
        }
        return files;
    }

    private static String hash(Path file) {
        try {
            return HexFormat.of().formatHex(SeededRandom.sha256(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
