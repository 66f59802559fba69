package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SamplingParams;
import dev.retort.teacher.ScriptedTeacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleJobFlinkTest {

    private static final String[] FLINK = {"--runner=FlinkRunner", "--parallelism=2"};

    @TempDir
    Path folder;

    private SampleRequest request(Path questions, String out) {
        return SampleRequest.of(questions, folder.resolve(out), () -> ScriptedTeacher.of("last-letter", 0.2))
                .withSamples(3)
                .withParams(SamplingParams.none().withSeed(3L));
    }

    @Test
    void embeddedFlinkWritesTheDirectRunnersBytes() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 200);
        SampleOutcome direct = SampleJob.run(request(questions, "direct"));
        SampleOutcome flink = SampleJob.run(request(questions, "flink"), FLINK);
        assertThat(flink)
                .usingRecursiveComparison()
                .ignoringFields("latencyMillis")
                .isEqualTo(direct);
        assertThat(flink.failed()).isEqualTo(15);
        for (String name : new String[] {"samples.jsonl", "failures.jsonl", "malformed.jsonl"}) {
            assertThat(folder.resolve("flink").resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("direct").resolve(name)));
        }
        SampleOutcome again = SampleJob.run(request(questions, "flink"), FLINK);
        assertThat(again.cached()).isEqualTo(585);
        assertThat(folder.resolve("flink/samples.jsonl"))
                .hasBinaryContent(Files.readAllBytes(folder.resolve("direct/samples.jsonl")));
    }

    @Test
    void aTeacherThatCannotBeMadeIsOneLine() throws Exception {
        SampleRequest request = SampleRequest.of(Fixtures.questionsFile(folder, 4), folder.resolve("out"), () -> {
            throw new IOException("model.gguf: no such file");
        });
        assertThatThrownBy(() -> SampleJob.run(request, FLINK))
                .isInstanceOf(IOException.class)
                .hasMessage("model.gguf: no such file");
        assertThat(folder.resolve("out/samples.jsonl")).doesNotExist();
    }
}
