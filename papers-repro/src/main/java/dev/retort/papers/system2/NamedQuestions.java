package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Questions about names, which they carry in their field names. */
final class NamedQuestions {

    private static final String NAMES = "names";
    private static final String PUBLISHED = "published_answer";

    private NamedQuestions() {}

    /** A question with its names; a published answer that is not the reference is kept beside it. */
    static Question of(String id, String task, String text, List<String> names, String reference, String published) {
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        extra.put(NAMES, array(names));
        if (published != null && !published.equals(reference)) {
            extra.put(PUBLISHED, TextNode.valueOf(published));
        }
        return new Question(id, task, List.of(Message.user(text)), reference, extra);
    }

    /**
     * The names in a question, in its order.
     *
     * @throws IllegalArgumentException where it carries none
     */
    static List<String> names(Question question) {
        JsonNode names = question.extra().get(NAMES);
        if (names == null || !names.isArray() || names.isEmpty()) {
            throw new IllegalArgumentException("question " + question.id() + " has no field " + NAMES);
        }
        List<String> texts = new ArrayList<>();
        names.forEach(name -> texts.add(name.asText()));
        return texts;
    }

    static ArrayNode array(List<String> texts) {
        ArrayNode array = Rows.mapper().createArrayNode();
        texts.forEach(array::add);
        return array;
    }
}
