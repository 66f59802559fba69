package dev.retort.report;

import dev.retort.data.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The published numbers of a paper: one folder of CSV files, each with the columns method, metric, value and source and
 * whatever else sets its lines apart.
 *
 * @param cells in the order of the files' names and lines
 */
public record PublishedCells(List<PublishedCell> cells) {

    private static final List<String> REQUIRED = List.of("method", "metric", "value", "source");

    public PublishedCells {
        cells = List.copyOf(cells);
    }

    /**
     * Reads every CSV file of a folder.
     *
     * @throws IOException where one lacks a column or a line lacks its value or source
     */
    public static PublishedCells readFolder(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(file -> file.getFileName().toString().endsWith(".csv"))
                    .sorted()
                    .toList();
        }
        List<PublishedCell> cells = new ArrayList<>();
        for (Path file : files) {
            cells.addAll(read(file));
        }
        if (cells.isEmpty()) {
            throw new IOException(folder + ": holds no CSV file of published numbers");
        }
        return new PublishedCells(cells);
    }

    /** Reads one CSV file. */
    public static List<PublishedCell> read(Path file) throws IOException {
        List<List<String>> records = Csv.read(file);
        List<String> header = records.get(0);
        for (String column : REQUIRED) {
            if (!header.contains(column)) {
                throw new IOException(file + ": has no column " + column);
            }
        }
        String name = file.getFileName().toString();
        String table = name.endsWith(".csv") ? name.substring(0, name.length() - 4) : name;
        List<PublishedCell> cells = new ArrayList<>();
        for (List<String> record : records.subList(1, records.size())) {
            Map<String, String> columns = new LinkedHashMap<>();
            for (int i = 0; i < header.size(); i++) {
                columns.put(header.get(i), record.get(i).strip());
            }
            PublishedCell cell = new PublishedCell(table, Collections.unmodifiableMap(columns));
            if (cell.source().isEmpty() || cell.column("value").isEmpty()) {
                throw new IOException(file + ": record " + (cells.size() + 2) + " lacks its value or its source");
            }
            cells.add(cell);
        }
        return cells;
    }

    /**
     * The cells whose columns have exactly these values; the key {@code table} stands for the file's name.
     *
     * @param where column to value, for example Map.of("table", "table1", "dataset", "SVAMP")
     */
    public List<PublishedCell> find(Map<String, String> where) {
        return cells.stream()
                .filter(cell -> where.entrySet().stream().allMatch(entry -> matches(cell, entry)))
                .toList();
    }

    private static boolean matches(PublishedCell cell, Map.Entry<String, String> wanted) {
        String found = wanted.getKey().equals("table") ? cell.table() : cell.column(wanted.getKey());
        return found.equals(wanted.getValue());
    }

    /**
     * The one cell whose columns have these values.
     *
     * @throws IllegalArgumentException where there is none, or more than one
     */
    public PublishedCell one(Map<String, String> where) {
        List<PublishedCell> found = find(where);
        if (found.size() != 1) {
            throw new IllegalArgumentException(found.size() + " published cells match " + where
                    + (found.isEmpty() ? nearestMethod(where) : ": name more columns"));
        }
        return found.get(0);
    }

    private String nearestMethod(Map<String, String> where) {
        String method = where.getOrDefault("method", "");
        return Nearest.of(
                        method,
                        cells.stream().map(cell -> cell.column("method")).toList())
                .filter(nearest -> !nearest.equals(method))
                .map(nearest -> "; the nearest method is " + nearest)
                .orElse("");
    }

    /**
     * The published effect: the method's value less the baseline's, both taken from the one cell that matches.
     *
     * @return null where either is not one number
     */
    public Double effect(Map<String, String> where, String method, String baseline) {
        Double ours = value(where, method);
        Double theirs = value(where, baseline);
        return ours == null || theirs == null ? null : ours - theirs;
    }

    private Double value(Map<String, String> where, String method) {
        Map<String, String> wanted = new LinkedHashMap<>(where);
        wanted.put("method", method);
        return one(wanted).value();
    }
}
