package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordTest {

    @TempDir
    Path folder;

    private record Config(int seed) {}

    private static final RunRecord RECORD = new RunRecord(
            7,
            "retort run step-by-step",
            new GitRevision("0123456789012345678901234567890123456789", true),
            Map.of("java", "17", "djl", "0.35.1"),
            "cpu",
            2,
            "abc",
            Map.of("svamp", "00ff"),
            Map.of("svamp", "MIT"),
            List.of("runs/parent"),
            "2026-01-01T00:00:00Z",
            12.5);

    @Test
    void writesWhatItReads() throws IOException {
        RECORD.write(folder);

        assertThat(RunRecord.read(folder)).isEqualTo(RECORD);
        assertThat(Files.readString(folder.resolve("run.json")))
                .isEqualTo(
                        """
                        {
                          "seed" : 7,
                          "command" : "retort run step-by-step",
                          "git" : {
                            "revision" : "0123456789012345678901234567890123456789",
                            "dirty" : true
                          },
                          "versions" : {
                            "djl" : "0.35.1",
                            "java" : "17"
                          },
                          "device" : "cpu",
                          "threads" : 2,
                          "config_hash" : "abc",
                          "inputs" : {
                            "svamp" : "00ff"
                          },
                          "licences" : {
                            "svamp" : "MIT"
                          },
                          "parents" : [ "runs/parent" ],
                          "started" : "2026-01-01T00:00:00Z",
                          "wall_seconds" : 12.5
                        }
                        """);
    }

    @Test
    void startsWithWhatTheMachineIs() throws IOException {
        RunRecord record = RunRecord.start(3, "test", new Config(3), Map.of("djl", "0.35.1"), "cpu", 2);

        assertThat(record.versions()).containsKeys("arch", "djl", "java", "os", "retort");
        assertThat(record.versions().get("java")).isEqualTo(System.getProperty("java.version"));
        assertThat(record.configHash()).isEqualTo(RunRecord.hash(new Config(3)));
        assertThat(RunRecord.hash(new Config(4))).isNotEqualTo(record.configHash());
        assertThat(record.started()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        assertThat(record.wallSeconds()).isZero();
        record.write(folder);
        assertThat(RunRecord.read(folder)).isEqualTo(record);
    }

    @Test
    void hashesInputsAndAddsTime() throws IOException {
        Path file = folder.resolve("input");
        Files.writeString(file, "abc");

        RunRecord record = RECORD.withInput("gsm8k", file, "MIT; output of a model")
                .withParents(List.of("a", "b"))
                .plus(Duration.ofMillis(1500));

        assertThat(record.inputs())
                .containsEntry("gsm8k", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                .containsEntry("svamp", "00ff");
        assertThat(record.licences()).containsEntry("gsm8k", "MIT; output of a model");
        assertThat(record.parents()).containsExactly("a", "b");
        assertThat(record.wallSeconds()).isEqualTo(14);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        assertThatThrownBy(() -> RunRecord.read(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("run.json") + ": no such file; " + folder + " is not a run folder");
        Files.writeString(folder.resolve("run.json"), "{\"seed\": \"x\"");
        assertThatThrownBy(() -> RunRecord.read(folder))
                .isInstanceOf(IOException.class)
                .message()
                .startsWith(folder.resolve("run.json") + ": not a run record: ")
                .doesNotContain("\n");
    }
}
