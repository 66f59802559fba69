package dev.retort.cli;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Model folders for tests: copies of fixtures, and tiny random models. */
final class ModelFolders {

    private ModelFolders() {}

    /** Copies the files of a fixture. */
    static Path copy(String fixture, Path target) throws IOException {
        Files.createDirectories(target);
        try (var files = Files.list(CliRun.fixture(fixture))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    /** Puts a fixture's tokenizer into a folder. */
    static void copyTokenizer(String fixture, Path target) throws IOException {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(CliRun.fixture(fixture).resolve(name), target.resolve(name));
        }
    }

    /** Makes a LLaMA-like model of random weights around a fixture's tokenizer. */
    static Path random(Path target, String tokenizer) throws IOException {
        return random(target, tokenizer, 1);
    }

    /** Makes one that differs by its seed. */
    static Path random(Path target, String tokenizer, long seed) throws IOException {
        try (Tokenizer words = Tokenizer.load(CliRun.fixture(tokenizer))) {
            return random(target, words, seed);
        }
    }

    /** Makes a LLaMA-like model of random weights around a tokenizer. */
    static Path random(Path target, Tokenizer tokenizer) throws IOException {
        return random(target, tokenizer, 1);
    }

    /** Makes one that differs by its seed. */
    static Path random(Path target, Tokenizer tokenizer, long seed) throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama");
        json.put("vocab_size", 1024);
        json.put("hidden_size", 32);
        json.put("intermediate_size", 48);
        json.put("num_hidden_layers", 2);
        json.put("num_attention_heads", 4);
        json.put("max_position_embeddings", 128);
        json.put("initializer_range", 0.2);
        json.put("tie_word_embeddings", true);
        return save(target, json, tokenizer, seed);
    }

    /** Makes a T5 of random weights around a tokenizer. */
    static Path randomSeq2Seq(Path target, Tokenizer tokenizer) throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "t5");
        json.put("vocab_size", 1024);
        json.put("d_model", 32);
        json.put("d_kv", 8);
        json.put("d_ff", 48);
        json.put("num_layers", 1);
        json.put("num_heads", 4);
        return save(target, json, tokenizer, 1);
    }

    private static Path save(Path target, ObjectNode json, Tokenizer tokenizer, long seed) throws IOException {
        ObjectNode generation = Rows.mapper().createObjectNode();
        // The tokenizer is the caller's to close.
        try (var model = Models.create(json, seed, Device.cpu())) {
            Models.save(new LoadedModel(model, tokenizer, generation, target), target);
        }
        return target;
    }
}
