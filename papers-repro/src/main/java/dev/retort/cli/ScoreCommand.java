package dev.retort.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.answer.Metric;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores predictions against references. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = {
            "Scores predictions against references.",
            "The input holds lines of {\"prediction\", \"references\"}; the best reference of a line counts. Prints"
                    + " {\"metric\", \"count\", \"value\", \"lines\": [value of each line]}, values 0 to 1."
        },
        footer = {
            "",
            "Example:",
            "  echo '{\"prediction\": \"so it is 42.\", \"references\": [\"42\"]}' > answers.jsonl",
            "  retort score --metric numeric --input answers.jsonl"
        })
final class ScoreCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            required = true,
            description = "exact-match, math-equivalence, numeric or rouge-l")
    private String metric;

    @Option(names = "--input", paramLabel = "F.jsonl", required = true, description = "JSON Lines; .gz is read too")
    private Path input;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        common.apply();
        Metric chosen;
        try {
            chosen = Metric.fromName(metric);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--metric: " + e.getMessage());
        }
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("metric", chosen.title());
        ArrayNode lines = Rows.mapper().createArrayNode();
        try (InputStream in = open()) {
            TextLines.forEach(in, input.toString(), (line, number) -> {
                if (!line.isBlank()) {
                    lines.add(score(chosen, line, number));
                }
            });
        }
        double sum = 0;
        for (JsonNode line : lines) {
            sum += line.doubleValue();
        }
        result.put("count", lines.size());
        result.put("value", lines.isEmpty() ? 0 : sum / lines.size());
        result.set("lines", lines);
        PrintWriter out = spec.commandLine().getOut();
        out.println(result);
        out.flush();
        return Retort.DONE;
    }

    private InputStream open() throws IOException {
        InputStream in = Files.newInputStream(input);
        if (!input.toString().endsWith(".gz")) {
            return in;
        }
        try {
            return new GZIPInputStream(in, 1 << 16);
        } catch (ZipException e) {
            in.close();
            throw new IOException(input + ": not a gzip file", e);
        }
    }

    private double score(Metric chosen, String line, long number) throws IOException {
        JsonNode row;
        try {
            row = Rows.mapper().readTree(line);
        } catch (JsonProcessingException e) {
            throw bad(
                    number,
                    "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
        }
        if (!row.isObject()) {
            throw bad(number, "not a JSON object");
        }
        if (!row.path("prediction").isTextual()) {
            throw bad(number, "prediction must be text");
        }
        JsonNode references = row.path("references");
        List<String> texts = new ArrayList<>();
        references.forEach(reference -> texts.add(reference.textValue()));
        if (!references.isArray() || texts.isEmpty() || texts.contains(null)) {
            throw bad(number, "references must be a list of one text at least");
        }
        return chosen.score(row.get("prediction").textValue(), texts);
    }

    private IOException bad(long line, String problem) {
        return new IOException(input + ":" + line + ": " + problem);
    }
}
