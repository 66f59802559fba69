package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.TeacherSample;
import dev.retort.eval.Evaluation;
import dev.retort.filter.FilterSpec;
import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.run.Interrupt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class System2RecipeTest {

    @TempDir
    private Path folder;

    private RunOptions options(String out, List<Integer> seeds, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.addAll(List.of(
                "tasks=[letters,chain]",
                "lessons=60",
                "making.max_steps=3",
                "distilling.max_steps=2",
                "unlabelled=6",
                "test_size=8",
                "samples=3",
                "max_tokens=6"));
        return new RunOptions(
                "tiny",
                folder.resolve(out),
                overrides,
                Set.of(),
                seeds,
                RowFilter.ALL,
                List.of(),
                true,
                Device.cpu(),
                1,
                "test",
                true,
                Interrupt.onThread(),
                List.of());
    }

    private Map<String, byte[]> results(Path out) throws Exception {
        Map<String, byte[]> bytes = new TreeMap<>();
        try (var files = Files.walk(out)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = out.relativize(file).toString();
                boolean isAsked = name.startsWith("asked") && name.endsWith("l");
                if (name.contains("eval/") || isAsked || name.startsWith("table")) {
                    bytes.put(name, Files.readAllBytes(file));
                }
            }
        }
        return bytes;
    }

    @Test
    void walksTheRoadAndDoesNothingTwice() throws Exception {
        assertThat(System2Recipe.run(options("run", List.of(100)))).isTrue();
        Path out = folder.resolve("run");
        int rows = 0;
        for (String task : List.of("letters", "chain")) {
            Path asked = out.resolve("asked/" + task + ".100");
            List<TeacherSample> samples = JsonLines.read(asked.resolve("samples.jsonl"), TeacherSample.class);
            int failures = Files.readAllLines(asked.resolve("failures.jsonl")).size();
            assertThat(samples.size() + failures).isEqualTo(18);
            assertThat(samples)
                    .allSatisfy(sample -> assertThat(sample.teacher()).contains("local:final@"));
            int judged = Files.readAllLines(asked.resolve("kept.jsonl")).size()
                    + Files.readAllLines(asked.resolve("rejected.jsonl")).size();
            assertThat(judged).isEqualTo(samples.size());
            // Only the answer is learnt, from the question as it was asked.
            assertThat(JsonLines.read(asked.resolve("train.jsonl"), Example.class))
                    .filteredOn(example -> example.kind().equals("gold"))
                    .hasSize(6)
                    .allSatisfy(example -> assertThat(example.prompt()).endsWith("?"));
            for (System2Row row : System2Row.values()) {
                boolean isOwn = row == System2Row.DISTILLED || row == System2Row.UNFILTERED;
                boolean learns = !isOwn || kinds(asked).contains(row.title());
                if (!learns) {
                    continue;
                }
                rows += task.equals("chain") ? 11 : 2;
                Path evaluation = out.resolve("rows/" + row.title() + "." + task + ".100/eval/" + task + ".jsonl");
                assertThat(Evaluation.read(evaluation).rows()).hasSize(8);
            }
        }
        String table = Files.readString(out.resolve("table.csv"));
        assertThat(table.lines().count()).isEqualTo(1 + rows);
        assertThat(Files.readString(out.resolve("table.md")))
                .contains("system-2 (rar-2-step)")
                .contains("8 moves", "3 moves and more");
        FileTime old = FileTime.fromMillis(0);
        Files.setLastModifiedTime(out.resolve("asked/chain.100/samples.jsonl"), old);
        Map<String, byte[]> before = results(out);
        assertThat(System2Recipe.run(options("run", List.of(100)))).isTrue();
        assertThat(results(out)).usingRecursiveComparison().isEqualTo(before);
        assertThat(Files.getLastModifiedTime(out.resolve("asked/chain.100/samples.jsonl")))
                .isEqualTo(old);
        // Elsewhere, the same seed gives the same bytes.
        assertThat(System2Recipe.run(options("again", List.of(100)))).isTrue();
        assertThat(results(folder.resolve("again"))).usingRecursiveComparison().isEqualTo(before);
    }

    private static List<String> kinds(Path asked) throws Exception {
        return JsonLines.read(asked.resolve("train.jsonl"), Example.class).stream()
                .map(Example::kind)
                .toList();
    }

    @Test
    void filtersThatReadReferencesAreRefused() throws Exception {
        for (String[] refused : new String[][] {
            {
                "reference",
                "filters: reference reads references, and the student of system2 learns from unlabelled"
                        + " questions; leave it out"
            },
            {
                "near-duplicate",
                "filters: near-duplicate needs a file of the questions to compare with, such as the"
                        + " evaluation's prompts, for which a recipe has no place; use retort filter"
            },
        }) {
            assertThatThrownBy(() -> System2Recipe.run(options("run", List.of(100), "filters=" + refused[0])))
                    .rootCause()
                    .hasMessage(refused[1]);
        }
        assertThat(folder.resolve("run")).doesNotExist();
        assertThat(System2Road.filters("length:30-40,truncated"))
                .containsExactly(new FilterSpec.Length(30, 40), new FilterSpec.Truncated());
        assertThat(System2Recipe.describe(options("run", List.of(100), "filters=truncated")))
                .contains("filters: truncated");
        assertThat(System2Road.filters(null)).isEmpty();
    }

    @Test
    void thePlanSaysHowMuchThereIs() throws Exception {
        assertThat(System2Recipe.describe(options("run", List.of(0, 1))))
                .contains("max_steps: 3")
                .contains("# plan: 24 rows (6 rows x 2 tasks x 2 seeds), 72 samples of System 2 to draw");
    }
}
