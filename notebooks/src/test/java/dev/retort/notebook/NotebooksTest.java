package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs notebooks with the real kernel, in an environment under target/ that is made where it is missing. What cells tagged
 * {@code stable} show must be what is committed; {@code -Dnotebooks=refresh} writes the committed outputs anew instead.
 */
class NotebooksTest {

    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path ENVIRONMENT = MODULE.resolve("target/jupyter");
    private static final Path RUNS = MODULE.resolve("target/notebook-runs");
    private static final boolean REFRESH = "refresh".equals(System.getProperty("retort.notebooks"));

    @BeforeAll
    static void makeEnvironment() throws IOException, InterruptedException {
        Program script = new Program(List.of(MODULE.resolve("jupyter-env.sh").toString(), ENVIRONMENT.toString()))
                .with("JAVA_HOME", System.getProperty("java.home"))
                .with("RETORT_CLASSPATH", kernelClassPath())
                .with("RETORT_JVM_OPTS", System.getProperty("retort.jvm.opens", ""));
        assertThat(script.run(RUNS.resolve("environment.log"))).isZero();
    }

    /** This process's own class path, without the tests and without the kernel's interface, which the kernel brings itself. */
    private static String kernelClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator"), -1))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.contains("jjava-jupyter"))
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    static List<String> notebooks() throws IOException {
        try (Stream<Path> files = Files.list(MODULE)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".ipynb"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notebooks")
    void runsAndShowsWhatIsCommitted(String name) throws IOException, InterruptedException {
        Path notebook = MODULE.resolve(name);
        Run run = execute(notebook);
        assertThat(run.status())
                .as("the exit status of the run, which printed:\n" + run.log())
                .isZero();
        if (REFRESH) {
            Files.copy(run.file(), notebook, StandardCopyOption.REPLACE_EXISTING);
        }
        Map<Integer, JsonNode> committed = stableOutputs(notebook);
        Map<Integer, JsonNode> fresh = stableOutputs(run.file());
        assertThat(fresh.keySet()).isEqualTo(committed.keySet());
        fresh.forEach((cell, outputs) -> assertThat(outputs.toPrettyString())
                .as(
                        "what code cell %d of %s shows; if it is right, run ./mvnw verify -Dnotebooks=refresh and"
                                + " commit",
                        cell, name)
                .isEqualTo(committed.get(cell).toPrettyString()));
        isCompleteAndNamesNoMachine(notebook);
    }

    private static void isCompleteAndNamesNoMachine(Path notebook) throws IOException {
        int count = 0;
        for (JsonNode cell : codeCells(notebook)) {
            count++;
            String where = notebook.getFileName() + ", code cell " + count;
            assertThat(cell.get("execution_count").asInt()).as(where).isEqualTo(count);
            assertThat(cell.get("outputs").toString())
                    .as(where)
                    .doesNotContain("\"output_type\":\"error\"", "\"name\":\"stderr\"")
                    .doesNotContainPattern("(/(home|Users|root|tmp|work)/|[A-Z]:\\\\\\\\)");
        }
        assertThat(count).isPositive();
    }

    @Test
    void kernelShowsTablesAndProgressInPlaceAndFailsWithTheCellAndItsError() throws IOException, InterruptedException {
        Run run = execute(MODULE.resolve("src/test/resources/kernel.ipynb"));
        List<JsonNode> cells = outputs(run.file());
        assertThat(cells.get(0)).isEmpty();
        assertThat(cells.get(1).get(0).at("/data/text~1html").asText())
                .contains("&lt;script&gt;")
                .doesNotContain("<script>");
        assertThat(cells.get(2)).hasSize(1);
        assertThat(cells.get(2).get(0).at("/data/text~1plain").asText()).isEqualTo("loop 3/3, loss 0.500");
        assertThat(cells.get(3)).hasSize(1);
        assertThat(cells.get(3).get(0).get("text").asText()).contains("warned").doesNotContain("informed");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.log()).contains("kernel.ipynb, cell 5", "this cell fails on purpose");
    }

    /** Stopped within the step in hand, and what was trained stays; the bound is for busy machines, a quiet one takes 0.1 s. */
    @Test
    void aCellThatIsStoppedLeavesARunThatGoesOn() throws IOException, InterruptedException {
        Path folder = RUNS.resolve("interrupt");
        AtomicFiles.deleteTree(folder);
        Files.createDirectories(folder);
        Path log = folder.resolve("log.txt");
        int status = new Program(List.of(
                        ENVIRONMENT.resolve("bin/python").toString(),
                        "-I",
                        MODULE.resolve("src/test/resources/interrupt.py").toString(),
                        folder.toString()))
                .run(log);
        List<String> lines = Files.readAllLines(log);
        assertThat(status).as(String.join("\n", lines)).isZero();
        JsonNode found = Rows.mapper().readTree(lines.get(lines.size() - 1));
        assertThat(found.at("/stopped/status").asText()).isEqualTo("error");
        assertThat(found.at("/stopped/seconds").asDouble()).isLessThan(10);
        assertThat(found.at("/stopped/last").asInt()).isBetween(20, 799);
        assertThat(found.at("/again/status").asText()).isEqualTo("ok");
        assertThat(found.at("/again/first").asInt())
                .isGreaterThanOrEqualTo(found.at("/stopped/last").asInt());
        assertThat(found.at("/again/last").asInt()).isEqualTo(800);
        assertThat(folder.resolve("run/table.csv")).isNotEmptyFile();
    }

    /** How a notebook was run. */
    private record Run(int status, Path file, String log) {}

    private static Run execute(Path notebook) throws IOException, InterruptedException {
        String name = notebook.getFileName().toString();
        Path folder = RUNS.resolve(name.replace(".ipynb", ""));
        AtomicFiles.deleteTree(folder);
        Files.createDirectories(folder);
        Path out = folder.resolve(name);
        Path log = folder.resolve("log.txt");
        int status = new Program(List.of(
                        ENVIRONMENT.resolve("bin/python").toString(),
                        "-I",
                        MODULE.resolve("execute.py").toString(),
                        notebook.toString(),
                        out.toString()))
                .run(log);
        return new Run(status, out, Files.readString(log));
    }

    /** What the cells tagged stable show, by the number of the code cell. */
    private static Map<Integer, JsonNode> stableOutputs(Path notebook) throws IOException {
        List<JsonNode> outputs = outputs(notebook);
        Map<Integer, JsonNode> stable = new TreeMap<>();
        for (JsonNode cell : codeCells(notebook)) {
            int count = cell.get("execution_count").asInt();
            for (JsonNode tag : cell.at("/metadata/tags")) {
                if (tag.asText().equals("stable")) {
                    stable.put(count, outputs.get(count - 1));
                }
            }
        }
        return stable;
    }

    private static List<JsonNode> codeCells(Path notebook) throws IOException {
        List<JsonNode> cells = new ArrayList<>();
        for (JsonNode cell : Rows.mapper().readTree(notebook.toFile()).get("cells")) {
            if (cell.get("cell_type").asText().equals("code")) {
                cells.add(cell);
            }
        }
        return cells;
    }

    /** The outputs of each code cell: kind, texts and data, each text in one piece. */
    private static List<JsonNode> outputs(Path notebook) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        for (JsonNode cell : codeCells(notebook)) {
            ArrayNode outputs = Rows.mapper().createArrayNode();
            for (JsonNode output : cell.get("outputs")) {
                ObjectNode shown = outputs.addObject();
                shown.set("output_type", output.get("output_type"));
                if (output.has("text")) {
                    shown.put("text", joined(output.get("text")));
                }
                ObjectNode data = shown.putObject("data");
                output.path("data")
                        .fields()
                        .forEachRemaining(entry -> data.put(entry.getKey(), joined(entry.getValue())));
            }
            all.add(outputs);
        }
        return all;
    }

    private static String joined(JsonNode text) {
        StringBuilder whole = new StringBuilder();
        if (text.isArray()) {
            text.forEach(line -> whole.append(line.asText()));
        } else {
            whole.append(text.asText());
        }
        return whole.toString();
    }
}
