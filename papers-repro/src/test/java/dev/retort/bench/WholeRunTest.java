package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WholeRunTest {

    @TempDir
    private Path root;

    private final List<String> seen = new ArrayList<>();

    private final WholeRun.Around around = new WholeRun.Around() {
        @Override
        public void before() {
            seen.add("before");
        }

        @Override
        public ObjectNode after(Side side, Path folder) throws IOException {
            seen.add(
                    side.name() + " " + Files.readString(folder.resolve("rows")).strip());
            return Rows.mapper().createObjectNode().put("rows", 3);
        }
    };

    private static Side shell(String name, String script) {
        return new Side(name, "a shell called " + name, List.of("sh", "-c", script));
    }

    private WholeRun run(Side side, Path log) {
        return new WholeRun(side, log, root.resolve("turn-" + side.name()), around);
    }

    @Test
    void everyTurnIsAWholeCommandInAnEmptyFolder() throws Exception {
        Path log = root.resolve("log");
        Side side = shell("peer", "ls '{folder}'; echo $HF_HUB_OFFLINE >&2; echo done >> '{folder}/rows'");
        try (WholeRun run = run(side, log)) {
            assertThat(run.peakResidentBytes()).isZero();
            for (int turn = 0; turn < 2; turn++) {
                ObjectNode values = run.go();
                assertThat(values.get("rows").intValue()).isEqualTo(3);
                assertThat(values.get("seconds").doubleValue()).isPositive().isLessThan(30);
                assertThat(log).hasContent("1\n");
            }
            assertThat(root.resolve("turn-peer/rows")).hasContent("done\n");
        }
        assertThat(seen).containsExactly("before", "peer done", "before", "peer done");
        assertThat(root.resolve("turn-peer")).doesNotExist();
    }

    @Test
    void memoryIsThatOfAllProcesses() throws Exception {
        assertThat(ResidentMemory.ofTree(ProcessHandle.current()) > 0)
                .isEqualTo(Files.exists(Path.of("/proc/self/smaps_rollup")));
        assertThat(ResidentMemory.peakOf(ProcessHandle.current().pid()) > 0)
                .isEqualTo(Files.exists(Path.of("/proc/self/status")));
        Process ended = new ProcessBuilder("true").start();
        assertThat(ended.waitFor()).isZero();
        assertThat(ResidentMemory.ofTree(ended.toHandle())).isZero();
        assertThat(ResidentMemory.peakOf(ended.pid())).isZero();
    }

    @Test
    void aCommandThatFailsNamesItsLog() throws Exception {
        Path log = root.resolve("log");
        try (WholeRun run = run(shell("peer", "echo too bad; exit 3"), log)) {
            assertThatThrownBy(run::go)
                    .isInstanceOf(IOException.class)
                    .hasMessage("peer ended with status 3; its messages are in " + log);
        }
        assertThat(log).hasContent("too bad\n");
        assertThat(seen).containsExactly("before");
        Path missing = root.resolve("missing");
        try (WholeRun run = run(new Side("peer", "", List.of(missing.toString())), log)) {
            assertThatThrownBy(run::go).isInstanceOf(IOException.class).hasMessageContaining(missing.toString());
        }
    }

    @Test
    void anInterruptionEndsTheCommand() throws Exception {
        try (WholeRun run =
                run(shell("peer", "tail -f /dev/null & echo $! > '{folder}/rows'; wait"), root.resolve("log"))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(run::go).isInstanceOf(InterruptedException.class);
        }
        // It is killed, and so they end.
        ProcessHandle.current().children().forEach(child -> child.onExit().join());
    }

    @Test
    void sidesOfAComparisonCanBeWholeCommands() throws Exception {
        String script = "echo $0 >> '" + root.resolve("turns") + "'; echo x > '{folder}/rows'";
        List<Side> sides = List.of(
                new Side("ours", "", List.of("sh", "-c", script, "ours")),
                new Side("peer", "", List.of("sh", "-c", script, "peer")));
        BenchCase work = new BenchCase("rows", 30, "rows", Rows.mapper().createObjectNode(), sides);
        ObjectNode result = Comparison.run(work, 2, root, new PrintWriter(new StringWriter()), this::run);
        assertThat(Files.readAllLines(root.resolve("turns")))
                .containsExactly("ours", "peer", "ours", "peer", "peer", "ours");
        assertThat(result.at("/sides/1/seconds")).hasSize(2);
        assertThat(result.at("/sides/1/rows_per_second").doubleValue()).isPositive();
        assertThat(result.at("/sides/1/first_values")).hasToString("{\"rows\":3}");
        assertThat(root.resolve("rows-peer.log")).isEmptyFile();
    }
}
