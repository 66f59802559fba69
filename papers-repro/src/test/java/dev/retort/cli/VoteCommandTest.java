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

class VoteCommandTest {

    @TempDir
    Path folder;

    private CliRun run(String... more) throws IOException {
        List<String> lines = new ArrayList<>();
        String[] answers = {"4", "4.0", "5"};
        for (int i = 0; i < answers.length; i++) {
            lines.add("{\"id\":\"q\",\"task\":\"sum\",\"sample_index\":" + i + ",\"text\":\"\",\"answer\":\""
                    + answers[i] + "\"}");
        }
        Path samples = Files.write(folder.resolve("samples.jsonl"), lines);
        List<Object> arguments =
                new ArrayList<>(List.of("vote", "--samples", samples, "--out", folder.resolve("out"), "--quiet"));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    private String votes() throws IOException {
        return Files.readString(folder.resolve("out/votes.jsonl"));
    }

    @Test
    void writesTheWinner() throws IOException {
        CliRun run = run("--rule", "strict", "--answer", "number");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo("voted on 1 questions: 1 with an answer that won, 0 without\n");
        assertThat(votes())
                .isEqualTo("{\"id\":\"q\",\"task\":\"sum\",\"answer\":\"4\",\"votes\":2,\"total\":3,"
                        + "\"agreement\":0.6666666666666666}\n");
        assertThat(run("--rule", "0.7", "--answer", "number").out())
                .isEqualTo("voted on 1 questions: 0 with an answer that won, 1 without\n");
        assertThat(run("--rule", "strict", "--answer", "number", "--asked", "4").status())
                .isZero();
        assertThat(votes()).contains("\"answer\":null,\"votes\":2,\"total\":4,");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rule most | --rule: the rule must be strict, plurality or a fraction such as 0.6, not most",
                "--rule 0 | --rule: vote fraction 0.0 is not in (0, 1]",
                "--rule strict --asked -1 | --asked: the samples asked for must not be fewer than 0, not -1",
                "--rule strict --answer word | --answer: no form of answers is named word; did you mean math?"
                        + " There are text, number, math"
            })
    void saysWhatIsWronglyUsed(String options, String message) throws IOException {
        CliRun run = run(options.split(" "));
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).isEqualTo("retort: " + message + "\n");
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
