package dev.retort.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A line that is not the row it should be.
 *
 * @param file the file's name
 * @param line from 1
 * @param error what is wrong, one line
 * @param text the line, cut to {@link #TEXT_LIMIT} characters
 * @param extra unknown fields of the line
 */
public record Malformed(String file, long line, String error, String text, Map<String, JsonNode> extra) implements Row {

    /** Most characters of a bad line that are kept. */
    public static final int TEXT_LIMIT = 10_000;

    public Malformed {
        text = text != null && text.length() > TEXT_LIMIT ? text.substring(0, TEXT_LIMIT) : text;
        extra = Rows.copy(extra);
    }

    public Malformed(String file, long line, String error, String text) {
        this(file, line, error, text, Map.of());
    }
}
