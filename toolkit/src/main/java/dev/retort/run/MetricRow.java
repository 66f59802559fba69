package dev.retort.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of metrics.jsonl: what was measured at an optimiser step.
 *
 * @param step from 0
 * @param values name to value, in the order they were given; a value that is not finite is null in the file and NaN
 *     here
 */
public record MetricRow(long step, Map<String, Double> values) {

    public MetricRow {
        if (step < 0) {
            throw new IllegalArgumentException("step must not be negative");
        }
        if (values.containsKey("step")) {
            throw new IllegalArgumentException("a metric must not be named step");
        }
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** The line, without its break. */
    public String format() {
        ObjectNode object = Rows.mapper().createObjectNode();
        object.put("step", step);
        values.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                object.put(name, value);
            } else {
                object.putNull(name);
            }
        });
        return object.toString();
    }

    /**
     * Parses a line.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    public static MetricRow parse(String line) {
        JsonNode tree;
        try {
            tree = Rows.mapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    e.getOriginalMessage().lines().findFirst().orElse("not JSON"), e);
        }
        if (tree == null
                || !tree.path("step").canConvertToLong()
                || !tree.path("step").isIntegralNumber()) {
            throw new IllegalArgumentException("no metrics row: an object with an integer named step is expected");
        }
        Map<String, Double> values = new LinkedHashMap<>();
        tree.fields().forEachRemaining(field -> {
            if (!field.getKey().equals("step")) {
                if (!field.getValue().isNumber() && !field.getValue().isNull()) {
                    throw new IllegalArgumentException(field.getKey() + " is not a number");
                }
                values.put(field.getKey(), field.getValue().asDouble(Double.NaN));
            }
        });
        return new MetricRow(tree.path("step").asLong(), values);
    }
}
