package dev.retort.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rows to and from one line of JSON. Input is hostile until parsed: depth and sizes are bounded, duplicate keys refused. */
public final class Rows {

    /** The longest line that is read, in characters. */
    public static final int LINE_LIMIT = 32 * 1024 * 1024;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(200)
                            .maxStringLength(LINE_LIMIT)
                            .build())
                    .build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .serializationInclusion(JsonInclude.Include.NON_NULL)
            .build();

    /** The names of a type's fields, found once and not for every row. */
    private static final ClassValue<Set<String>> FIELDS = new ClassValue<>() {
        @Override
        protected Set<String> computeValue(Class<?> type) {
            return Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getName)
                    .filter(name -> !name.equals("extra"))
                    .map(name -> PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(name))
                    .collect(Collectors.toUnmodifiableSet());
        }
    };

    private Rows() {}

    /** The project's JSON settings: snake_case names, bounded input, nulls left out. */
    public static ObjectMapper mapper() {
        return MAPPER;
    }

    /**
     * Parses one line.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    public static <T extends Row> T parse(String line, Class<T> type) {
        require(line.length() <= LINE_LIMIT, "line is longer than " + LINE_LIMIT + " characters");
        try {
            JsonNode tree = MAPPER.readTree(line);
            require(tree instanceof ObjectNode, "not a JSON object");
            ObjectNode object = (ObjectNode) tree;
            Set<String> known = FIELDS.get(type);
            ObjectNode extra = MAPPER.createObjectNode();
            object.fields().forEachRemaining(field -> {
                if (!known.contains(field.getKey())) {
                    extra.set(field.getKey(), field.getValue());
                }
            });
            // A file's own field named "extra" is an unknown field like any other.
            ObjectNode values = object.deepCopy();
            values.remove("extra");
            values.set("extra", extra);
            return MAPPER.treeToValue(values, type);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
    }

    /** Writes a row as one line, without the line break: the known fields in the contract's order, then the others. */
    public static String format(Row row) {
        ObjectNode object = MAPPER.valueToTree(row);
        object.remove("extra");
        row.extra().forEach(object::set);
        return object.toString();
    }

    private static String reason(JsonProcessingException e) {
        Throwable cause = e.getCause();
        if (cause instanceof IllegalArgumentException) {
            return cause.getMessage();
        }
        return e.getOriginalMessage().lines().findFirst().orElse("not JSON");
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    static Map<String, JsonNode> copy(Map<String, JsonNode> extra) {
        return extra == null || extra.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(extra));
    }

    /** The keys of an object sorted at every level: one text for equal values, for hashes and caches. */
    public static String canonical(JsonNode node) {
        if (node.isObject()) {
            Map<String, String> sorted = new TreeMap<>();
            node.fields().forEachRemaining(field -> sorted.put(field.getKey(), canonical(field.getValue())));
            return sorted.entrySet().stream()
                    .map(entry -> MAPPER.getNodeFactory().textNode(entry.getKey()) + ":" + entry.getValue())
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (node.isArray()) {
            StringBuilder text = new StringBuilder("[");
            for (int i = 0; i < node.size(); i++) {
                text.append(i == 0 ? "" : ",").append(canonical(node.get(i)));
            }
            return text.append("]").toString();
        }
        return node.toString();
    }
}
