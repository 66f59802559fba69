package dev.retort.filter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.retort.data.Message;
import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The further fields and the last turn of questions, read and replaced. */
final class Fields {

    static final String CHOICES = "choices";
    static final String RESPONSES = "responses";

    private Fields() {}

    /** The texts of a list; empty where the field is missing or is not a list of texts. */
    static List<String> texts(Question question, String field) {
        JsonNode value = question.extra().get(field);
        List<String> texts = new ArrayList<>();
        if (value == null || !value.isArray()) {
            return texts;
        }
        for (JsonNode item : value) {
            if (!item.isTextual()) {
                return List.of();
            }
            texts.add(item.textValue());
        }
        return texts;
    }

    /** The question's further fields with another list of texts under one name. */
    static Map<String, JsonNode> with(Question question, String field, List<String> texts) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        texts.forEach(list::add);
        Map<String, JsonNode> extra = new LinkedHashMap<>(question.extra());
        extra.put(field, list);
        return extra;
    }

    static String text(Question question, String field) {
        JsonNode value = question.extra().get(field);
        if (value == null || !value.isTextual()) {
            throw new IllegalArgumentException(
                    "question " + question.id() + " has no text field " + field + ", so it is no variant of another");
        }
        return value.textValue();
    }

    /** The map of a variant's answers, in its order; empty where there is none. */
    static Map<String, String> answerMap(Question variant) {
        JsonNode value = variant.extra().get(Perturbation.ANSWER_MAP);
        Map<String, String> map = new LinkedHashMap<>();
        if (value == null) {
            return map;
        }
        boolean isMap = value.isObject();
        for (Iterator<Map.Entry<String, JsonNode>> fields = value.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            isMap &= field.getValue().isTextual();
            map.put(field.getKey(), field.getValue().asText());
        }
        if (!isMap) {
            throw new IllegalArgumentException("question " + variant.id() + ": " + Perturbation.ANSWER_MAP
                    + " must be an object of texts, from the variant's answers to the original's");
        }
        return map;
    }

    /** The messages with another text in the turn that {@link Question#text} gives. */
    static List<Message> withText(Question question, String text) {
        List<Message> messages = new ArrayList<>(question.messages());
        int at = question.textTurn();
        messages.set(at, new Message(messages.get(at).role(), text));
        return messages;
    }
}
