package dev.retort.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.JsonLines;
import dev.retort.data.Nearest;
import dev.retort.data.Rows;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
import dev.retort.papers.stepbystep.SplitOverlap;
import dev.retort.papers.stepbystep.SplitOverlapItem;
import dev.retort.papers.stepbystep.SplitOverlapRow;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what a test split shares with a training split, as {@link SplitOverlap} defines it. */
@Command(
        name = "overlap",
        mixinStandardHelpOptions = true,
        description = {
            "Counts the test rows that have a twin in train.",
            "NAME is a data set of Distilling step-by-step: svamp, cqa, anli or esnli, with the paper's splits. Of"
                    + " anli and esnli no training inputs were released: there validation stands for train. Files are JSON"
                    + " Lines of questions ({\"messages\"}) or of {\"prompt\", \"completion\"}; the last user turn or the"
                    + " prompt is the input; .gz is read too.",
            "",
            "exact: the same input, letter for letter.",
            "number-masked: the same story once every number (a run of digits, with points and commas inside it) is"
                    + " masked. The story is svamp's body, cqa's question without its choices, the premise of anli and"
                    + " esnli; of files it is what --story says.",
            "number-masked input: the same input once every number is masked.",
            "near-duplicate: the sets of words of the two inputs have a Jaccard index (intersection over union) of at"
                    + " least the threshold. Words are runs of letters or of digits, in lower case."
        },
        footer = {
            "",
            "Examples:",
            "  retort data overlap svamp",
            "  retort data overlap --train train.jsonl --test test.jsonl --out overlap.jsonl --json"
        })
final class OverlapCommand implements Callable<Integer> {

    private static final List<String> NAMES = List.of("svamp", "cqa", "anli", "esnli");

    /** The most rows and characters of text that a file may hold: those of e-SNLI's train split, with room. */
    private static final int ROW_LIMIT = 1_000_000;

    private static final long TEXT_LIMIT = 128L << 20;

    @Mixin
    private Common common;

    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "svamp, cqa, anli or esnli")
    private String name;

    @Option(names = "--train", paramLabel = "F.jsonl", description = "Instead of NAME: what is trained on")
    private Path train;

    @Option(names = "--test", paramLabel = "F.jsonl", description = "Instead of NAME: what is tested on")
    private Path test;

    @Option(
            names = "--story",
            paramLabel = "whole|first-line",
            description = "Which part of an input of a file is its story. Default: whole")
    private String story;

    @Option(
            names = "--threshold",
            paramLabel = "X",
            defaultValue = "" + SplitOverlap.THRESHOLD,
            description = "Jaccard index from which rows are near duplicates. Default: ${DEFAULT-VALUE}")
    private double threshold;

    @Option(
            names = "--out",
            paramLabel = "F.jsonl",
            description = "Writes a line for every test row: {\"id\", \"exact\", \"number_masked\","
                    + " \"number_masked_input\", \"near_duplicate\", \"nearest\", \"similarity\"}; nearest is the id of"
                    + " the train row with the highest Jaccard index, similarity. Ids only, no texts: some licences forbid"
                    + " them")
    private Path out;

    @Option(names = "--json", description = "Prints a JSON object instead of a table")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** The rows of one side and where they came from. */
    private record Side(String source, List<SplitOverlapItem> items) {}

    @Override
    public Integer call() throws IOException {
        common.apply();
        checkUsage();
        Side trained = name == null ? file(train) : split(true);
        Side tested = name == null ? file(test) : split(false);
        SplitOverlap overlap = SplitOverlap.ofItems(trained.items, tested.items, 1, threshold);
        if (out != null) {
            JsonLines.write(out, overlap.rows(), row -> line(row).toString());
        }
        PrintWriter printer = spec.commandLine().getOut();
        if (json) {
            printer.println(json(trained, tested, overlap));
        } else {
            printer.print(table(trained, tested, overlap));
        }
        printer.flush();
        return Retort.DONE;
    }

    private void checkUsage() {
        boolean files = train != null && test != null;
        if (name == null ? !files : train != null || test != null) {
            throw new UsageException("give a data set (" + String.join(", ", NAMES) + "), or both --train and --test");
        }
        if (name != null && !NAMES.contains(name)) {
            throw new UsageException("there is no data set '" + name + "' here"
                    + Nearest.of(name, NAMES)
                            .map(nearest -> "; the nearest is " + nearest)
                            .orElse("") + "; data sets: " + String.join(", ", NAMES)
                    + "; for others give --train and --test");
        }
        if (name != null && story != null) {
            throw new UsageException("--story is for files; " + name + " has a story of its own");
        }
        if (story != null && !story.equals("whole") && !story.equals("first-line")) {
            throw new UsageException("--story " + story + ": give whole or first-line");
        }
        if (!(threshold > 0 && threshold <= 1)) {
            throw new UsageException("--threshold must be above 0 and at most 1, not " + threshold);
        }
        if (out != null && files && (isSame(out, train) || isSame(out, test))) {
            throw new UsageException("--out " + out + " is one of the files that are read; give another");
        }
    }

    private static boolean isSame(Path a, Path b) {
        try {
            return Files.isSameFile(a, b);
        } catch (IOException e) {
            // One of them is not there: reading or writing it says so.
            return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
        }
    }

    private Side split(boolean first) throws IOException {
        DssDataSet dataSet =
                switch (name) {
                    case "svamp" -> DssDataSet.SVAMP;
                    case "cqa" -> DssDataSet.CQA;
                    case "anli" -> DssDataSet.ANLI1;
                    default -> DssDataSet.ESNLI;
                };
        String split = first ? dataSet.splits().get(0) : "test";
        List<DssExample> examples = dataSet.load(DataCatalogue.standard(), split);
        return new Side(
                name + " " + split, examples.stream().map(SplitOverlapItem::of).toList());
    }

    private Side file(Path file) throws IOException {
        List<SplitOverlapItem> items = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        long[] characters = {0};
        try (InputStream in = open(file)) {
            TextLines.forEach(in, file.toString(), (line, number) -> {
                if (line.isBlank()) {
                    return;
                }
                SplitOverlapItem item = item(file, line, number);
                if (!ids.add(item.id())) {
                    throw bad(file, number, "a second row with the id " + Visible.text(item.id()));
                }
                characters[0] += item.input().length();
                if (items.size() == ROW_LIMIT || characters[0] > TEXT_LIMIT) {
                    throw bad(
                            file,
                            number,
                            "more than " + ROW_LIMIT + " rows or " + TEXT_LIMIT
                                    + " characters of text; compare the file in parts");
                }
                items.add(item);
            });
        } catch (EOFException | ZipException e) {
            throw new IOException(file + ": not a whole gzip file; write it again", e);
        }
        if (items.isEmpty()) {
            throw new IOException(file + ": no rows; give JSON Lines of questions or of prompts");
        }
        return new Side(file.toString(), items);
    }

    private static InputStream open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + ": a folder; give a file of JSON Lines");
        }
        InputStream in = Files.newInputStream(file);
        if (!file.toString().endsWith(".gz")) {
            return in;
        }
        try {
            return new GZIPInputStream(in, 1 << 16);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private SplitOverlapItem item(Path file, String line, long number) throws IOException {
        JsonNode row;
        try {
            row = Rows.mapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw bad(
                    file,
                    number,
                    "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
        }
        JsonNode prompt = row.path("prompt");
        String input = (prompt.isTextual()
                        ? Optional.of(prompt.textValue())
                        : lastUserTurn(row.has("messages") ? row.get("messages") : prompt))
                .orElseThrow(() -> bad(
                        file,
                        number,
                        "no question; give {\"messages\": [{\"role\", \"content\"}]} with a user's turn, or a prompt"));
        JsonNode id = row.path("id");
        if (!id.isMissingNode() && !id.isTextual() && !id.isIntegralNumber()) {
            throw bad(file, number, "id must be text");
        }
        return new SplitOverlapItem(
                id.isMissingNode() ? "line-" + number : id.asText(),
                input,
                "first-line".equals(story) ? SplitOverlapItem.firstLine(input) : input);
    }

    private static Optional<String> lastUserTurn(JsonNode turns) {
        Optional<String> last = Optional.empty();
        for (JsonNode turn : turns) {
            if (turn.path("role").asText().equals("user")
                    && turn.path("content").isTextual()) {
                last = Optional.of(turn.get("content").textValue());
            }
        }
        return last;
    }

    private static IOException bad(Path file, long line, String problem) {
        return new IOException(file + ":" + line + ": " + problem);
    }

    private static ObjectNode line(SplitOverlapRow row) {
        return Rows.mapper()
                .createObjectNode()
                .put("id", row.id())
                .put("exact", row.exact())
                .put("number_masked", row.story())
                .put("number_masked_input", row.maskedInput())
                .put("near_duplicate", row.near())
                .put("nearest", row.nearest())
                .put("similarity", row.similarity());
    }

    private ObjectNode json(Side trained, Side tested, SplitOverlap overlap) {
        ObjectNode object = Rows.mapper().createObjectNode();
        object.put("train", trained.source);
        object.put("train_rows", trained.items.size());
        object.put("test", tested.source);
        object.put("test_rows", tested.items.size());
        object.put("threshold", threshold);
        put(object, "exact", overlap.exact(), overlap);
        put(object, "number_masked", overlap.story(), overlap);
        put(object, "number_masked_input", overlap.maskedInput(), overlap);
        put(object, "near_duplicate", overlap.near(), overlap);
        return object;
    }

    private static void put(ObjectNode object, String sense, List<String> ids, SplitOverlap overlap) {
        object.putObject(sense).put("count", ids.size()).put("share", (double) ids.size() / overlap.testSize());
    }

    private String table(Side trained, Side tested, SplitOverlap overlap) {
        String storyOf = name == null
                ? "first-line".equals(story) ? "the first line of the input" : "the whole input"
                : switch (name) {
                    case "svamp" -> "the body";
                    case "cqa" -> "the question without its choices";
                    default -> "the premise";
                };
        AlignedTable table = new AlignedTable("twin in train", "rows", "share", "what is the same");
        add(table, "exact", overlap.exact(), overlap, "the input, letter for letter");
        add(table, "number-masked", overlap.story(), overlap, storyOf + ", numbers masked");
        add(table, "number-masked input", overlap.maskedInput(), overlap, "the input, numbers masked");
        add(table, "near-duplicate", overlap.near(), overlap, "sets of words: Jaccard index of at least " + threshold);
        return tested.source + " (" + tested.items.size() + " rows) against " + trained.source + " ("
                + trained.items.size() + " rows)\n" + table
                + (trained.source.endsWith(" valid") && name != null
                        ? "train is the validation split: no training inputs were released\n"
                        : "");
    }

    private static void add(AlignedTable table, String sense, List<String> ids, SplitOverlap overlap, String meaning) {
        table.add(
                sense,
                Integer.toString(ids.size()),
                String.format(Locale.ROOT, "%.2f %%", 100.0 * ids.size() / overlap.testSize()),
                meaning);
    }
}
