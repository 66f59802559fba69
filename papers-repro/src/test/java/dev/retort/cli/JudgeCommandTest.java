package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeCommandTest {

    @TempDir
    Path folder;

    private final List<String> pairs = new ArrayList<>();
    private final List<String> recorded = new ArrayList<>();

    /** A pair, and what the judge says of both orders. */
    private void pair(String id, String reference, String verdict, String swapped) {
        pairs.add("{\"id\":\"" + id + "\",\"task\":\"judge\",\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}],"
                + (reference == null ? "" : "\"reference\":\"" + reference + "\",")
                + "\"prompt\":\"Who is " + id + "?\",\"responses\":[\"Ada\",\"Bob\"]}");
        recorded.add("{\"id\":\"" + id + "~judge-0\",\"sample_index\":0,\"text\":\"" + verdict + "\"}");
        recorded.add("{\"id\":\"" + id + "~judge-0-swapped\",\"sample_index\":0,\"text\":\"" + swapped + "\"}");
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private CliRun run(Object... more) throws IOException {
        Path judge = Files.write(folder.resolve("judge.jsonl"), recorded);
        List<Object> arguments = new ArrayList<>(
                List.of("judge", "--out", folder.resolve("out"), "--teacher", "recorded:" + judge, "--quiet"));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    private CliRun judgePairs(Object... more) throws IOException {
        List<Object> arguments = new ArrayList<>(List.of("--pairs", Files.write(folder.resolve("pairs.jsonl"), pairs)));
        arguments.addAll(List.of(more));
        return run(arguments.toArray());
    }

    @Test
    void judgesPairsAndComparesWithReferences() throws IOException {
        pair("right", "A", "[[A]]", "[[B]]");
        pair("wrong", "B", "[[A]]", "[[B]]");
        pair("tie", "A", "[[C]]", "[[C]]");
        pair("biased", "A", "[[A]]", "[[A]]");
        pair("mute", "B", "[[B]]", "Hm.");
        pair("unknown", null, "[[B]]", "[[A]]");
        pairs.add("{");
        CliRun run = judgePairs();
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("judged 6 of 6 pairs: A 2, B 1, tie 1, inconsistent 1, unparsed 1"),
                        line -> assertThat(line)
                                .isEqualTo("position bias: 5 of 9 verdicts (55.6 %) are for the response shown first"),
                        line -> assertThat(line)
                                .startsWith("answered 12, failed 0; ")
                                .endsWith("; malformed lines 1"),
                        line -> assertThat(line)
                                .isEqualTo("agreement with the references: 1 of 5 (20.0 %) pairs, inconsistent and"
                                        + " unparsed ones counted as wrong; 1 of 3 (33.3 %) consistent pairs"));
        assertThat(Files.readAllLines(out("judgements.jsonl"))).hasSize(6);
        assertThat(Files.readAllLines(out("malformed.jsonl"))).hasSize(1);
    }

    @Test
    void judgesTwoRuns() throws IOException {
        pair("q", null, "[[A]]", "[[B]]");
        Path one = Files.writeString(folder.resolve("one.jsonl"), sample("q", "Ada") + sample("only", "Ada"));
        Path two = Files.writeString(folder.resolve("two.jsonl"), sample("q", "Bob"));
        CliRun run = run("--samples", one, "--against", two);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("judged 1 of 1 pairs: A 1, B 0, tie 0, inconsistent 0, unparsed 0; samples without a"
                        + " counterpart 1\n")
                .doesNotContain("agreement");
        assertThat(run("--samples", one, "--against", two, "--fail-on-failures").status())
                .isEqualTo(Retort.FAILED);
        CliRun same = run("--samples", one, "--against", one);
        assertThat(same.status()).isEqualTo(Retort.USAGE);
        assertThat(same.err()).isEqualTo("retort: --samples and --against are the same file: " + one + "\n");
    }

    private static String sample(String id, String text) {
        return "{\"id\":\"" + id + "\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}],"
                + "\"sample_index\":0,\"text\":\"" + text + "\"}\n";
    }

    @Test
    void whatIsNotAnsweredIsAFailure() throws IOException {
        pair("q", "A", "[[A]]", "[[B]]");
        recorded.remove(1);
        CliRun run = judgePairs("--fail-on-failures");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.out()).startsWith("judged 0 of 1 pairs: ").doesNotContain("agreement");
        assertThat(Files.readString(out("failures.jsonl"))).startsWith("{\"id\":\"q~judge-0-swapped\",");
        assertThat(judgePairs("--method", "bsm").status()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--samples a.jsonl | give --pairs, or both --samples and --against",
                "--pairs p.jsonl --against a.jsonl | --pairs goes without --samples and --against",
                "--pairs p.jsonl --method cot | --method cot: a judge's method is bsm",
                "--pairs p.jsonl --temperature -1 | the sampling parameters: temperature must be 0 to 100"
            })
    void saysWhatIsWronglyUsed(String options, String message) throws IOException {
        CliRun run = run((Object[]) options.split(" "));
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).isEqualTo("retort: " + message + "\n");
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
