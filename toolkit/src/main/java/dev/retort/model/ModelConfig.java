package dev.retort.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What a config.json says about a model's shape, checked; {@link #json} keeps the file as it stands. */
public sealed interface ModelConfig permits LlamaConfig, Gpt2Config, T5Config {

    /** The config.json in full, with Hugging Face's names. */
    ObjectNode json();

    /** V, the rows of the embedding. */
    int vocabularySize();

    /** D, the width of the hidden states. */
    int hiddenSize();

    /** The longest sequence the positions allow, in tokens; {@link Integer#MAX_VALUE} where there is no limit. */
    int maxPositions();

    /** Whether the head shares the embedding's weight. */
    boolean tiedHead();
}
