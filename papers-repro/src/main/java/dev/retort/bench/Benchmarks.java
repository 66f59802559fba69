package dev.retort.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The benchmarks, each against its peers in one run. */
public final class Benchmarks {

    private Benchmarks() {}

    /**
     * What is to be measured.
     *
     * @param name one of {@link #names}
     * @param repetitions of each side
     * @param only the one case to run, or null for all
     * @param model a Hugging Face folder or GGUF file, or null for SmolLM2-135M-Instruct
     * @param python that has the peers' packages, or null to install them
     * @param out folder of the result, or null for benchmarks/results
     * @param threads or null for all cores
     */
    public record Request(
            String name, int repetitions, String only, Path model, Path python, Path out, Integer threads) {}

    /** The benchmarks there are. */
    public static List<String> names() {
        return List.of("train-step", "generate");
    }

    /**
     * Measures, and writes NAME.json.
     *
     * @param progress told what goes on
     * @return the results as a table to read
     */
    public static String run(Request request, PrintWriter progress) throws IOException, InterruptedException {
        Path root = Path.of(System.getProperty("retort.root", "."));
        Path folder = Files.createDirectories(root.resolve("target").resolve("bench"));
        Peers peers = Peers.ready(root, request.python(), folder, progress);
        progress.println("retort: asking the peers' Python for its packages, and for the model where none is given");
        progress.flush();
        String versions = peers.versions();
        if (!peers.canCompile()) {
            progress.println(
                    "retort: there is no C++ compiler, so the peers' compiled sides are left out; install g++");
            progress.flush();
        }
        Path model = model(request, folder, peers, progress);
        int threads = request.threads() != null
                ? request.threads()
                : Runtime.getRuntime().availableProcessors();
        BenchSetting setting = new BenchSetting(model, Tokenizer.load(model), threads, folder, peers);
        List<BenchCase> cases =
                switch (request.name()) {
                    case "train-step" -> new TrainStepBench(setting).cases();
                    case "generate" -> new GenerateBench(setting).cases();
                    default -> throw new IllegalArgumentException("no benchmark " + request.name());
                };
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("benchmark", request.name());
        result.set("machine", Machine.describe(threads));
        result.put("model", name(model));
        result.put(
                "ours",
                "djl " + ai.djl.engine.Engine.getDjlVersion() + ", pytorch "
                        + ai.djl.engine.Engine.getEngine("PyTorch").getVersion());
        result.put("peers", versions);
        ArrayNode measured = result.putArray("cases");
        for (BenchCase work : cases) {
            if (request.only() == null || request.only().equals(work.name())) {
                measured.add(Comparison.run(work, request.repetitions(), folder, progress));
            }
        }
        if (measured.isEmpty()) {
            throw new IOException("there is no case '" + request.only() + "'; there are "
                    + cases.stream().map(BenchCase::name).toList());
        }
        Path out = request.out() != null
                ? request.out()
                : root.resolve("benchmarks").resolve("results");
        AtomicFiles.writeText(
                out.resolve(request.name() + ".json"),
                Rows.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n");
        return table(result);
    }

    /** A Hugging Face folder, which every side can read; a GGUF file becomes one. */
    private static Path model(Request request, Path folder, Peers peers, PrintWriter progress)
            throws IOException, InterruptedException {
        Path given = request.model();
        if (given != null && Files.isDirectory(given)) {
            return given;
        }
        Path model = given == null
                ? folder.resolve("SmolLM2-135M-Instruct")
                : folder.resolve("given").resolve(name(given).replaceFirst("\\.gguf$", ""));
        if (given != null || !Files.isDirectory(model)) {
            Path source = given != null ? given : peers.smolLm();
            progress.println("retort: writing " + source + " as a Hugging Face folder, " + model);
            progress.flush();
            try (LoadedModel loaded = Models.load(source, Device.cpu())) {
                Models.save(loaded, model);
            }
        }
        return model;
    }

    private static String name(Path path) {
        return path.toAbsolutePath().normalize().getFileName().toString();
    }

    private static String table(ObjectNode result) {
        StringBuilder text = new StringBuilder();
        for (JsonNode work : result.get("cases")) {
            text.append(String.format(
                    Locale.ROOT,
                    "%s %s%n%-26s %10s %8s %12s %12s %10s%n",
                    result.get("benchmark").asText(),
                    work.get("case").asText(),
                    "side",
                    "median s",
                    "spread",
                    "tokens/s",
                    "peak MB",
                    "over ours"));
            for (JsonNode side : work.get("sides")) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-26s %10.2f %7.0f%% %12.1f %12d %10.2f%n",
                        side.get("side").asText(),
                        side.get("median_seconds").asDouble(),
                        100 * side.get("spread").asDouble(),
                        side.get("tokens_per_second").asDouble(),
                        side.get("peak_resident_mb").asLong(),
                        side.get("median_over_ours").asDouble()));
            }
        }
        return text.toString();
    }
}
