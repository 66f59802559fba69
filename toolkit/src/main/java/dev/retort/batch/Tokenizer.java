package dev.retort.batch;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Message;
import dev.retort.data.Rows;
import dev.retort.prompt.ChatTemplate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Text to token ids and back, with what tokenizer_config.json says about special tokens and the chat template.
 *
 * <p>The work is done by Hugging Face's tokenizers library. Safe for use by several threads.
 */
public final class Tokenizer implements AutoCloseable {

    /** The largest tokenizer.json that is read, in bytes. */
    public static final long FILE_LIMIT = 256L << 20;

    private final HuggingFaceTokenizer tokenizer;
    private final String json;
    private final ObjectNode config;
    private final String owner;
    private ChatTemplate chatTemplate;

    private Tokenizer(String json, ObjectNode config, String owner) throws IOException {
        this.json = json;
        this.config = config;
        this.owner = owner;
        try {
            Map<String, String> options = Map.of("addSpecialTokens", "true", "truncation", "false", "padding", "false");
            tokenizer = HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), options);
        } catch (RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new IOException(owner + ": tokenizer.json cannot be used: " + reason, e);
        }
    }

    /**
     * Loads tokenizer.json and, where they are there, tokenizer_config.json and chat_template.jinja of a folder.
     *
     * @throws IOException if tokenizer.json is missing or broken, in one line
     */
    public static Tokenizer load(Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    folder + ": no tokenizer.json there; save the model's fast tokenizer beside its weights");
        }
        Path configFile = folder.resolve("tokenizer_config.json");
        ObjectNode config = Rows.mapper().createObjectNode();
        if (Files.isRegularFile(configFile)) {
            config = object(configFile);
        }
        Path template = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(template)) {
            config.put("chat_template", text(template));
        }
        return new Tokenizer(text(file), config, folder.toString());
    }

    /**
     * Makes a tokenizer from the texts of the two files.
     *
     * @param owner named in errors
     */
    public static Tokenizer of(String tokenizerJson, ObjectNode tokenizerConfig, String owner) throws IOException {
        return new Tokenizer(tokenizerJson, tokenizerConfig, owner);
    }

    /**
     * Makes a tokenizer whose tokens are blank-separated words, for small languages: {@code <unk>}, {@code <eos>}, {@code
     * <pad>}, then the words in their order.
     */
    public static Tokenizer ofWords(List<String> words) throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        ObjectNode vocabulary = Rows.mapper().createObjectNode();
        for (String special : List.of("<unk>", "<eos>", "<pad>")) {
            ObjectNode token = json.withArray("added_tokens").addObject();
            token.put("id", vocabulary.size());
            token.put("content", special);
            token.put("single_word", false).put("lstrip", false).put("rstrip", false);
            token.put("normalized", false).put("special", true);
            vocabulary.put(special, vocabulary.size());
        }
        for (String word : words) {
            if (word.isBlank() || !word.strip().equals(word) || word.contains(" ") || vocabulary.has(word)) {
                throw new IllegalArgumentException("not a word, or there twice: '" + word + "'");
            }
            vocabulary.put(word, vocabulary.size());
        }
        json.putNull("normalizer");
        json.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        json.putNull("post_processor");
        json.putNull("decoder");
        ObjectNode model = json.putObject("model");
        model.put("type", "WordLevel");
        model.set("vocab", vocabulary);
        model.put("unk_token", "<unk>");
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("unk_token", "<unk>").put("eos_token", "<eos>").put("pad_token", "<pad>");
        config.put("clean_up_tokenization_spaces", false);
        return of(json.toString(), config, "words");
    }

    /** Tokens in the vocabulary. */
    public int vocabularySize() throws IOException {
        JsonNode tree = Rows.mapper().readTree(json);
        return tree.at("/model/vocab").size();
    }

    /** The token of every id, as tokenizer.json writes it, added tokens included. */
    public Map<Integer, String> vocabulary() throws IOException {
        JsonNode tree = Rows.mapper().readTree(json);
        JsonNode listed = tree.at("/model/vocab");
        Map<Integer, String> tokens = new HashMap<>();
        if (listed.isArray()) {
            // Unigram: pieces with their scores, in the order of their ids.
            listed.forEach(piece -> tokens.put(tokens.size(), piece.path(0).asText()));
        } else {
            listed.fields()
                    .forEachRemaining(token -> tokens.put(token.getValue().asInt(), token.getKey()));
        }
        tree.path("added_tokens")
                .forEach(added -> tokens.put(
                        added.path("id").asInt(), added.path("content").asText()));
        return tokens;
    }

    /** Whether a folder holds a tokenizer. */
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve("tokenizer.json"));
    }

    private static ObjectNode object(Path file) throws IOException {
        JsonNode node;
        try {
            node = Rows.mapper().readTree(text(file));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IOException(
                    file + ": not JSON: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new IOException(file + ": not a JSON object");
        }
        return object;
    }

    private static String text(Path file) throws IOException {
        if (Files.size(file) > FILE_LIMIT) {
            throw new IOException(file + ": larger than " + (FILE_LIMIT >> 20) + " MiB");
        }
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": not UTF-8 text", e);
        }
    }

    /** The same tokenizer once more, to be closed by itself. */
    public Tokenizer copy() throws IOException {
        return new Tokenizer(json, config.deepCopy(), owner);
    }

    /** Writes tokenizer.json and tokenizer_config.json so that transformers' AutoTokenizer gives the same ids. */
    public void save(Path folder) throws IOException {
        AtomicFiles.writeText(folder.resolve("tokenizer.json"), json);
        ObjectNode saved = config.deepCopy();
        saved.put("tokenizer_class", "PreTrainedTokenizerFast");
        AtomicFiles.writeText(folder.resolve("tokenizer_config.json"), saved.toPrettyString() + "\n");
    }

    /** Token ids, special tokens as the tokenizer's post-processor adds them: transformers' {@code tok(text).input_ids}. */
    public int[] encode(String text) {
        return ids(tokenizer.encode(text, true, false));
    }

    /** Token ids without the special tokens that a post-processor would add. */
    public int[] encodePlain(String text) {
        return ids(tokenizer.encode(text, false, false));
    }

    private static int[] ids(Encoding encoding) {
        return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
    }

    /** Text of ids, special tokens left out. */
    public String decode(int[] ids) {
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
    }

    /** Text of one id, special tokens included. */
    public String decodeToken(int id) {
        return tokenizer.decode(new long[] {id}, false);
    }

    /**
     * Renders a conversation with the model's chat template.
     *
     * @throws IllegalStateException if the model has no chat template
     */
    public String chat(List<Message> messages, boolean addGenerationPrompt) {
        if (!hasChatTemplate()) {
            throw new IllegalStateException(
                    owner + ": the tokenizer has no chat template; give a plain prompt instead");
        }
        return template().render(messages, addGenerationPrompt);
    }

    public boolean hasChatTemplate() {
        return config.path("chat_template").isTextual();
    }

    /** Parsed at first use: a broken template does not keep a model from being used without it. */
    private synchronized ChatTemplate template() {
        if (chatTemplate == null) {
            chatTemplate = new ChatTemplate(
                    owner, config.get("chat_template").textValue(), tokenText("bos_token"), tokenText("eos_token"));
        }
        return chatTemplate;
    }

    /** The id of the end-of-sequence token, where tokenizer_config.json names one. */
    public OptionalInt eosId() {
        return specialId("eos_token");
    }

    /** The id of the beginning-of-sequence token, where there is one. */
    public OptionalInt bosId() {
        return specialId("bos_token");
    }

    private OptionalInt specialId(String key) {
        String text = tokenText(key);
        return text == null ? OptionalInt.empty() : tokenId(text);
    }

    private String tokenText(String key) {
        JsonNode token = config.path(key);
        return token.isObject() ? token.path("content").asText(null) : token.asText(null);
    }

    /** Ids of a prompt and of the completion that follows it. */
    public record Split(int[] prompt, int[] completion, boolean aligned) {}

    /**
     * The ids of a prompt to be continued. For a decoder-only model what a post-processor puts before it (a
     * beginning-of-sequence token) is kept and what it puts behind is not; an encoder gets the whole.
     */
    public int[] encodePrompt(String prompt, boolean encoderDecoder) {
        int[] whole = encode(prompt);
        if (encoderDecoder) {
            return whole;
        }
        int[] plain = encodePlain(prompt);
        int before = Math.max(0, indexOf(whole, plain));
        return Arrays.copyOf(whole, before + plain.length);
    }

    /**
     * Encodes a prompt and its completion. Where encoding them together starts with the ids of the prompt, as it must be at
     * generation, the rest is the completion; else they are encoded apart and {@code aligned} is false.
     */
    public Split encodePair(String prompt, String completion) {
        int[] head = encodePlain(prompt);
        int[] both = encodePlain(prompt + completion);
        boolean aligned = both.length >= head.length && Arrays.equals(head, 0, head.length, both, 0, head.length);
        int[] tail = aligned ? Arrays.copyOfRange(both, head.length, both.length) : encodePlain(completion);
        return new Split(encodePrompt(prompt, false), tail, aligned);
    }

    private static int indexOf(int[] ids, int[] part) {
        for (int at = 0; at + part.length <= ids.length; at++) {
            if (Arrays.equals(ids, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        return -1;
    }

    /** The id of a token by its text in the vocabulary, where it is one token. */
    public OptionalInt tokenId(String token) {
        int[] ids = encodePlain(token);
        return ids.length == 1 ? OptionalInt.of(ids[0]) : OptionalInt.empty();
    }

    /** Every text apart, special tokens as in {@link #encode}. */
    public List<int[]> encodeAll(List<String> texts) {
        List<int[]> all = new ArrayList<>(texts.size());
        for (String text : texts) {
            all.add(encode(text));
        }
        return all;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
