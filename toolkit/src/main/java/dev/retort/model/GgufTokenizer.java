package dev.retort.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import java.io.IOException;
import java.util.List;

/**
 * Makes tokenizer.json from the byte-level BPE inside a GGUF file. llama.cpp is the reference for how text is cut before the
 * merges: its pre-tokenizers by name.
 */
final class GgufTokenizer {

    private static final int NORMAL = 1;

    private static final int CONTROL = 3;

    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String LLAMA3 =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s"
                    + "\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String QWEN2 =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}"
                    + "\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private GgufTokenizer() {}

    /** The tokenizer of a file; its tokenizer_config.json carries the special tokens and the chat template. */
    static Tokenizer read(GgufFile file) throws IOException {
        String kind = file.string("tokenizer.ggml.model");
        if (!kind.equals("gpt2")) {
            throw new ModelFileException(
                    file.path(),
                    "tokenizer.ggml.model '" + kind
                            + "' is not supported; supported: gpt2 (byte-level BPE). Use the model's Hugging Face"
                            + " folder instead");
        }
        List<String> tokens = file.strings("tokenizer.ggml.tokens");
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        json.set("added_tokens", addedTokens(file, tokens));
        json.putNull("normalizer");
        json.set("pre_tokenizer", preTokenizer(file));
        json.set("post_processor", postProcessor(file, tokens));
        json.set("decoder", byteLevel(false));
        json.set("model", model(file, tokens));
        return Tokenizer.of(json.toString(), config(file, tokens), file.path().toString());
    }

    private static ArrayNode addedTokens(GgufFile file, List<String> tokens) throws IOException {
        ArrayNode added = Rows.mapper().createArrayNode();
        int[] types = file.optionalInts("tokenizer.ggml.token_type").orElse(new int[0]);
        for (int id = 0; id < Math.min(types.length, tokens.size()); id++) {
            if (types[id] != NORMAL) {
                ObjectNode token = added.addObject();
                token.put("id", id);
                token.put("content", tokens.get(id));
                token.put("single_word", false);
                token.put("lstrip", false);
                token.put("rstrip", false);
                token.put("normalized", false);
                token.put("special", types[id] == CONTROL);
            }
        }
        return added;
    }

    private static ObjectNode preTokenizer(GgufFile file) throws IOException {
        String name = file.optionalString("tokenizer.ggml.pre").orElse("default");
        ObjectNode sequence = Rows.mapper().createObjectNode();
        sequence.put("type", "Sequence");
        ArrayNode parts = sequence.putArray("pretokenizers");
        switch (name) {
            case "smollm" -> {
                ObjectNode digits = parts.addObject();
                digits.put("type", "Digits");
                digits.put("individual_digits", true);
                parts.add(byteLevel(true));
            }
            case "default", "gpt-2", "gpt2" -> {
                parts.add(split(GPT2));
                parts.add(byteLevel(false));
            }
            case "llama-bpe", "llama3", "llama-v3" -> {
                parts.add(split(LLAMA3));
                parts.add(byteLevel(false));
            }
            case "qwen2" -> {
                parts.add(split(QWEN2));
                parts.add(byteLevel(false));
            }
            default -> throw new ModelFileException(
                    file.path(),
                    "tokenizer.ggml.pre '" + name
                            + "' is not supported; supported: smollm, default, gpt-2, llama-bpe, qwen2");
        }
        return sequence;
    }

    private static ObjectNode split(String regex) {
        ObjectNode split = Rows.mapper().createObjectNode();
        split.put("type", "Split");
        split.putObject("pattern").put("Regex", regex);
        split.put("behavior", "Isolated");
        split.put("invert", false);
        return split;
    }

    private static ObjectNode byteLevel(boolean useRegex) {
        ObjectNode part = Rows.mapper().createObjectNode();
        part.put("type", "ByteLevel");
        part.put("add_prefix_space", false);
        part.put("trim_offsets", true);
        part.put("use_regex", useRegex);
        return part;
    }

    /** Puts the beginning-of-sequence token first where the file asks for it. */
    private static ObjectNode postProcessor(GgufFile file, List<String> tokens) throws IOException {
        int bos = file.optionalUint32("tokenizer.ggml.bos_token_id").orElse(-1);
        boolean add = file.optionalBool("tokenizer.ggml.add_bos_token").orElse(false);
        if (!add || bos < 0 || bos >= tokens.size()) {
            return byteLevel(false);
        }
        String text = tokens.get(bos);
        ObjectNode template = Rows.mapper().createObjectNode();
        template.put("type", "TemplateProcessing");
        for (String key : List.of("single", "pair")) {
            ArrayNode parts = template.putArray(key);
            ObjectNode special = parts.addObject().putObject("SpecialToken");
            special.put("id", text);
            special.put("type_id", 0);
            ObjectNode first = parts.addObject().putObject("Sequence");
            first.put("id", "A");
            first.put("type_id", 0);
            if (key.equals("pair")) {
                ObjectNode second = parts.addObject().putObject("Sequence");
                second.put("id", "B");
                second.put("type_id", 1);
            }
        }
        ObjectNode special = template.putObject("special_tokens").putObject(text);
        special.put("id", text);
        special.putArray("ids").add(bos);
        special.putArray("tokens").add(text);
        return template;
    }

    private static ObjectNode model(GgufFile file, List<String> tokens) throws IOException {
        ObjectNode model = Rows.mapper().createObjectNode();
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put(
                "ignore_merges",
                file.optionalString("tokenizer.ggml.pre").orElse("").startsWith("llama"));
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        if (vocabulary.size() != tokens.size()) {
            throw new ModelFileException(file.path(), "tokenizer.ggml.tokens holds the same token twice");
        }
        ArrayNode merges = model.putArray("merges");
        for (String merge : file.strings("tokenizer.ggml.merges")) {
            int blank = merge.indexOf(' ', 1);
            if (blank < 0) {
                throw new ModelFileException(file.path(), "tokenizer.ggml.merges: '" + merge + "' is not a pair");
            }
            merges.addArray().add(merge.substring(0, blank)).add(merge.substring(blank + 1));
        }
        return model;
    }

    private static ObjectNode config(GgufFile file, List<String> tokens) throws IOException {
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("tokenizer_class", "PreTrainedTokenizerFast");
        config.put("clean_up_tokenization_spaces", false);
        config.put("add_prefix_space", false);
        special(file, tokens, config, "bos_token_id", "bos_token");
        special(file, tokens, config, "eos_token_id", "eos_token");
        special(file, tokens, config, "unknown_token_id", "unk_token");
        special(file, tokens, config, "padding_token_id", "pad_token");
        file.optionalString("tokenizer.chat_template").ifPresent(text -> config.put("chat_template", text));
        return config;
    }

    private static void special(GgufFile file, List<String> tokens, ObjectNode config, String key, String name)
            throws IOException {
        int id = file.optionalUint32("tokenizer.ggml." + key).orElse(-1);
        if (id >= 0 && id < tokens.size()) {
            config.put(name, tokens.get(id));
        }
    }
}
