package dev.retort.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Reads values of a config.json; a value that is absent, of the wrong type or absurd is an error that names file and key. */
final class ConfigReader {

    private final ObjectNode json;
    private final String file;

    ConfigReader(ObjectNode json, String file) {
        this.json = json;
        this.file = file;
    }

    ObjectNode json() {
        return json;
    }

    boolean has(String key) {
        return json.hasNonNull(key);
    }

    JsonNode node(String key) {
        return json.path(key);
    }

    /** A size: a whole number from 1 to the limit. */
    int size(String key, int limit) {
        if (!has(key)) {
            throw bad(key, "is missing");
        }
        JsonNode value = json.get(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1 || value.intValue() > limit) {
            throw bad(key, "must be a whole number from 1 to " + limit + ", not " + shortText(value));
        }
        return value.intValue();
    }

    int size(String key, int limit, int absent) {
        return has(key) ? size(key, limit) : absent;
    }

    double number(String key, double absent) {
        if (!has(key)) {
            return absent;
        }
        JsonNode value = json.get(key);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw bad(key, "must be a finite number, not " + shortText(value));
        }
        return value.doubleValue();
    }

    boolean flag(String key, boolean absent) {
        if (!has(key)) {
            return absent;
        }
        if (!json.get(key).isBoolean()) {
            throw bad(key, "must be true or false, not " + shortText(json.get(key)));
        }
        return json.get(key).booleanValue();
    }

    String text(String key, String absent) {
        if (!has(key)) {
            return absent;
        }
        if (!json.get(key).isTextual()) {
            throw bad(key, "must be text, not " + shortText(json.get(key)));
        }
        return json.get(key).textValue();
    }

    /** The reader of a nested object, or null where it is absent. */
    ConfigReader object(String key) {
        if (!has(key)) {
            return null;
        }
        if (!(json.get(key) instanceof ObjectNode object)) {
            throw bad(key, "must be an object, not " + shortText(json.get(key)));
        }
        return new ConfigReader(object, file + ": " + key);
    }

    IllegalArgumentException bad(String key, String problem) {
        return new IllegalArgumentException(file + ": " + key + " " + problem);
    }

    private static String shortText(JsonNode value) {
        String text = value.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
