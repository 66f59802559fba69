package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgeJobFlinkTest {

    private static final List<String> PROMPTS = List.of("fair", "biased", "mute", "cut", "broken");

    @TempDir
    Path folder;

    private static Question pair(int number) {
        String prompt = PROMPTS.get(number % PROMPTS.size());
        return LengthJudge.pair("p-" + number, prompt, "x".repeat(number % 7), "y".repeat(number % 4), null);
    }

    private JudgeOutcome run(Path pairs, String out, String... beamArgs) throws Exception {
        return JudgeJob.run(
                JudgeRequest.of(new JudgeRequest.Pairs.InFile(pairs), folder.resolve(out), LengthJudge::new), beamArgs);
    }

    @Test
    void embeddedFlinkWritesTheDirectRunnersBytes() throws Exception {
        Path pairs = folder.resolve("pairs.jsonl");
        JsonLines.write(
                pairs, IntStream.range(0, 150).mapToObj(JudgeJobFlinkTest::pair).toList());
        Files.writeString(pairs, "{\"id\":\n" + Files.readString(pairs));
        JudgeOutcome direct = run(pairs, "direct");
        assertThat(List.of(direct.items(), direct.unparsed(), direct.inconsistent()))
                .containsExactly(150L, 60L, 30L);
        assertThat(direct.judged() + direct.asking().failed()).isEqualTo(150);
        JudgeOutcome flink = run(pairs, "flink", "--runner=FlinkRunner", "--parallelism=2");
        assertThat(flink)
                .usingRecursiveComparison()
                .ignoringFields(
                        "asking.latencyMillis", "asking.asked", "asking.cached", "asking.requests", "asking.tokens")
                .isEqualTo(direct);
        for (String name : List.of("judgements.jsonl", "failures.jsonl", "malformed.jsonl")) {
            assertThat(folder.resolve("flink").resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("direct").resolve(name)));
        }
    }
}
