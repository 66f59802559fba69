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
import org.apache.beam.sdk.util.ReleaseInfo;

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
     * @param questions of sample, or null for the usual number
     */
    public record Request(
            String name,
            int repetitions,
            String only,
            Path model,
            Path python,
            Path out,
            Integer threads,
            Integer questions) {}

    /** The benchmarks there are. */
    public static List<String> names() {
        return List.of("train-step", "distill-step", "generate", "loss", "sample");
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
        int threads = request.threads() != null
                ? request.threads()
                : Runtime.getRuntime().availableProcessors();
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("benchmark", request.name());
        result.set("machine", Machine.describe(threads));
        if (request.name().equals("sample")) {
            askTeacher(request, root, folder, result, progress);
        } else if (request.name().equals("loss")) {
            compute(request, root, folder, threads, result, progress);
        } else {
            useModel(request, root, folder, threads, result, progress);
        }
        Path out = request.out() != null
                ? request.out()
                : root.resolve("benchmarks").resolve("results");
        AtomicFiles.writeText(
                out.resolve(request.name() + ".json"),
                Rows.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n");
        return table(result);
    }

    private static void useModel(
            Request request, Path root, Path folder, int threads, ObjectNode result, PrintWriter progress)
            throws IOException, InterruptedException {
        Peers peers = Peers.ready(root, request.python(), folder, progress);
        say(progress, "asking the peers' Python for its packages, and for the model where none is given");
        String versions = peers.versions();
        if (!peers.canCompile()) {
            say(progress, "there is no C++ compiler, so the peers' compiled sides are left out; install g++");
        }
        Path model = model(request, folder, peers, progress);
        BenchSetting setting = new BenchSetting(model, Tokenizer.load(model), threads, folder, peers);
        List<BenchCase> cases =
                switch (request.name()) {
                    case "train-step" -> new TrainStepBench(setting).cases();
                    case "distill-step" -> new DistilStepBench(setting).cases();
                    case "generate" -> new GenerateBench(setting).cases();
                    default -> throw new IllegalArgumentException("no benchmark " + request.name());
                };
        result.put("model", name(model));
        result.put("ours", engine());
        result.put("peers", versions);
        ArrayNode measured = result.putArray("cases");
        List<String> names = cases.stream().map(BenchCase::name).toList();
        for (String chosen : chosen(request, names)) {
            measured.add(Comparison.run(cases.get(names.indexOf(chosen)), request.repetitions(), folder, progress));
        }
    }

    private static void compute(
            Request request, Path root, Path folder, int threads, ObjectNode result, PrintWriter progress)
            throws IOException, InterruptedException {
        List<String> names = chosen(request, LossBench.names());
        Peers peers = Peers.ready(root, request.python(), folder, progress);
        result.put("ours", engine());
        result.put("peers", peers.versions());
        ArrayNode measured = result.putArray("cases");
        LossBench bench = new LossBench(threads, folder, peers);
        for (String name : names) {
            measured.add(bench.run(name, request.repetitions(), progress));
        }
    }

    private static String engine() {
        return "djl " + ai.djl.engine.Engine.getDjlVersion() + ", pytorch "
                + ai.djl.engine.Engine.getEngine("PyTorch").getVersion();
    }

    private static void askTeacher(Request request, Path root, Path folder, ObjectNode result, PrintWriter progress)
            throws IOException, InterruptedException {
        List<String> names = chosen(request, SampleBench.CASES);
        result.put("ours", "beam " + ReleaseInfo.getReleaseInfo().getVersion());
        Peers peers = null;
        if (names.contains("rows")) {
            peers = Peers.forSampling(root, request.python(), folder, progress);
            result.put("peers", peers.versions());
        }
        ArrayNode measured = result.putArray("cases");
        int questions = request.questions() == null ? SampleBench.USUAL_QUESTIONS : request.questions();
        try (SampleBench bench = new SampleBench(root, folder, questions, progress)) {
            for (String name : names) {
                measured.add(
                        switch (name) {
                            case "rows" -> bench.rows(request.repetitions(), peers);
                            case "memory" -> bench.memory();
                            default -> bench.vote();
                        });
            }
        }
    }

    /** The cases to run. */
    private static List<String> chosen(Request request, List<String> names) throws IOException {
        if (request.only() == null) {
            return names;
        }
        if (!names.contains(request.only())) {
            throw new IOException("there is no case '" + request.only() + "'; there are " + names);
        }
        return List.of(request.only());
    }

    private static void say(PrintWriter progress, String text) {
        progress.println("retort: " + text);
        progress.flush();
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
            say(progress, "writing " + source + " as a Hugging Face folder, " + model);
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
            text.append(result.get("benchmark").asText())
                    .append(' ')
                    .append(work.get("case").asText())
                    .append('\n');
            if (work.has("sides")) {
                addSides(text, work);
            } else {
                addRuns(text, work);
            }
        }
        return text.toString();
    }

    private static void addSides(StringBuilder text, JsonNode work) {
        String unit = work.has("tokens") ? "tokens" : "rows";
        text.append(String.format(
                Locale.ROOT,
                "%-26s %10s %8s %8s %12s %12s %10s%n",
                "side",
                "median s",
                "spread",
                "stolen",
                unit + "/s",
                "peak MB",
                "over ours"));
        for (JsonNode side : work.get("sides")) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-26s %10.2f %7.0f%% %7.0f%% %12.1f %12d %10.2f%n",
                    side.get("side").asText(),
                    side.get("median_seconds").asDouble(),
                    100 * side.get("spread").asDouble(),
                    100 * mean(side.get("stolen")),
                    side.get(unit + "_per_second").asDouble(),
                    side.get("peak_resident_mb").asLong(),
                    side.get("median_over_ours").asDouble()));
        }
    }

    private static double mean(JsonNode values) {
        double sum = 0;
        for (JsonNode value : values) {
            sum += value.asDouble();
        }
        return sum / values.size();
    }

    /** A line for each run under its fields' names, then what follows from them. */
    private static void addRuns(StringBuilder text, JsonNode work) {
        JsonNode runs = work.get("runs");
        runs.get(0).fieldNames().forEachRemaining(name -> text.append(cell(name)));
        text.append('\n');
        for (JsonNode run : runs) {
            run.forEach(value -> text.append(cell(value.asText())));
            text.append('\n');
        }
        work.fields().forEachRemaining(field -> {
            if (field.getValue().isValueNode() && !field.getKey().equals("case")) {
                text.append(field.getKey())
                        .append(' ')
                        .append(field.getValue().asText())
                        .append('\n');
            }
        });
    }

    private static String cell(String value) {
        return String.format(Locale.ROOT, "%-20s", value);
    }
}
