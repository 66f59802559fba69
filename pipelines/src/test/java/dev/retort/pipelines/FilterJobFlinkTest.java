package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.filter.FilterSpec;
import dev.retort.filter.Perturbation;
import dev.retort.teacher.ScriptedTeacher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterJobFlinkTest {

    @TempDir
    Path folder;

    private FilterOutcome run(String out, String... beamArgs) throws Exception {
        FilterPlan filters = FilterPlan.of(FilterSpec.parse("length:1-100,perturbation:rule=plurality"), List.of());
        Path questions = folder.resolve("asked/questions.jsonl");
        Path samples = folder.resolve("asked/samples.jsonl");
        return FilterJob.run(new FilterRequest(samples, questions, filters, folder.resolve(out)), beamArgs);
    }

    @Test
    void embeddedFlinkWritesTheDirectRunnersBytes() throws Exception {
        SampleRequest sampling = SampleRequest.of(
                        IntStream.range(0, 100).mapToObj(CoinFlips::question).toList(),
                        folder.resolve("asked"),
                        () -> ScriptedTeacher.of("coin-flip", 0.4))
                .withSamples(3);
        PerturbJob.run(PerturbRequest.of(sampling, List.of(new PerturbSpec(Perturbation.NAME_SWAP, 2))));
        Path samples = folder.resolve("asked/samples.jsonl");
        Files.writeString(samples, "{\"id\":\n" + Files.readString(samples));
        FilterOutcome direct = run("direct");
        assertThat(direct.questions()).isEqualTo(100);
        assertThat(direct.kept() + direct.rejected()).isEqualTo(900);
        assertThat(direct.reasons()).containsKeys("minority", "perturbation-disagrees", "variant");
        assertThat(run("flink", "--runner=FlinkRunner", "--parallelism=2")).isEqualTo(direct);
        for (String name : List.of("kept.jsonl", "rejected.jsonl", "malformed.jsonl")) {
            assertThat(folder.resolve("flink").resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("direct").resolve(name)));
        }
    }
}
