package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RationaleOptionsTest {

    @TempDir
    Path folder;

    private RationaleOptions options(String... more) throws IOException {
        return options(
                Files.writeString(
                        folder.resolve("shots.jsonl"), "{\"question\":\"q\",\"rationale\":\"r\",\"label\":\"l\"}\n"),
                more);
    }

    private static RationaleOptions options(Path shots, String... more) {
        List<String> args = new ArrayList<>(List.of(
                "--questions=q.jsonl", "--out=run", "--teacher=scripted:arithmetic", "--demonstrations=" + shots));
        args.addAll(List.of(more));
        return PipelineOptionsFactory.fromArgs(args.toArray(new String[0]))
                .withValidation()
                .as(RationaleOptions.class);
    }

    @Test
    void defaults() throws IOException {
        RationaleRequest request = RationaleRequest.of(options());
        assertThat(request.prompt())
                .isEqualTo(new FewShotPrompt(List.of(new Demonstration("q", "r", "l")), FewShotLayout.standard()));
        assertThat(request.choiceLetters()).isFalse();
        assertThat(request.sendsStop()).isTrue();
        assertThat(request.sampling().samples()).isEqualTo(1);
        assertThat(request.sampling().out()).isEqualTo(Path.of("run"));
        assertThat(RationaleRequest.of(request.sampling(), request.prompt())).isEqualTo(request);
    }

    @Test
    void everyFlagArrives() throws IOException {
        RationaleRequest request = RationaleRequest.of(
                options("--layout=dss-esnli-few-shot", "--choiceLetters=true", "--sendStop=false", "--samples=2"));
        assertThat(request.prompt().layout()).isEqualTo(FewShotLayout.named("dss-esnli-few-shot"));
        assertThat(request.sampling().samples()).isEqualTo(2);
        assertThat(request)
                .isEqualTo(RationaleRequest.of(request.sampling(), request.prompt())
                        .withoutStop()
                        .withChoiceLetters());
    }

    @Test
    void flagsThatDoNotFitAreErrors() {
        assertThatThrownBy(() -> RationaleRequest.of(options("--layout=mine")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no layout of demonstrations is named mine; there are dss-anli-few-shot, ");
        assertThatThrownBy(() -> RationaleRequest.of(options(folder.resolve("no.jsonl"))))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("no.jsonl") + ": no such file");
    }
}
