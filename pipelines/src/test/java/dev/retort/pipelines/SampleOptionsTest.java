package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SamplingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;

class SampleOptionsTest {

    private static SampleOptions options(String... more) {
        List<String> args = new ArrayList<>(List.of("--questions=q.jsonl", "--out=run"));
        args.addAll(List.of(more));
        if (args.stream().noneMatch(arg -> arg.startsWith("--teacher="))) {
            args.add("--teacher=scripted:last-letter");
        }
        return PipelineOptionsFactory.fromArgs(args.toArray(new String[0]))
                .withValidation()
                .as(SampleOptions.class);
    }

    @Test
    void defaults() {
        SampleOptions options = options();
        assertThat(options.getErrorRate()).isZero();
        assertThat(options.getBaseUrl()).isNull();
        assertThat(options.getTimeout()).isNull();
        assertThat(options.getSamples()).isEqualTo(1);
        assertThat(options.getTemperature()).isNull();
        assertThat(options.getTopP()).isNull();
        assertThat(options.getMaxTokens()).isNull();
        assertThat(options.getSeed()).isNull();
        SampleRequest request = SampleRequest.of(options);
        assertThat(request.questions()).isEqualTo(new SampleRequest.Questions.InFile(Path.of("q.jsonl")));
        assertThat(request.out()).isEqualTo(Path.of("run"));
        assertThat(request.samples()).isEqualTo(1);
        assertThat(request.params()).isEqualTo(SamplingParams.none());
    }

    @Test
    void everyFlagArrives() throws IOException {
        SampleRequest request = SampleRequest.of(options(
                "--errorRate=0.5", "--samples=4", "--temperature=0.7", "--topP=0.9", "--maxTokens=8", "--seed=-1"));
        assertThat(request.samples()).isEqualTo(4);
        assertThat(request.params()).isEqualTo(new SamplingParams(0.7, 0.9, null, 8, List.of(), -1L));
        assertThat(request.teacher().create().name()).isEqualTo("scripted:last-letter@2+error-rate=0.5");
    }

    @Test
    void theFlagsOfAServerArrive() throws IOException {
        SampleRequest request =
                SampleRequest.of(options("--teacher=openai:m", "--baseUrl=http://127.0.0.1:9/v1", "--timeout=0.5"));
        assertThat(request.teacher().create().name()).isEqualTo("openai:m");
    }

    @Test
    void flagsThatDoNotFitAreErrors() {
        assertThatThrownBy(() -> SampleRequest.of(options("--timeout=5")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a timeout belongs to an openai teacher, not to scripted:last-letter");
        assertThatThrownBy(() -> SampleRequest.of(options("--teacher=openai:m", "--timeout=0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the timeout of a request must be more than 0 seconds and at most a day");
        assertThatThrownBy(() -> SampleRequest.of(options("--samples=0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a question needs at least 1 sample, not 0");
        assertThatThrownBy(() -> PipelineOptionsFactory.fromArgs("--out=run")
                        .withValidation()
                        .as(SampleOptions.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Missing required value");
    }
}
