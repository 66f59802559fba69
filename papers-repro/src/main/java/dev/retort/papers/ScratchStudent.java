package dev.retort.papers;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A small LLaMA made from scratch over a language of words, for the tiny recipes.
 *
 * @param hiddenSize D
 * @param intermediateSize of the feed-forward layers
 * @param numHiddenLayers decoder layers
 * @param numAttentionHeads H
 * @param maxPositionEmbeddings longest sequence
 * @param initializerRange deviation of fresh matrices
 */
public record ScratchStudent(
        Integer hiddenSize,
        Integer intermediateSize,
        Integer numHiddenLayers,
        Integer numAttentionHeads,
        Integer maxPositionEmbeddings,
        Double initializerRange) {

    public ScratchStudent {
        hiddenSize = hiddenSize == null ? Integer.valueOf(64) : hiddenSize;
        intermediateSize = intermediateSize == null ? Integer.valueOf(2 * hiddenSize) : intermediateSize;
        numHiddenLayers = numHiddenLayers == null ? Integer.valueOf(2) : numHiddenLayers;
        numAttentionHeads = numAttentionHeads == null ? Integer.valueOf(4) : numAttentionHeads;
        maxPositionEmbeddings = maxPositionEmbeddings == null ? Integer.valueOf(128) : maxPositionEmbeddings;
        initializerRange = initializerRange == null ? Double.valueOf(0.05) : initializerRange;
    }

    /** A fresh model and the tokenizer of its words; equal seeds give equal weights. */
    public LoadedModel create(List<String> words, long seed, Device device) throws IOException {
        Tokenizer tokenizer = Tokenizer.ofWords(words);
        int eos = tokenizer.eosId().orElseThrow();
        ObjectNode json = Rows.mapper().valueToTree(this);
        json.put("model_type", "llama");
        json.put("tie_word_embeddings", true);
        json.put("vocab_size", tokenizer.vocabularySize());
        json.put("eos_token_id", eos);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", eos);
        return new LoadedModel(Models.create(json, seed, device), tokenizer, generation, Path.of("scratch"));
    }
}
