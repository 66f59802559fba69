package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.Locale;
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

    static List<Path> notebooks() throws IOException {
        try (Stream<Path> files = Files.list(MODULE)) {
            return files.filter(file -> file.toString().endsWith(".ipynb"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void thereAreNotebooks() throws IOException {
        assertThat(notebooks()).isNotEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notebooks")
    void runsAndShowsWhatIsCommitted(Path notebook) throws IOException, InterruptedException {
        Run run = execute(notebook);
        assertThat(run.status()).as(run.log()).isZero();
        if (REFRESH) {
            Files.copy(run.file(), notebook, StandardCopyOption.REPLACE_EXISTING);
        }
        Map<String, List<JsonNode>> committed = stableOutputs(notebook);
        stableOutputs(run.file()).forEach((cell, outputs) -> assertThat(outputs)
                .as(
                        "%s of %s shows something else than what is committed; if that is right, run"
                                + " ./mvnw verify -Dnotebooks=refresh and commit",
                        cell, notebook.getFileName())
                .isEqualTo(committed.get(cell)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notebooks")
    void isCommittedWithOutputsThatNameNoMachine(Path notebook) throws IOException {
        int count = 0;
        for (JsonNode cell : Rows.mapper().readTree(notebook.toFile()).get("cells")) {
            if (cell.get("cell_type").asText().equals("code")) {
                count++;
                String where = notebook.getFileName() + ", code cell " + count;
                assertThat(cell.get("execution_count").asInt()).as(where).isEqualTo(count);
                assertThat(cell.get("outputs").toString())
                        .as(where)
                        .doesNotContain("\"output_type\":\"error\"")
                        .doesNotContain("\"name\":\"stderr\"")
                        .doesNotContainPattern("(/home/|/Users/|/root/|/tmp/|/work/|[A-Z]:\\\\\\\\)");
            }
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

    /** The outputs of the cells tagged stable, by cell. */
    private static Map<String, List<JsonNode>> stableOutputs(Path notebook) throws IOException {
        List<JsonNode> outputs = outputs(notebook);
        Map<String, List<JsonNode>> stable = new TreeMap<>();
        int code = 0;
        for (JsonNode cell : Rows.mapper().readTree(notebook.toFile()).get("cells")) {
            if (cell.get("cell_type").asText().equals("code")) {
                code++;
                for (JsonNode tag : cell.at("/metadata/tags")) {
                    if (tag.asText().equals("stable")) {
                        List<JsonNode> list = new ArrayList<>();
                        outputs.get(code - 1).forEach(list::add);
                        stable.put(String.format(Locale.ROOT, "code cell %02d", code), list);
                    }
                }
            }
        }
        return stable;
    }

    /** The outputs of each code cell: kind, texts and data, each text in one piece. */
    private static List<JsonNode> outputs(Path notebook) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        for (JsonNode cell : Rows.mapper().readTree(notebook.toFile()).get("cells")) {
            if (cell.get("cell_type").asText().equals("code")) {
                var outputs = Rows.mapper().createArrayNode();
                for (JsonNode output : cell.get("outputs")) {
                    ObjectNode shown = outputs.addObject();
                    shown.set("output_type", output.get("output_type"));
                    if (output.has("text")) {
                        shown.put("text", joined(output.get("text")));
                    }
                    output.path("data").fields().forEachRemaining(data -> shown.withObject("/data")
                            .put(data.getKey(), joined(data.getValue())));
                }
                all.add(outputs);
            }
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
