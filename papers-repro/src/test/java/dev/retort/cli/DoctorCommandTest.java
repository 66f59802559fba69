package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    void bf16IsForModelsThatCan() throws IOException {
        Path config = config("{\"prompt\": \"one\", \"completion\": \" two three\"}\n");
        CliRun run = CliRun.of("doctor", "--config", config, "--set", "bf16=true");
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out()).doesNotContain("bf16");
        Path other = ModelFolders.copy("gpt2", folder.resolve("gpt2"));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(folder.resolve("words").resolve(name), other.resolve(name));
        }
        CliRun refused =
                CliRun.of("doctor", "--config", config, "--set", "bf16=true", "--set", "model_name_or_path=" + other);
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.out()).contains("fail  bf16: bfloat16 (bf16: true, ");
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
        Files.writeString(data, "{\"prompt\": \"the answe\", \"completion\": \"r\"}\n");
        CliRun run = CliRun.of("doctor", "--config", write(model, data));
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("warn  alignment: 0 of 1 prompts keep their tokens");
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

    private static final String TWO_KINDS =
            """
            {"id": "a", "prompt": "one", "completion": " two three", "kind": "label"}
            {"id": "b", "prompt": "two", "completion": " one", "kind": "rationale"}
            """;

    private Path teacher(long seed) throws IOException {
        try (Tokenizer words = Tokenizer.ofWords(List.of("one", "two", "three", "four"))) {
            return ModelFolders.random(folder.resolve("teacher-" + seed), words, seed);
        }
    }

    @Test
    void aTeachersTermHasItsShareOfTheGradient() throws IOException {
        CliRun run = ofTeacher(config(TWO_KINDS), teacher(2), "kd_ratio=0.25");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out())
                .contains(
                        "ok    label text: 2 of 2 completions come back from their labels; a: '\u00b7two\u00b7three' |"
                                + " 'two\u00b7three'\n")
                .contains("ok    mask: 5 labelled, 2 ignored, 1 padding in a batch of 2 examples")
                .contains("ok    read: 5 of 7 tokens, in 1 pass: no padding, ")
                .contains("ok    vocabulary: teacher 1024 ids, student 1024, in common 1024, of which 7 are tokens; the"
                        + " batch has 4 of them")
                .containsPattern(
                        "ok    teacher's mass outside its top k: mean a token, k = 16: 0\\.[0-9]+, 64: 0\\.[0-9]+,"
                                + " 256: 0\\.[0-9]+\n")
                .containsPattern("ok    term kd: weight 0.25, 2 examples, 5 labelled tokens .*, loss [0-9.]+ a token,"
                        + " [0-9]+ % of the gradient's norm")
                .contains("ok    term label: weight 0.75, 1 examples, 3 labelled tokens")
                .containsPattern("ok    terms kd and label: cosine of their gradients -?0\\.[0-9]{3}\n")
                .containsPattern("ok    terms label and rationale: cosine");
    }

    @Test
    void aNegativeWeightPullsTheOtherWayWithoutALowerBound() throws IOException {
        String line = "{\"prompt\": \"one\", \"completion\": \" two\", \"kind\": \"%s\"}\n";
        Path config = config(line.formatted("label") + line.formatted("other"));
        CliRun run = CliRun.of("doctor", "--config", config, "--set", "term_weights={label: 1, other: -1}");
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("warn  term other: no lower bound: a negative weight")
                .containsPattern("ok    term label: weight 1.0, .*, 50 % of the gradient's norm")
                .containsPattern("ok    term other: weight -1.0, .*, 50 % of the gradient's norm")
                .contains("ok    terms label and other: cosine of their gradients -1.000\n");
    }

    @Test
    void aTeachersTermOverNegativeExamplesHasNoLowerBound() throws IOException {
        Path config = config("{\"prompt\": \"one\", \"completion\": \" two\", \"weight\": -1}\n");
        CliRun run = ofTeacher(config, teacher(2), "kd_ratio=1");
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out())
                .contains("warn  term kd: no lower bound: a negative weight")
                .doesNotContain("say the same");
    }

    @Test
    void aTeacherThatIsTheStudentHasNothingToTeach() throws IOException {
        Path config = config(TWO_KINDS);
        CliRun run = ofTeacher(config, teacher(1));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out())
                .containsPattern(
                        "fail  term kd: dead: teacher and student say the same \\([-+0-9.e]+ nats a token\\); is"
                                + " the student its own teacher\\?\n");
        CliRun without = ofTeacher(config, teacher(2), "kd_ratio=0");
        assertThat(without.status()).isEqualTo(1);
        assertThat(without.out()).contains("fail  term kd: dead: kd_ratio is 0; leave teacher_model_name_or_path out");
        CliRun same = ofHiddenStates(config, teacher(1), 0.5);
        assertThat(same.status()).isEqualTo(1);
        assertThat(same.out()).contains("fail  term hidden: dead: teacher and student say the same (");
    }

    @Test
    void hiddenStatesAreATerm() throws IOException {
        Path config = config(TWO_KINDS);
        CliRun run = ofHiddenStates(config, teacher(2), 0.5);
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out())
                .containsPattern("ok    term hidden: weight 0.25, 2 examples, 5 labelled tokens .*, loss [0-9.]+ a"
                        + " token, [0-9]+ % of the gradient's norm")
                .containsPattern("ok    terms hidden and kd: cosine of their gradients -?0\\.[0-9]{3}\n");
        CliRun alone = ofHiddenStates(config, teacher(2), 0);
        assertThat(alone.status()).as(alone.out()).isZero();
        assertThat(alone.out()).contains("ok    term kd: only measured: kd_ratio is 0\n");
    }

    private static CliRun ofHiddenStates(Path config, Path teacher, double kdRatio) {
        return ofTeacher(config, teacher, "hidden_states_weight=0.25", "kd_ratio=" + kdRatio);
    }

    @Test
    void theTopKOfATeacherIsBoundedOrNot() throws IOException {
        Path config = config(TWO_KINDS);
        Path teacher = teacher(2);
        CliRun bounded = ofTeacher(config, teacher, "teacher_top_k=16", "kd_ratio=1");
        assertThat(bounded.status()).as(bounded.out()).isZero();
        assertThat(bounded.out())
                .containsPattern("ok    top 16, bucket: forward-kl is off from that of the whole vocabulary by at most"
                        + " [0-9.]+ nats a token \\(mean; the worst token [0-9.]+\\)")
                .contains("ok    term label: only measured: kd_ratio is 1")
                .contains("100 % of the gradient's norm");
        CliRun unbounded = ofTeacher(config, teacher, "teacher_top_k=16", "divergence=reverse-kl");
        assertThat(unbounded.status()).isZero();
        assertThat(unbounded.out()).contains("warn  top 16, bucket: nothing bounds how far reverse-kl is off");
        assertThat(folder.resolve("out")).as("nothing is written").doesNotExist();
    }

    @Test
    void aTeacherOfOtherTokensFails() throws IOException {
        Path other;
        try (Tokenizer words = Tokenizer.ofWords(List.of("two", "one"))) {
            other = ModelFolders.random(folder.resolve("other"), words);
        }
        CliRun run = ofTeacher(config(TWO_KINDS), other);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out())
                .startsWith(
                        "fail  teacher: " + other + ": the teacher's vocabulary has 1024 ids and the student's 1024:"
                                + " id 3 is 'two' to the teacher and 'one' to the student");
    }

    private static CliRun ofTeacher(Path config, Path teacher, String... settings) {
        List<Object> arguments = new ArrayList<>(List.of("doctor", "--config", config));
        arguments.addAll(List.of("--set", "teacher_model_name_or_path=" + teacher));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return CliRun.of(arguments.toArray());
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
