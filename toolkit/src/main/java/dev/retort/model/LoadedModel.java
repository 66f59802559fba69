package dev.retort.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A model with what lies beside it in its folder.
 *
 * @param model the network
 * @param tokenizer null where the folder has none
 * @param generationConfig generation_config.json, empty where there is none
 * @param source where it came from
 */
public record LoadedModel(LanguageModel model, Tokenizer tokenizer, ObjectNode generationConfig, Path source)
        implements AutoCloseable {

    /** Every end-of-sequence id: of generation_config.json, else of config.json, else the tokenizer's. */
    public Set<Integer> eosIds() {
        for (ObjectNode json :
                new ObjectNode[] {generationConfig, model.config().json()}) {
            Set<Integer> ids = ids(json.path("eos_token_id"));
            if (!ids.isEmpty()) {
                return ids;
            }
        }
        if (tokenizer != null && tokenizer.eosId().isPresent()) {
            return Set.of(tokenizer.eosId().getAsInt());
        }
        return Set.of();
    }

    /** The id that ends a completion in training: the tokenizer's, else the first of {@link #eosIds()}, else -1. */
    public int trainingEosId() {
        if (tokenizer != null && tokenizer.eosId().isPresent()) {
            return tokenizer.eosId().getAsInt();
        }
        return eosIds().stream().findFirst().orElse(-1);
    }

    private static Set<Integer> ids(JsonNode node) {
        Set<Integer> ids = new LinkedHashSet<>();
        if (node.isInt()) {
            ids.add(node.intValue());
        } else if (node.isArray()) {
            node.forEach(id -> {
                if (id.isInt()) {
                    ids.add(id.intValue());
                }
            });
        }
        return ids;
    }

    /** The tokenizer, or an error that says where it is missing. */
    public Tokenizer requireTokenizer() throws IOException {
        if (tokenizer == null) {
            throw new IOException(source + ": no tokenizer.json there; give token ids, or put the tokenizer beside it");
        }
        return tokenizer;
    }

    /** Frees model and tokenizer. Waits for a training of another thread to end: its step in hand would break. */
    @Override
    public void close() {
        model.close();
        if (tokenizer != null) {
            tokenizer.close();
        }
    }
}
