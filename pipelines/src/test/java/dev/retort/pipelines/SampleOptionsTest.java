package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SamplingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;

class SampleOptionsTest {

    private static SampleOptions options(String... more) {
        String[] args = new String[3 + more.length];
        args[0] = "--questions=q.jsonl";
        args[1] = "--out=run";
        args[2] = "--teacher=scripted:last-letter";
        System.arraycopy(more, 0, args, 3, more.length);
        return PipelineOptionsFactory.fromArgs(args).withValidation().as(SampleOptions.class);
    }

    @Test
    void defaults() {
        SampleOptions options = options();
        assertThat(options.getErrorRate()).isZero();
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
        assertThat(request.teacher().create().name()).isEqualTo("scripted:last-letter@1+error-rate=0.5");
    }

    @Test
    void flagsThatDoNotFitAreErrors() {
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
