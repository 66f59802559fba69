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
 * A small model made from scratch over a language of words, for the tiny recipes.
 *
 * @param modelType llama (decoder-only) or t5 (encoder-decoder)
 * @param hiddenSize D
 * @param intermediateSize of the feed-forward layers
 * @param numHiddenLayers decoder layers
 * @param numAttentionHeads H
 * @param maxPositionEmbeddings longest sequence
 * @param initializerRange deviation of fresh matrices
 */
public record ScratchStudent(
        String modelType,
        Integer hiddenSize,
        Integer intermediateSize,
        Integer numHiddenLayers,
        Integer numAttentionHeads,
        Integer maxPositionEmbeddings,
        Double initializerRange) {

    public ScratchStudent {
        modelType = modelType == null ? "llama" : modelType;
        if (!modelType.equals("llama") && !modelType.equals("t5")) {
            throw new IllegalArgumentException("model_type must be llama or t5, not " + modelType);
        }
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
        ObjectNode json = modelType.equals("t5") ? t5(tokenizer) : llama();
        json.put("vocab_size", tokenizer.vocabularySize());
        json.put("eos_token_id", eos);
        ObjectNode generation = Rows.mapper().createObjectNode().put("eos_token_id", eos);
        return new LoadedModel(Models.create(json, seed, device), tokenizer, generation, Path.of("scratch"));
    }

    private ObjectNode llama() {
        ObjectNode json = Rows.mapper().valueToTree(this);
        json.put("tie_word_embeddings", true);
        return json;
    }

    /** As T5 v1.1: a gated feed-forward layer and a head of its own. */
    private ObjectNode t5(Tokenizer tokenizer) {
        int pad = tokenizer.tokenId("<pad>").orElseThrow();
        return Rows.mapper()
                .createObjectNode()
                .put("model_type", "t5")
                .put("d_model", hiddenSize)
                .put("d_ff", intermediateSize)
                .put("d_kv", hiddenSize / numAttentionHeads)
                .put("num_heads", numAttentionHeads)
                .put("num_layers", numHiddenLayers)
                .put("num_decoder_layers", numHiddenLayers)
                .put("feed_forward_proj", "gated-gelu")
                .put("tie_word_embeddings", false)
                .put("dropout_rate", 0)
                .put("pad_token_id", pad)
                .put("decoder_start_token_id", pad)
                .put("initializer_range", initializerRange);
    }
}
