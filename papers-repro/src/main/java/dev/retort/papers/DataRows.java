package dev.retort.papers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.JsonLines;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads catalogued files whose rows are not ours: at most as long as the catalogue says, every fault named by row. */
public final class DataRows {

    /** Makes a value of a row. */
    @FunctionalInterface
    public interface Parser<T> {
        /** The value, or an {@link IllegalArgumentException} that says what is wrong with the row. */
        T parse(int index, JsonNode row);
    }

    private DataRows() {}

    /** A file of one JSON object a line. */
    public static <T> List<T> lines(DataCatalogue catalogue, String set, String file, Parser<T> parser)
            throws IOException {
        List<T> values = new ArrayList<>();
        for (String line : content(catalogue, set, file).lines().toList()) {
            if (!line.isBlank()) {
                String where = set + "/" + file + ": row " + (values.size() + 1);
                values.add(value(where, values.size(), tree(where, line), parser));
            }
        }
        return List.copyOf(values);
    }

    /** A file that is one JSON array, or an object that holds it in a field. */
    public static <T> List<T> array(DataCatalogue catalogue, String set, String file, String field, Parser<T> parser)
            throws IOException {
        String where = set + "/" + file;
        JsonNode tree = tree(where, content(catalogue, set, file));
        JsonNode array = field == null ? tree : tree.path(field);
        if (!array.isArray()) {
            throw new IOException(where + ": not a JSON array of rows" + (field == null ? "" : " in " + field));
        }
        List<T> values = new ArrayList<>();
        for (JsonNode row : array) {
            values.add(value(where + ": row " + (values.size() + 1), values.size(), row, parser));
        }
        return List.copyOf(values);
    }

    /**
     * The text in a field.
     *
     * @throws IllegalArgumentException where there is none
     */
    public static String text(JsonNode row, String field) {
        JsonNode value = row.path(field);
        if (!value.isTextual()) {
            throw new IllegalArgumentException(field + " is missing or not a text");
        }
        return value.textValue();
    }

    /**
     * The texts in a field.
     *
     * @throws IllegalArgumentException where it holds no list of texts, or an empty one
     */
    public static List<String> texts(JsonNode row, String field) {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : row.path(field)) {
            if (!value.isTextual()) {
                throw new IllegalArgumentException(field + " holds something that is not a text");
            }
            texts.add(value.textValue());
        }
        if (!row.path(field).isArray() || texts.isEmpty()) {
            throw new IllegalArgumentException(field + " is missing, empty or not a list of texts");
        }
        return texts;
    }

    private static <T> T value(String where, int index, JsonNode row, Parser<T> parser) throws IOException {
        try {
            return parser.parse(index, row);
        } catch (IllegalArgumentException e) {
            throw new IOException(where + ": " + e.getMessage(), e);
        }
    }

    /**
     * A text as JSON.
     *
     * @param where it is from, for the error
     * @throws IOException where it is not JSON
     */
    public static JsonNode tree(String where, String json) throws IOException {
        try {
            return Rows.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new IOException(where + ": not JSON: " + reason, e);
        }
    }

    /**
     * The whole file, which the catalogue bounds: n bytes of UTF-8 are at most n characters.
     *
     * @throws IOException where it cannot be read or is longer than the catalogue says
     */
    public static String content(DataCatalogue catalogue, String set, String name) throws IOException {
        DataFile file = catalogue.file(set, name);
        Path path = catalogue.resolve(set, name);
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[1 << 16];
        try (BufferedReader reader = JsonLines.open(path)) {
            for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                text.append(buffer, 0, count);
                if (text.length() > file.bytes()) {
                    throw new IOException(path + ": longer than the " + file.bytes()
                            + " bytes of the catalogue; remove it and run `retort data fetch " + set + "`");
                }
            }
        }
        return text.toString();
    }
}
