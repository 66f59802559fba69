package dev.retort.prompt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.JsonLines;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A worked question that a teacher is shown: the triplet (x, r, y) of Distilling step-by-step, section 3.1. Blanks around the
 * texts go.
 *
 * @param question as it is asked
 * @param rationale the steps in words, without the sentence that gives the answer
 * @param label the answer, one line; where options are lettered, with its letter: "(a) populated areas"
 */
public record Demonstration(String question, String rationale, String label) implements Serializable {

    /** Most characters of a file of demonstrations. */
    public static final int FILE_LIMIT = 1 << 20;

    public Demonstration {
        question = text("question", question);
        rationale = text("rationale", rationale);
        label = text("label", label);
        if (label.lines().count() > 1) {
            throw new IllegalArgumentException("label has a line break; a label is one line");
        }
    }

    private static String text(String name, String value) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + " is missing or blank");
        }
        return value.strip();
    }

    /**
     * Reads JSON Lines {@code {"question", "rationale", "label"}}, at least one and {@link #FILE_LIMIT} characters at most;
     * other fields are passed over.
     *
     * @throws IOException where the file is missing, empty or too long or a line of it is no demonstration, naming file and
     *     line
     */
    public static List<Demonstration> read(Path file) throws IOException {
        List<Demonstration> demonstrations = new ArrayList<>();
        List<String> lines = content(file).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            try {
                demonstrations.add(parse(lines.get(i)));
            } catch (IllegalArgumentException e) {
                throw new IOException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
            }
        }
        if (demonstrations.isEmpty()) {
            throw new IOException(file + ": no demonstrations; write one a line, {\"question\": \"...\", \"rationale\":"
                    + " \"...\", \"label\": \"...\"}");
        }
        return List.copyOf(demonstrations);
    }

    private static String content(Path file) throws IOException {
        char[] text = new char[FILE_LIMIT + 1];
        int length = 0;
        try (BufferedReader reader = JsonLines.open(file)) {
            for (int read = 0; read >= 0 && length < text.length; length += Math.max(0, read)) {
                read = reader.read(text, length, text.length - length);
            }
        } catch (NoSuchFileException e) {
            throw e;
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": not UTF-8", e);
        } catch (IOException e) {
            throw new IOException(file + ": cannot be read: " + e.getMessage(), e);
        }
        if (length > FILE_LIMIT) {
            throw new IOException(file + ": longer than " + FILE_LIMIT
                    + " characters; every prompt holds all demonstrations, keep about ten of them");
        }
        return new String(text, 0, length);
    }

    private static Demonstration parse(String line) {
        JsonNode row;
        try {
            row = Rows.mapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    e.getOriginalMessage().lines().findFirst().orElse("not JSON"), e);
        }
        if (!row.isObject()) {
            throw new IllegalArgumentException("not a JSON object");
        }
        return new Demonstration(field(row, "question"), field(row, "rationale"), field(row, "label"));
    }

    private static String field(JsonNode row, String name) {
        JsonNode value = row.get(name);
        if (value != null && !value.isNull() && !value.isTextual()) {
            throw new IllegalArgumentException(name + " is not a text");
        }
        return value == null ? null : value.textValue();
    }
}
