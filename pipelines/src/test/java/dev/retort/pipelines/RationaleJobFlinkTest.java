package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.JsonLines;
import dev.retort.data.SamplingParams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RationaleJobFlinkTest {

    private static final List<String> FILES =
            List.of("samples.jsonl", "rejected.jsonl", "failures.jsonl", "questions.jsonl", "malformed.jsonl");

    @TempDir
    Path folder;

    private RationaleOutcome run(Path questions, String out, String... beamArgs) throws Exception {
        SampleRequest sampling = SampleRequest.of(questions, folder.resolve(out), WorkedTeacher::new)
                .withSamples(3)
                .withParams(SamplingParams.none().withSeed(3L));
        return RationaleJob.run(RationaleRequest.of(sampling, WorkedTeacher.PROMPT), beamArgs);
    }

    @Test
    void embeddedFlinkWritesTheDirectRunnersBytes() throws Exception {
        Path questions = folder.resolve("mine.jsonl");
        JsonLines.write(
                questions,
                IntStream.range(0, 200).mapToObj(WorkedTeacher::question).toList());
        Files.writeString(questions, "{\"id\":\n" + Files.readString(questions));
        RationaleOutcome direct = run(questions, "direct");
        assertThat(List.of(direct.failed(), direct.extracted() + direct.rejected()))
                .containsExactly(15L, 585L);
        for (String parallelism : List.of("1", "3")) {
            String out = "flink-" + parallelism;
            String[] flink = {"--runner=FlinkRunner", "--parallelism=" + parallelism};
            assertThat(run(questions, out, flink))
                    .as(out)
                    .usingRecursiveComparison()
                    .ignoringFields("asking.latencyMillis")
                    .isEqualTo(direct);
            assertSameBytes(out);
        }
        RationaleOutcome again = run(questions, "flink-3", "--runner=FlinkRunner", "--parallelism=2");
        assertThat(again.asking().cached()).isEqualTo(585);
        assertSameBytes("flink-3");
    }

    private void assertSameBytes(String out) throws Exception {
        for (String name : FILES) {
            assertThat(folder.resolve(out).resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("direct").resolve(name)));
        }
    }
}
