package dev.retort.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Message;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import dev.retort.papers.stepbystep.ReleasedTask;
import dev.retort.train.Distillation;
import dev.retort.train.DistillationSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The training examples of a {@link TrainConfig}. */
final class TrainData {

    private TrainData() {}

    /** Reads the examples that a configuration names. */
    static List<Example> read(TrainConfig config, Tokenizer tokenizer) throws IOException {
        List<Example> examples = config.dataset() != null
                ? ReleasedTask.of(config.dataset()).training(DataCatalogue.standard())
                : readFile(Path.of(config.trainFile()), tokenizer);
        if (examples.isEmpty()) {
            throw new IOException((config.dataset() != null ? config.dataset() : config.trainFile()) + ": no examples");
        }
        return examples;
    }

    /**
     * Reads TRL's forms: {prompt, completion}, either as text or as lists of messages, or {messages}, whose last turn must be
     * the assistant's and is the completion. Other fields of {@link Example} are taken over where they are there.
     *
     * @throws IOException at the first line that is neither, naming file and line
     */
    static List<Example> readFile(Path file, Tokenizer tokenizer) throws IOException {
        List<Example> examples = new ArrayList<>();
        try (BufferedReader reader = JsonLines.open(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    examples.add(example(line, number, tokenizer));
                } catch (IllegalArgumentException | IllegalStateException e) {
                    throw new IOException(file + ":" + number + ": " + e.getMessage(), e);
                }
            }
        }
        return examples;
    }

    private static Example example(String line, int number, Tokenizer tokenizer) {
        JsonNode tree;
        try {
            tree = Rows.mapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""), e);
        }
        if (!(tree instanceof ObjectNode row)) {
            throw new IllegalArgumentException("not a JSON object");
        }
        ObjectNode flat = row.deepCopy();
        if (row.path("messages").isArray()) {
            List<Message> messages = messages(row.get("messages"));
            Message last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
            if (last == null || !last.role().equals("assistant")) {
                throw new IllegalArgumentException(
                        "the last of messages must be the assistant's: it is the completion");
            }
            flat.remove("messages");
            flat.put("prompt", tokenizer.chat(messages.subList(0, messages.size() - 1), true));
            flat.put("completion", last.content());
        } else if (row.path("prompt").isArray() && row.path("completion").isArray()) {
            List<Message> completion = messages(row.get("completion"));
            if (completion.size() != 1) {
                throw new IllegalArgumentException("completion must hold one message");
            }
            flat.put("prompt", tokenizer.chat(messages(row.get("prompt")), true));
            flat.put("completion", completion.get(0).content());
        } else if (!row.path("prompt").isTextual() || !row.path("completion").isTextual()) {
            throw new IllegalArgumentException("give prompt and completion, or messages");
        }
        if (!flat.hasNonNull("id")) {
            flat.put("id", "line-" + number);
        }
        return Rows.parse(flat.toString(), Example.class);
    }

    private static List<Message> messages(JsonNode array) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : array) {
            if (!message.path("role").isTextual() || !message.path("content").isTextual()) {
                throw new IllegalArgumentException("every message needs a role and a content");
            }
            messages.add(new Message(
                    message.get("role").textValue(), message.get("content").textValue()));
        }
        return messages;
    }

    /**
     * The encoder that a configuration's training uses.
     *
     * @param teacher null where there is none
     */
    static ExampleEncoder encoder(TrainConfig config, LoadedModel loaded, Distillation teacher) throws IOException {
        int positions = teacher == null ? loaded.model().config().maxPositions() : teacher.maxPositions();
        return new ExampleEncoder(
                loaded.requireTokenizer(),
                loaded.model() instanceof Seq2SeqLm,
                loaded.trainingEosId(),
                Math.min(config.settings().maxLength(), positions));
    }

    /** The weight of every kind of example, as configured, else 1; shared with the teacher's term where there is one. */
    static Map<String, Double> termWeights(TrainConfig config, List<TokenExample> examples) {
        Map<String, Double> weights = new TreeMap<>(config.termWeights());
        if (weights.isEmpty()) {
            examples.forEach(example -> weights.put(example.kind(), 1.0));
        }
        DistillationSettings teacher = config.distillation();
        return teacher == null ? weights : teacher.terms(weights);
    }
}
