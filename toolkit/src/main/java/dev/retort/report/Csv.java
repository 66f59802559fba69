package dev.retort.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Comma-separated values as in RFC 4180: UTF-8, fields with a comma, quote or line break in quotes. */
final class Csv {

    private static final int SIZE_LIMIT = 1 << 24;

    private Csv() {}

    /** The records of a file, the header first; every record has as many fields as the header. */
    static List<List<String>> read(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(SIZE_LIMIT + 1);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        }
        if (bytes.length > SIZE_LIMIT) {
            throw new IOException(file + ": longer than " + SIZE_LIMIT + " bytes");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": not UTF-8 text", e);
        }
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    static List<List<String>> parse(String text) {
        List<List<String>> records = new ArrayList<>();
        List<String> record = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c == '"' && field.isEmpty()) {
                i = quoted(text, i, field, records.size() + 1);
                if (i < text.length() && ",\r\n".indexOf(text.charAt(i)) < 0) {
                    throw new IllegalArgumentException(
                            "record " + (records.size() + 1) + ": a closing quote is followed by text");
                }
            } else if (c == ',') {
                record.add(take(field));
            } else if (c == '\n' || c == '\r') {
                if (c == '\r' && i < text.length() && text.charAt(i) == '\n') {
                    i++;
                }
                record.add(take(field));
                end(records, record);
                record = new ArrayList<>();
            } else {
                field.append(c);
            }
        }
        if (!field.isEmpty() || !record.isEmpty()) {
            record.add(take(field));
            end(records, record);
        }
        if (records.isEmpty()) {
            throw new IllegalArgumentException("empty: a header is expected");
        }
        return records;
    }

    private static int quoted(String text, int from, StringBuilder field, int record) {
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '"') {
                field.append(c);
            } else if (i < text.length() && text.charAt(i) == '"') {
                field.append('"');
                i++;
            } else {
                return i;
            }
        }
        throw new IllegalArgumentException("record " + record + ": a quote is never closed");
    }

    private static String take(StringBuilder field) {
        String text = field.toString();
        field.setLength(0);
        return text;
    }

    private static void end(List<List<String>> records, List<String> record) {
        boolean blank = record.size() == 1 && record.get(0).isEmpty();
        if (blank) {
            return;
        }
        if (!records.isEmpty() && record.size() != records.get(0).size()) {
            throw new IllegalArgumentException("record " + (records.size() + 1) + " has " + record.size()
                    + " fields where the header has " + records.get(0).size());
        }
        records.add(List.copyOf(record));
    }

    /** One record with its line break. */
    static String format(List<String> record) {
        return record.stream().map(Csv::quote).collect(Collectors.joining(",", "", "\n"));
    }

    private static String quote(String field) {
        boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
    }
}
