package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

    @TempDir
    private Path folder;

    @Test
    void looksAtThisMachine() {
        CliRun run = CliRun.of("doctor");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).as(run.out()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).allMatch(line -> line.matches("(ok|warn|fail) +[A-Za-z0-9_]+: .+"));
        assertThat(lines.stream().map(line -> line.replaceAll("(ok|warn|fail) +([A-Za-z0-9_]+): .*", "$2")))
                .containsExactly(
                        "java",
                        "memory",
                        "cores",
                        "disk",
                        "pytorch",
                        "tokenizers",
                        "python3",
                        "jupyter",
                        "RETORT_DATA",
                        "data",
                        "git");
        assertThat(run.out()).contains("ok    pytorch: ").contains("ok    tokenizers: ");
    }

    @Test
    void aTrainingThatIsSound() throws IOException {
        Path config = config(
                """
                {"prompt": "one", "completion": " two three", "kind": "label"}
                {"prompt": "two", "completion": " one", "kind": "rationale"}
                """);
        CliRun run = CliRun.of("doctor", "--config", config, "--set", "term_weights={label: 0.25, rationale: 0.75}");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("ok    alignment: 2 of 2 prompts")
                .contains("ok    truncated: 0 of 2")
                .contains("ok    empty completions: 0 of 2")
                .contains(
                        "ok    term label: weight 0.25, 1 examples, 3 labelled tokens (3 to 3 an example, mean 3.0), ")
                .contains("ok    term rationale: weight 0.75, 1 examples, 2 labelled tokens ");
    }

    @Test
    void adaptersAreChecked() throws IOException {
        Path config = config("{\"prompt\": \"one\", \"completion\": \" two three\"}\n");
        CliRun run = CliRun.of(
                "doctor", "--config", config, "--set", "lora={r: 2, lora_alpha: 4, target_modules: [q_proj]}");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("ok    term answer: weight 1.0").contains("100 % of the");
    }

    @Test
    void faultsThatDoNotStopATraining() throws IOException {
        Path config = config(
                """
                {"prompt": "one two three four", "completion": " two three"}
                {"prompt": "two", "completion": ""}
                {"prompt": "two", "completion": " three"}
                """);
        CliRun run = CliRun.of("doctor", "--config", config, "--set", "max_length=4");
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("warn  truncated: 1 of 3 examples are longer than max_length")
                .contains("warn  empty completions: 1 of 3")
                .contains("warn  examples without loss: 1 of 3");
    }

    @Test
    void promptsThatShareATokenWithTheCompletion() throws IOException {
        Path model = ModelFolders.random(folder.resolve("bpe"), "tokenizer-bpe");
        Path data = folder.resolve("bpe.jsonl");
        Files.writeString(data, "{\"prompt\": \"Hello wor\", \"completion\": \"ld\"}\n");
        CliRun run = CliRun.of("doctor", "--config", write(model, data));
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("alignment: ");
    }

    @Test
    void aDeadTermFails() throws IOException {
        String data = "{\"prompt\": \"one\", \"completion\": \" two\", \"kind\": \"label\"}\n";
        dead(
                data,
                "term_weights={label: 1, rationale: 1}",
                "term rationale: dead: term_weights has it, but no example");
        dead(data, "term_weights={label: 0}", "term label: dead: its weight is 0");
        dead(data, "term_weights={rationale: 1}", "term label: dead: 1 examples are of this kind, but");
        dead(
                "{\"prompt\": \"one two three\", \"completion\": \" two\", \"kind\": \"label\"}\n",
                "max_length=3",
                "term label: dead: none of its 1 examples has a labelled token");
        dead(
                "{\"prompt\": \"one\", \"completion\": \" two\", \"weight\": 0}\n",
                "seed=1",
                "term answer: dead: none of its 1 examples");
    }

    private void dead(String data, String override, String says) throws IOException {
        CliRun run = CliRun.of("doctor", "--config", config(data), "--set", override);
        assertThat(run.status()).as(run.toString()).isEqualTo(1);
        assertThat(run.out()).contains("fail  " + says);
    }

    @Test
    void withoutAGpuItSaysSoInOneLine() throws IOException {
        DoctorCommand.requireGpu(1);
        assertThatThrownBy(() -> DoctorCommand.requireGpu(0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("no GPU is visible to PyTorch here; ");
        if (Engine.getEngine("PyTorch").getGpuCount() == 0) {
            CliRun run = CliRun.of("doctor", "--gpu");
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.errLines()).hasSize(1);
            assertThat(run.err()).startsWith("retort: no GPU is visible to PyTorch here; ");
        }
    }

    @Test
    void comparesADeviceWithTheCpu() throws IOException {
        List<Finding> findings = GpuCheck.run(Device.cpu(), new GpuCheck.Size(64, 1, 100, 8, 2, 1));
        assertThat(findings)
                .extracting(Finding::name)
                .containsExactly("device", "float32 parity", "bfloat16", "training", "decoding");
        assertThat(findings).noneMatch(finding -> finding.level() == Finding.Level.FAIL);
        assertThat(findings.get(1).detail()).startsWith("differs from the CPU by 0.0e+00");
    }

    @Test
    void wrongUsageIsStatus2() {
        CliRun run = CliRun.of("doctor", "--set", "seed=1");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("retort: --set goes with --config\n");
    }

    private Path config(String data) throws IOException {
        Path model = folder.resolve("words");
        if (Files.notExists(model)) {
            try (Tokenizer words = Tokenizer.ofWords(List.of("one", "two", "three", "four"))) {
                ModelFolders.random(model, words);
            }
        }
        Path file = folder.resolve("train.jsonl");
        Files.writeString(file, data);
        return write(model, file);
    }

    private Path write(Path model, Path data) throws IOException {
        Path config = folder.resolve("train.yaml");
        Files.writeString(
                config,
                "model_name_or_path: " + model + "\ntrain_file: " + data + "\noutput_dir: " + folder.resolve("out")
                        + "\n");
        return config;
    }
}
