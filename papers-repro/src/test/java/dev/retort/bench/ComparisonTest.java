package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ComparisonTest {

    @TempDir
    private Path folder;

    private final StringWriter progress = new StringWriter();

    private Side side(String name, String... script) {
        return FakeWorker.side(name, folder.resolve("turns"), script);
    }

    private ObjectNode run(int repetitions, Side... sides) throws IOException, InterruptedException {
        ObjectNode figures = Rows.mapper().createObjectNode().put("batch", 2);
        BenchCase work = new BenchCase("batch-2", 60, "tokens", figures, List.of(sides));
        return Comparison.run(work, repetitions, folder, new PrintWriter(progress));
    }

    @Test
    void theOrderOfTurnsRotates() throws Exception {
        run(
                4,
                side("ours", "ready", "1", "1", "1", "1", "1"),
                side("peer", "ready", "1", "1", "1", "1", "1"),
                side("limit", "ready", "1", "1", "1", "1", "1"));
        assertThat(Files.readAllLines(folder.resolve("turns")))
                .containsExactly(
                        "ours go",
                        "peer go",
                        "limit go", //
                        "ours go",
                        "peer go",
                        "limit go", //
                        "peer go",
                        "limit go",
                        "ours go", //
                        "limit go",
                        "ours go",
                        "peer go", //
                        "ours go",
                        "peer go",
                        "limit go");
        for (String name : List.of("ours", "peer", "limit")) {
            assertThat(folder.resolve("batch-2-" + name + ".log")).isEmptyFile();
        }
    }

    @Test
    void resultsAreFiguresOfTheSecondsAfterTheFirstTurn() throws Exception {
        ObjectNode result = run(
                3, side("ours", "ready", "99", "2.0004", "4", "3"), side("peer", "ready", "0.5", "6", "5.9996", "7.5"));
        for (JsonNode side : result.get("sides")) {
            assertThat(((ObjectNode) side).remove("stolen"))
                    .hasSize(3)
                    .allSatisfy(share -> assertThat(share.doubleValue()).isBetween(0.0, 1.0));
            long megabytes = ((ObjectNode) side).remove("peak_resident_mb").longValue();
            assertThat(megabytes > 0).isEqualTo(Files.exists(Path.of("/proc/self/status")));
        }
        String spin = System.getenv().getOrDefault("GOMP_SPINCOUNT", "20000");
        String values = "\"first_values\":{\"first_loss\":0.5,\"spin\":\"" + spin + "\"}}";
        assertThat(result)
                .hasToString("{\"case\":\"batch-2\",\"work\":{\"batch\":2},\"tokens\":60,\"sides\":["
                        + "{\"side\":\"ours\",\"description\":\"a fake called ours\",\"seconds\":[2.0,4.0,3.0],"
                        + "\"median_seconds\":3.0,\"spread\":0.667,\"tokens_per_second\":20.0,"
                        + "\"median_over_ours\":1.0," + values + ","
                        + "{\"side\":\"peer\",\"description\":\"a fake called peer\",\"seconds\":[6.0,6.0,7.5],"
                        + "\"median_seconds\":6.0,\"spread\":0.25,\"tokens_per_second\":10.0,"
                        + "\"median_over_ours\":2.0," + values + "]}");
    }

    @Test
    void saysWhatGoesOn() throws Exception {
        run(1, side("ours", "ready", "1", "2.346"), side("peer", "ready", "1", "3"));
        assertThat(progress.toString().lines())
                .containsExactly(
                        "retort: batch-2: starting ours",
                        "retort: batch-2: starting peer",
                        "retort: batch-2: warming up ours",
                        "retort: batch-2: warming up peer",
                        "retort: batch-2: repetition 1 of 1, ours: 2.35 s",
                        "retort: batch-2: repetition 1 of 1, peer: 3.00 s");
    }

    @Test
    void aSideThatEndsEarlyEndsTheOthers() {
        long before = children();
        assertThatThrownBy(() -> run(2, side("ours", "ready", "1", "1", "1"), side("peer", "ready", "1", "end")))
                .isInstanceOf(IOException.class)
                .hasMessage("peer ended early; its messages are in " + folder.resolve("batch-2-peer.log"));
        assertThat(folder.resolve("batch-2-peer.log")).hasContent("peer had enough");
        assertThatThrownBy(() -> run(2, side("ours", "ready", "1", "1", "1"), side("peer", "end")))
                .isInstanceOf(IOException.class)
                .hasMessage("peer ended early; its messages are in " + folder.resolve("batch-2-peer.log"));
        assertThat(children()).isEqualTo(before);
    }

    private static long children() {
        return ProcessHandle.current().children().filter(ProcessHandle::isAlive).count();
    }
}
