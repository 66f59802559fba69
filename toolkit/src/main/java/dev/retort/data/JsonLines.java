package dev.retort.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/** JSON Lines: UTF-8, one object a line; a name that ends in .gz is read through gzip. */
public final class JsonLines {

    private JsonLines() {}

    /**
     * Reads every row.
     *
     * @throws IOException at the first line that is not such a row, naming file and line
     */
    public static <T extends Row> List<T> read(Path file, Class<T> type) throws IOException {
        List<T> rows = new ArrayList<>();
        List<Malformed> bad = new ArrayList<>(1);
        forEach(file, type, rows::add, bad::add);
        if (!bad.isEmpty()) {
            Malformed first = bad.get(0);
            throw new IOException(file + ":" + first.line() + ": " + first.error());
        }
        return rows;
    }

    /** Reads every row and hands lines that are not such a row, and rows whose key was seen before, to {@code bad}. */
    public static <T extends Row> void forEach(Path file, Class<T> type, Consumer<T> good, Consumer<Malformed> bad)
            throws IOException {
        Set<String> seen = new HashSet<>();
        try (BufferedReader reader = open(file)) {
            long number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                T row;
                try {
                    row = Rows.parse(line, type);
                } catch (IllegalArgumentException e) {
                    bad.accept(new Malformed(file.getFileName().toString(), number, e.getMessage(), line));
                    continue;
                }
                String key = key(row);
                if (key != null && !seen.add(key)) {
                    bad.accept(new Malformed(
                            file.getFileName().toString(), number, "a second row with the id " + key, line));
                    continue;
                }
                good.accept(row);
            }
        }
    }

    private static String key(Row row) {
        if (row instanceof Question question) {
            return question.id();
        }
        if (row instanceof TeacherSample sample) {
            return sample.id() + " and sample_index " + sample.sampleIndex();
        }
        if (row instanceof Failure failure) {
            return failure.id() + " and sample_index " + failure.sampleIndex();
        }
        if (row instanceof VotedAnswer voted) {
            return voted.id();
        }
        return row instanceof Example example ? example.id() : null;
    }

    /** Writes rows, whole or not at all. */
    public static void write(Path file, Iterable<? extends Row> rows) throws IOException {
        write(file, rows, Rows::format);
    }

    /** Writes values of any kind, one line each, whole or not at all. */
    public static <T> void write(Path file, Iterable<? extends T> values, Function<T, String> format)
            throws IOException {
        AtomicFiles.writeText(file, writer -> {
            for (T value : values) {
                writer.write(format.apply(value));
                writer.write('\n');
            }
        });
    }

    /** Opens a UTF-8 text file, through gzip where its name says so. Bytes that are not UTF-8 are an error. */
    public static BufferedReader open(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file + ": no such file");
        }
        InputStream in = Files.newInputStream(file);
        if (file.toString().endsWith(".gz")) {
            in = new GZIPInputStream(in, 1 << 16);
        }
        return new BufferedReader(
                new InputStreamReader(
                        in,
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)),
                1 << 16);
    }
}
