package dev.retort.answer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Reads the golden files (made by src/test/python/answer_golden.py) and the shared data. */
final class AnswerGolden {

    private static final ObjectMapper JSON = new ObjectMapper();

    private AnswerGolden() {}

    static List<String> lines(String name) throws IOException {
        try (InputStream stream = AnswerGolden.class.getResourceAsStream("/answer/" + name)) {
            return text(stream, true).lines().toList();
        }
    }

    static List<JsonNode> rows(String name) throws IOException {
        return parsed(lines(name));
    }

    /** A file of the shared data, or a test reported as not run. */
    static Path shared(String path) {
        String root = System.getenv("RETORT_DATA");
        assumeTrue(root != null, "RETORT_DATA is not set: needs shared data");
        return Path.of(root, path);
    }

    static List<JsonNode> sharedRows(Path file) throws IOException {
        return parsed(sharedText(file).lines().toList());
    }

    static JsonNode sharedJson(Path file) throws IOException {
        return JSON.readTree(sharedText(file));
    }

    private static String sharedText(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            return text(stream, file.toString().endsWith(".gz"));
        }
    }

    private static String text(InputStream stream, boolean packed) throws IOException {
        InputStream buffered = new BufferedInputStream(stream);
        byte[] bytes = (packed ? new GZIPInputStream(buffered) : buffered).readAllBytes();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static List<JsonNode> parsed(List<String> lines) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : lines) {
            rows.add(JSON.readTree(line));
        }
        return rows;
    }
}
