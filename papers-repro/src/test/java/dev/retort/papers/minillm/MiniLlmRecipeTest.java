package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.retort.eval.Evaluation;
import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import dev.retort.run.Interrupt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MiniLlmRecipeTest {

    @TempDir
    private Path folder;

    private RunOptions options(String out, Interrupt interrupt) {
        return new RunOptions(
                "tiny",
                folder.resolve(out),
                List.of(
                        "language.words=3",
                        "language.topics=4",
                        "language.length=2",
                        "sentences=40",
                        "making.max_steps=4",
                        "start.max_steps=2",
                        "distilling.max_steps=3"),
                Set.of(),
                List.of(100, 101),
                RowFilter.ALL,
                List.of(),
                true,
                Device.cpu(),
                1,
                "test",
                true,
                interrupt,
                List.of());
    }

    private Map<String, byte[]> results(String out) throws Exception {
        Map<String, byte[]> bytes = new TreeMap<>();
        Path root = folder.resolve(out);
        try (var files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = root.relativize(file).toString();
                if (name.contains("eval/") || name.startsWith("table") || name.endsWith("model.safetensors")) {
                    bytes.put(name, Files.readAllBytes(file));
                }
            }
        }
        return bytes;
    }

    @Test
    void measuresBothWaysRoundAndGoesOn() throws Exception {
        try (Interrupt never = Interrupt.onThread()) {
            assertThat(MiniLlmRecipe.run(options("whole", never))).isTrue();
        }
        // Every training stops after one step, and the next run goes on.
        for (boolean done = false; !done; ) {
            try (Interrupt now = Interrupt.onThread()) {
                now.request();
                done = MiniLlmRecipe.run(options("stopped", now));
            }
        }
        assertThat(results("stopped")).hasSizeGreaterThan(30).containsExactlyEntriesOf(results("whole"));

        ResultTable table = ResultTable.read(folder.resolve("whole/table.csv"));
        assertThat(table.rows()).hasSize(2 * DistilRow.values().length);
        ResultRow reverse = table.rows().stream()
                .filter(row -> row.method().equals("reverse-kl") && row.metric().equals("reverse-kl_nats"))
                .findFirst()
                .orElseThrow();
        assertThat(reverse.seeds()).isEqualTo(2);
        assertThat(reverse.n()).isEqualTo(4);
        assertThat(reverse.note()).contains("effect against forward-kl");
        double mean = 0;
        for (int seed : List.of(100, 101)) {
            Path rows = folder.resolve("whole/rows");
            mean += Evaluation.read(rows.resolve("reverse-kl.all." + seed + "/eval/reverse-kl.jsonl"))
                            .value()
                    / 2;
        }
        assertThat(reverse.ours()).isEqualTo(Double.parseDouble(String.format(java.util.Locale.ROOT, "%.6g", mean)));
    }

    @Test
    void aDryRunSaysWhatThereIsToDo() throws Exception {
        try (Interrupt never = Interrupt.onThread()) {
            assertThat(MiniLlmRecipe.describe(options("none", never)))
                    .contains("# plan: 12 rows (6 methods x 2 seeds) of 3 optimiser steps each")
                    .contains("over all completions of 4 topics");
        }
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
