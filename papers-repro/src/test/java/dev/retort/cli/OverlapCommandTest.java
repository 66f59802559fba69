package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Rows;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlapCommandTest {

    @TempDir
    Path folder;

    private Path train() throws IOException {
        return write(
                "train.jsonl",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                        + "{\"role\":\"user\",\"content\":\"Ann has 3 figs.\\nHow many?\"}]}",
                "",
                "{\"prompt\":\"Bob saw the quick brown fox.\",\"completion\":\"yes\"}");
    }

    private Path test() throws IOException {
        return write(
                "test.jsonl",
                "{\"prompt\":\"Ann has 3 figs.\\nHow many?\",\"completion\":\"3\"}",
                "{\"id\":7,\"prompt\":[{\"role\":\"user\",\"content\":\"Ann has 40 figs.\\nHow many?\"}],"
                        + "\"completion\":[{\"role\":\"assistant\",\"content\":\"40\"}]}",
                "{\"id\":\"w\",\"messages\":[{\"role\":\"user\",\"content\":\"Ann has 40 figs.\\n"
                        + "What does Cy eat now?\"},{\"role\":\"assistant\",\"content\":\"Figs.\"}]}",
                "{\"prompt\":\"bob saw THE quick, brown fox\"}",
                "{\"prompt\":\"Nothing.\"}");
    }

    @Test
    void printsATable() throws IOException {
        CliRun run = CliRun.of("data", "overlap", "--train", train(), "--test", test());
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().lines())
                .containsExactly(
                        folder.resolve("test.jsonl") + " (5 rows) against " + folder.resolve("train.jsonl")
                                + " (2 rows)",
                        "twin in train        rows  share    what is the same",
                        "exact                1     20.00 %  the input, letter for letter",
                        "number-masked        2     40.00 %  the whole input, numbers masked",
                        "number-masked input  2     40.00 %  the input, numbers masked",
                        "near-duplicate       2     40.00 %  sets of words: Jaccard index of at least 0.8");
    }

    @Test
    void writesIdsAndNoTexts() throws IOException {
        Path out = folder.resolve("made/overlap.jsonl");
        CliRun run = CliRun.of(
                "data",
                "overlap",
                "--train",
                train(),
                "--test",
                test(),
                "--story",
                "first-line",
                "--threshold",
                "0.7",
                "--json",
                "--out",
                out);
        assertThat(run.status()).isZero();
        ObjectNode expected = Rows.mapper().createObjectNode();
        expected.put("train", folder.resolve("train.jsonl").toString()).put("train_rows", 2);
        expected.put("test", folder.resolve("test.jsonl").toString()).put("test_rows", 5);
        expected.put("threshold", 0.7);
        expected.putObject("exact").put("count", 1).put("share", 0.2);
        expected.putObject("number_masked").put("count", 3).put("share", 0.6);
        expected.putObject("number_masked_input").put("count", 2).put("share", 0.4);
        expected.putObject("near_duplicate").put("count", 3).put("share", 0.6);
        assertThat(Rows.mapper().readTree(run.out())).isEqualTo(Rows.mapper().readTree(expected.toString()));
        assertThat(Files.readString(out))
                .isEqualTo(line("line-1", true, true, true, true, "\"a\"", "1.0")
                        + line("7", false, true, true, true, "\"a\"", "0.7142857142857143")
                        + line("w", false, true, false, false, "\"a\"", "0.25")
                        + line("line-4", false, false, false, true, "\"line-3\"", "1.0")
                        + line("line-5", false, false, false, false, "null", "0.0"));
    }

    private static String line(
            String id, boolean exact, boolean masked, boolean input, boolean near, String nearest, String similarity) {
        return "{\"id\":\"" + id + "\",\"exact\":" + exact + ",\"number_masked\":" + masked
                + ",\"number_masked_input\":" + input + ",\"near_duplicate\":" + near + ",\"nearest\":" + nearest
                + ",\"similarity\":" + similarity + "}\n";
    }

    @Test
    void wrongUsageIsStatus2() throws IOException {
        Path train = train();
        Path test = test();
        String give = "retort: give a data set (svamp, cqa, anli, esnli), or both --train and --test";
        assertUsage(give);
        assertUsage(give, "--train", train);
        assertUsage(give, "svamp", "--test", test);
        assertUsage(
                "retort: there is no data set 'svanp' here; the nearest is svamp; data sets: svamp, cqa, anli, esnli;"
                        + " for others give --train and --test",
                "svanp");
        assertUsage("retort: --story is for files; svamp has a story of its own", "svamp", "--story", "whole");
        assertUsage(
                "retort: --story half: give whole or first-line", "--train", train, "--test", test, "--story", "half");
        assertUsage("retort: --threshold must be above 0 and at most 1, not 0.0", "svamp", "--threshold", "0");
        assertUsage("retort: --threshold must be above 0 and at most 1, not NaN", "svamp", "--threshold", "NaN");
        Path other = folder.resolve("../" + folder.getFileName() + "/test.jsonl");
        assertUsage(
                "retort: --out " + other + " is one of the files that are read; give another",
                "--train",
                train,
                "--test",
                test,
                "--out",
                other);
    }

    private static void assertUsage(String message, Object... arguments) {
        CliRun run = run(arguments);
        assertThat(run.errLines()).containsExactly(message);
        assertThat(run.out()).isEmpty();
        assertThat(run.status()).isEqualTo(2);
    }

    @Test
    void badFilesAreOneLineAndStatus1() throws IOException {
        assertFails("{", ":2: not JSON: ");
        assertFails(
                "7", ":2: no question; give {\"messages\": [{\"role\", \"content\"}]} with a user's turn, or a prompt");
        assertFails("{\"messages\":\"text\"}", ":2: no question; ");
        assertFails("{\"messages\":[{\"role\":\"assistant\",\"content\":\"c\"}]}", ":2: no question; ");
        assertFails("{\"prompt\":[{\"role\":\"user\",\"content\":7}]}", ":2: no question; ");
        assertFails("{\"id\":[],\"prompt\":\"p\"}", ":2: id must be text");
        assertFails("{\"id\":\"line-1\",\"prompt\":\"p\"}", ":2: a second row with the id line-1");
        assertFails("[".repeat(100_000), ":2: not JSON: ");
        assertFails("{\"id\":\"a\",\"id\":\"b\",\"prompt\":\"p\"}", ":2: not JSON: Duplicate field 'id'");
    }

    private void assertFails(String line, String message) throws IOException {
        Path bad = write("bad.jsonl", "{\"prompt\":\"p\"}", line);
        assertFails(bad, bad + message);
    }

    private void assertFails(Path file, String message) throws IOException {
        Path out = folder.resolve("out.jsonl");
        for (Object[] files : new Object[][] {{file, test()}, {train(), file}}) {
            CliRun run = run("--train", files[0], "--test", files[1], "--out", out);
            assertThat(run.errLines()).hasSize(1);
            assertThat(run.err()).startsWith("retort: " + message);
            assertThat(run.out()).isEmpty();
            assertThat(run.status()).isEqualTo(1);
            assertThat(out).doesNotExist();
        }
    }

    @Test
    void filesThatCannotBeReadAreOneLineAndStatus1() throws IOException {
        Path missing = folder.resolve("missing.jsonl");
        assertFails(missing, missing + ": no such file or folder");
        assertFails(folder, folder + ": a folder; give a file of JSON Lines");
        Path empty = write("empty.jsonl", "", " ");
        assertFails(empty, empty + ": no rows; give JSON Lines of questions or of prompts");
        Path latin = folder.resolve("latin.jsonl");
        Files.write(latin, new byte[] {(byte) 0xe9});
        assertFails(latin, latin + ":1: not UTF-8 text");
        Path plain = write("plain.jsonl.gz", "{\"prompt\":\"p\"}");
        assertFails(plain, plain + ": not a whole gzip file; write it again");
        Path torn = folder.resolve("torn.jsonl.gz");
        byte[] whole = gzip("{\"prompt\":\"p\"}");
        Files.write(torn, Arrays.copyOf(whole, whole.length - 9));
        assertFails(torn, torn + ": not a whole gzip file; write it again");
    }

    @Test
    void boundsTheRowsOfAFile() throws IOException {
        Path many = folder.resolve("many.jsonl.gz");
        Files.write(many, gzip("{\"prompt\":\"\"}\n".repeat(1_000_001)));
        CliRun run = run("--train", many, "--test", test());
        assertThat(run.errLines())
                .containsExactly("retort: " + many + ":1000001: more than 1000000 rows or 134217728 characters of text;"
                        + " compare the file in parts");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void readsThroughGzip() throws IOException {
        Path packed = folder.resolve("packed.jsonl.gz");
        Files.write(packed, gzip("{\"prompt\":\"Nothing.\"}\n"));
        CliRun run = run("--train", packed, "--test", test(), "--json");
        assertThat(run.status()).isZero();
        assertThat(count(run, "exact")).isEqualTo(1);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.writeString(
                folder.resolve(name), Arrays.stream(lines).collect(Collectors.joining("\n", "", "\n")));
    }

    private static CliRun run(Object... arguments) {
        Object[] all = new Object[arguments.length + 2];
        all[0] = "data";
        all[1] = "overlap";
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return CliRun.of(all);
    }

    private static int count(CliRun run, String sense) throws IOException {
        return Rows.mapper().readTree(run.out()).get(sense).get("count").intValue();
    }

    @Nested
    @Tag("shared-data")
    class WithSharedData {

        @BeforeEach
        void needsSharedData() {
            assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        }

        @Test
        void countsThePapersSplits() throws IOException {
            assertCounts("svamp", 800, 200, 0, 105, 0, 61);
            assertCounts("cqa", 9_741, 1_221, 0, 0, 0, 3);
            assertCounts("anli", 1_000, 1_000, 0, 316, 0, 286);
            assertCounts("esnli", 9_842, 9_824, 0, 3, 0, 2);
        }

        private void assertCounts(String name, int train, int test, int exact, int story, int input, int near)
                throws IOException {
            CliRun run = run(name, "--json");
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isZero();
            JsonNode object = Rows.mapper().readTree(run.out());
            assertThat(object.get("train_rows").intValue()).isEqualTo(train);
            assertThat(object.get("test_rows").intValue()).isEqualTo(test);
            assertThat(count(run, "exact")).isEqualTo(exact);
            assertThat(count(run, "number_masked")).isEqualTo(story);
            assertThat(count(run, "number_masked_input")).isEqualTo(input);
            assertThat(count(run, "near_duplicate")).isEqualTo(near);
        }

        @Test
        void saysWhichSplitStandsForTrain() {
            CliRun run = run("anli");
            assertThat(run.out())
                    .startsWith("anli test (1000 rows) against anli valid (1000 rows)\n")
                    .contains("number-masked        316   31.60 %  the premise, numbers masked\n")
                    .endsWith("train is the validation split: no training inputs were released\n");
        }

        @Test
        void filesOfTheSameRowsGiveTheSameLines() throws IOException {
            for (String split : List.of("train", "test")) {
                Files.writeString(folder.resolve(split + ".jsonl"), lines(split));
            }
            Path ofFiles = folder.resolve("of-files.jsonl");
            Path ofName = folder.resolve("of-name.jsonl");
            run(
                    "--train",
                    folder.resolve("train.jsonl"),
                    "--test",
                    folder.resolve("test.jsonl"),
                    "--story",
                    "first-line",
                    "--out",
                    ofFiles);
            run("svamp", "--out", ofName);
            assertThat(Files.readString(ofFiles)).isEqualTo(Files.readString(ofName));
            List<String> rows = Files.readAllLines(ofName);
            assertThat(rows).hasSize(200);
            assertThat(rows.stream().filter(row -> row.contains("\"number_masked\":true")))
                    .hasSize(105);
        }

        private String lines(String split) throws IOException {
            StringBuilder lines = new StringBuilder();
            for (DssExample example : DssDataSet.SVAMP.load(DataCatalogue.standard(), split)) {
                lines.append(Rows.mapper()
                                .createObjectNode()
                                .put("id", example.id())
                                .put("prompt", example.input())
                                .put("completion", example.label()))
                        .append('\n');
            }
            return lines.toString();
        }
    }
}
