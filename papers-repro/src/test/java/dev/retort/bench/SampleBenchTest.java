package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a checkout whose launcher and Python are fakes, against the real server. */
@Timeout(300)
class SampleBenchTest {

    private static final String ROOT = "retort.root";

    @TempDir
    private Path root;

    private final StringWriter progress = new StringWriter();

    private String oldRoot;

    @BeforeEach
    void makeCheckout() throws IOException {
        oldRoot = System.getProperty(ROOT);
        System.setProperty(ROOT, root.toString());
        Files.createDirectories(root.resolve("benchmarks/peers"));
        FakeAsker.script(root.resolve("retort"), "0");
        FakeAsker.script(root.resolve("asker"), "0");
        TinyModel.python(
                root,
                "case $1 in -c) echo 'curator 1, distilabel 2' ;; *) exec '" + root.resolve("asker")
                        + "' \"$@\" ;; esac");
    }

    @AfterEach
    void restoreRoot() {
        if (oldRoot == null) {
            System.clearProperty(ROOT);
        } else {
            System.setProperty(ROOT, oldRoot);
        }
    }

    private String run(String only, int questions) throws IOException, InterruptedException {
        return Benchmarks.run(
                new Benchmarks.Request("sample", 1, only, null, root.resolve("python"), null, null, questions),
                new PrintWriter(progress));
    }

    private JsonNode result() throws IOException {
        return Rows.mapper()
                .readTree(root.resolve("benchmarks/results/sample.json").toFile());
    }

    @Test
    void comparesRowsPerSecond() throws Exception {
        String table = run("rows", 10);
        assertThat(result().fieldNames())
                .toIterable()
                .containsExactly("benchmark", "machine", "ours", "peers", "cases");
        assertThat(result().get("ours").textValue()).matches("beam [0-9.]+");
        assertThat(result().get("peers").textValue()).isEqualTo("curator 1, distilabel 2");
        JsonNode work = result().at("/cases/0");
        assertThat(work.get("work"))
                .hasToString("{\"questions\":10,\"samples_a_question\":1,\"latency_ms\":50,\"concurrency\":64}");
        assertThat(work.get("rows").intValue()).isEqualTo(10);
        assertThat(work.get("sides").findValuesAsText("side")).containsExactly("retort", "curator", "distilabel");
        for (JsonNode side : work.get("sides")) {
            assertThat(side.get("seconds")).hasSize(1);
            assertThat(side.get("rows_per_second").doubleValue()).isPositive();
            assertThat(side.get("first_values").get("distinct").intValue()).isEqualTo(10);
        }
        assertThat(table)
                .startsWith(
                        "sample rows\nside                         median s   spread   stolen       rows/s      peak MB")
                .hasLineCount(5);
        assertThat(root.resolve("target/bench/turn-retort")).doesNotExist();
        assertThat(Files.readAllLines(root.resolve("target/bench/sample-questions-10.jsonl")))
                .hasSize(10)
                .doesNotHaveDuplicates();
    }

    @Test
    void aSideThatDoesNotAskEveryQuestionOnceIsAnError() throws Exception {
        FakeAsker.script(root.resolve("asker"), "1");
        assertThatThrownBy(() -> run("rows", 3))
                .isInstanceOf(IOException.class)
                .hasMessage("curator made 2 requests about 2 questions, where each of 3 is to be asked about once");
        assertThat(root.resolve("benchmarks/results")).doesNotExist();
    }

    @Test
    void memoryIsThatOfFewQuestionsAndOfMany() throws Exception {
        String table = run("memory", 10);
        assertThat(result().has("peers")).isFalse();
        JsonNode work = result().at("/cases/0");
        assertThat(work.at("/work/java_options").textValue()).isEqualTo("-Xmx768m");
        assertThat(work.get("runs").findValuesAsText("questions")).containsExactly("1", "100");
        assertThat(root.resolve("target/bench/memory-100.log")).hasContent("heap -Xmx768m\n");
        boolean says = Files.exists(Path.of("/proc/self/smaps_rollup"));
        for (JsonNode run : work.get("runs")) {
            assertThat(run.get("peak_resident_mb").longValue() > 0).isEqualTo(says);
            assertThat(run.get("rows_per_second").doubleValue()).isPositive();
        }
        assertThat(table.lines().map(line -> line.replaceAll(" .*", "")))
                .containsExactly("sample", "questions", "1", "100");
    }

    @Test
    void anEarlyVoteSparesRequestsAndKeepsTheVerdicts() throws Exception {
        String table = run("vote", 100);
        JsonNode work = result().at("/cases/0");
        assertThat(work.at("/work/questions").intValue()).isEqualTo(20);
        assertThat(work.at("/work/samples_a_question").intValue()).isEqualTo(5);
        JsonNode all = work.at("/runs/0");
        JsonNode early = work.at("/runs/1");
        assertThat(all.get("requests").intValue()).isEqualTo(100);
        int kept = all.get("kept").intValue();
        assertThat(kept).isBetween(15, 20);
        assertThat(early.get("kept").intValue()).isEqualTo(kept);
        // Three where they agree, else five.
        int requests = early.get("requests").intValue();
        assertThat(requests).isBetween(60, 98).isEven();
        assertThat(early.get("requests_per_kept").doubleValue())
                .isEqualTo(Timings.rounded((double) requests / kept, 3));
        assertThat(work.get("equal_verdicts").booleanValue()).isTrue();
        assertThat(work.get("fewer").doubleValue()).isEqualTo(Timings.rounded(1 - requests / 100.0, 3), offset(0.002));
        assertThat(table.lines().skip(4).toList())
                .containsExactly(
                        "equal_verdicts true", "fewer " + work.get("fewer").asText());
    }

    @Test
    void aCaseThatIsNotThere() {
        assertThatThrownBy(() -> run("speed", 10))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no case 'speed'; there are " + List.of("rows", "memory", "vote"));
    }
}
