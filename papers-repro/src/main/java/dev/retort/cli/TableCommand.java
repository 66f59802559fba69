package dev.retort.cli;

import dev.retort.report.PublishedCell;
import dev.retort.report.PublishedCells;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a paper's result table. */
@Command(
        name = "table",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a paper's published results beside ours.",
            "Ours come from the table.csv of run folders; without RUN_DIR from the committed results of the paper, and"
                    + " all published cells follow them. An empty cell was not seen or not run."
        },
        footer = {
            "",
            "Examples:",
            "  retort table step-by-step",
            "  retort table step-by-step runs/step-by-step/tiny --format latex"
        })
final class TableCommand implements Callable<Integer> {

    private static final String FILE = "table.csv";

    /** Columns of published cells that have a place of their own in the table. */
    private static final Set<String> PLACED = Set.of("method", "student", "dataset", "metric", "value", "source");

    @Mixin
    private Common common;

    @Parameters(index = "0", paramLabel = "PAPER", description = "step-by-step, system2, minillm, negative or tapir")
    private String paper;

    @Parameters(index = "1..*", paramLabel = "RUN_DIR", description = "Run folders, each with a table.csv")
    private List<Path> runs = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "md|csv|html|latex",
            defaultValue = "md",
            description = "Default: ${DEFAULT-VALUE}, GitHub Markdown")
    private Format format;

    @Spec
    private CommandSpec spec;

    /** How the table is written; lower case, as on the command line. */
    private enum Format {
        MD,
        CSV,
        HTML,
        LATEX
    }

    @Override
    public Integer call() throws IOException {
        common.apply();
        PaperFiles.requirePaper(paper);
        ResultTable table = runs.isEmpty() ? all() : new ResultTable(joined(runs));
        PrintWriter out = spec.commandLine().getOut();
        out.print(
                switch (format) {
                    case MD -> table.toMarkdown();
                    case CSV -> table.toCsv();
                    case HTML -> table.toHtml();
                    case LATEX -> table.toLatex();
                });
        out.flush();
        return Retort.DONE;
    }

    /** Ours as they are committed, then what is published. */
    private ResultTable all() throws IOException {
        List<Path> folders = committed();
        if (folders.isEmpty() && !common.quiet()) {
            spec.commandLine().getErr().println("retort: no results of " + paper + " yet: published cells only");
        }
        List<ResultRow> rows = joined(folders);
        rows.addAll(published());
        return new ResultTable(rows);
    }

    private List<Path> committed() throws IOException {
        Path results = PaperFiles.checkout().resolve(Path.of("results", paper));
        if (!Files.isDirectory(results)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(results)) {
            return folders.filter(folder -> Files.isRegularFile(folder.resolve(FILE)))
                    .sorted()
                    .toList();
        }
    }

    private static List<ResultRow> joined(List<Path> folders) throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (Path folder : folders) {
            Path file = folder.resolve(FILE);
            if (!Files.isRegularFile(file)) {
                throw new IOException(folder + ": no " + FILE + " there; give a run folder whose report stage is done");
            }
            for (ResultRow row : ResultTable.read(file).rows()) {
                // Equal rows of two runs could not be told apart without it.
                rows.add(
                        folders.size() == 1
                                ? row
                                : row.withNote("run " + folder.normalize().getFileName()));
            }
        }
        return rows;
    }

    private List<ResultRow> published() throws IOException {
        PublishedCells cells = PaperFiles.readPublished(paper, PublishedCells::readFolder);
        return cells.cells().stream().map(TableCommand::row).toList();
    }

    private static ResultRow row(PublishedCell cell) {
        String condition = cell.columns().entrySet().stream()
                .filter(column ->
                        !PLACED.contains(column.getKey()) && !column.getValue().isEmpty())
                .map(column -> column.getKey() + " " + column.getValue())
                .collect(Collectors.joining(", "));
        ResultRow row = ResultRow.of(
                        cell.column("method"),
                        cell.column("student"),
                        cell.column("dataset"),
                        condition.isEmpty() ? cell.table() : cell.table() + ": " + condition,
                        cell.column("metric"))
                .withPublished(cell.value(), null);
        // A range or a word is no number, and is not made one.
        return (cell.value() == null ? row.withNote("published: " + cell.column("value")) : row)
                .withNote(cell.source());
    }
}
