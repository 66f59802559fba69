package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.model.SafetensorsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainCommandTest {

    private static final List<String> WORDS = List.of("one", "two", "three", "four");

    @TempDir
    private Path folder;

    private Path teacher;
    private Path config;
    private Path out;

    @BeforeEach
    void make() throws IOException {
        Path student = model("student", 1, WORDS);
        teacher = model("teacher", 2, WORDS);
        out = folder.resolve("out");
        Path data = folder.resolve("train.jsonl");
        Files.writeString(
                data,
                """
                {"id": "a", "prompt": "one", "completion": " two three"}
                {"id": "b", "prompt": "two three", "completion": " one"}
                {"id": "c", "prompt": "four", "completion": " one one two"}
                """);
        config = folder.resolve("train.yaml");
        Files.writeString(
                config,
                "model_name_or_path: " + student + "\ntrain_file: " + data + "\noutput_dir: " + out
                        + "\nmax_steps: 4\nlearning_rate: 0.01\nlogging_steps: 1\nper_device_train_batch_size: 2\n");
    }

    private Path model(String name, long seed, List<String> words) throws IOException {
        try (Tokenizer tokenizer = Tokenizer.ofWords(words)) {
            return ModelFolders.random(folder.resolve(name), tokenizer, seed);
        }
    }

    private CliRun run(String... settings) {
        List<Object> arguments = new ArrayList<>(List.of("train", "--config", config, "--quiet"));
        for (String setting : settings) {
            arguments.addAll(setting.startsWith("--") ? List.of(setting) : List.of("--set", setting));
        }
        return CliRun.of(arguments.toArray());
    }

    private String ofTeacher() {
        return "teacher_model_name_or_path=" + teacher;
    }

    private List<JsonNode> metrics() throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            rows.add(Rows.mapper().readTree(line));
        }
        return rows;
    }

    @Test
    void withoutATeacherItFineTunes() throws IOException {
        CliRun run = run();
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).startsWith(out.resolve("final") + ": 4 steps, ");
        assertThat(metrics()).hasSize(4).noneMatch(row -> row.has("loss/kd"));
    }

    @Test
    void bf16IsAKeyOfTheFile() throws IOException {
        CliRun run = run("bf16=true", ofTeacher(), "kd_ratio=0.5");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(Files.readString(out.resolve("config.yaml"))).contains("bf16: true\n");
    }

    @Test
    void aModelThatCannotDoBf16SaysSoBeforeAFolderIsWritten() {
        Path other = CliRun.fixture("qwen3");
        CliRun run = run("bf16=true", "model_name_or_path=" + other);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).startsWith("retort: bfloat16 (bf16: true, ").hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void aTeacherSharesTheLossWithTheCrossEntropy() throws IOException {
        CliRun run = run(ofTeacher(), "kd_ratio=0.75", "divergence=jsd", "beta=0.25", "temperature=2");
        assertThat(run.status()).as(run.err()).isZero();
        for (JsonNode row : metrics()) {
            double mixed = 0.25 * row.get("loss/answer").doubleValue()
                    + 0.75 * row.get("loss/kd").doubleValue();
            assertThat(row.get("loss").doubleValue()).isCloseTo(mixed, within(1e-6));
        }
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains("teacher_model_name_or_path: ", "kd_ratio: 0.75", "beta: 0.25", "temperature: 2.0");
        assertThat(run("--resume").err()).isEqualTo("retort: " + out + " is finished already\n");
    }

    @Test
    void hiddenStatesAreAddedToTheLoss() throws IOException {
        CliRun run = run(ofTeacher(), "hidden_states_weight=0.25", "hidden_states_layers=[1:2]", "lora={r: 2}");
        assertThat(run.status()).as(run.err()).isZero();
        for (JsonNode row : metrics()) {
            double mixed = 0.5 * row.get("loss/answer").doubleValue()
                    + 0.5 * row.get("loss/kd").doubleValue()
                    + 0.25 * row.get("loss/hidden").doubleValue();
            assertThat(row.get("loss").doubleValue()).isCloseTo(mixed, within(1e-6));
        }
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains("hidden_states_weight: 0.25\nhidden_states_layers: [\"1:2\"]\n");
        CliRun unknown = run(ofTeacher(), "hidden_states_weight=1", "hidden_states_layers=[1:9]", "output_dir=other");
        assertThat(unknown.err())
                .isEqualTo("retort: " + teacher
                        + ": hidden_states_layers has 1:9, and the student has 2 layers and the teacher 2\n");
    }

    @Test
    void storedSignalsOfAllTokensTrainAsTheTeacherBesideDoes() throws IOException {
        assertThat(run(ofTeacher(), "output_dir=" + folder.resolve("beside"), "kd_ratio=1")
                        .status())
                .isZero();
        CliRun run = run(ofTeacher(), "kd_ratio=1", "teacher_top_k=1024", "eval_file=" + folder.resolve("train.jsonl"));
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(out.resolve("signals/signals-00001.safetensors")).isRegularFile();
        assertThat(metrics().get(3).get("eval_loss/kd").doubleValue()).isPositive();
        try (SafetensorsFile one = SafetensorsFile.open(out.resolve("final/model.safetensors"));
                SafetensorsFile other = SafetensorsFile.open(folder.resolve("beside/final/model.safetensors"))) {
            for (String name : one.names()) {
                float[] weights =
                        new float[Math.toIntExact(Arrays.stream(one.shape(name)).reduce(1, (a, b) -> a * b))];
                float[] others = new float[weights.length];
                one.readFloats(name, FloatBuffer.wrap(weights));
                other.readFloats(name, FloatBuffer.wrap(others));
                assertThat(weights).containsExactly(others, within(2e-3f));
            }
        }
    }

    @Test
    void ownCompletionsAreLearntFromInAShareOfTheSteps() throws IOException {
        CliRun run = run(ofTeacher(), "lmbda=1", "divergence=jsd", "max_completion_length=6");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(metrics()).allMatch(row -> row.get("loss").equals(row.get("loss/kd")));
        CliRun far = run(ofTeacher(), "lmbda=1", "output_dir=" + folder.resolve("long"));
        assertThat(far.err())
                .isEqualTo(
                        "retort: example a: its prompt and max_completion_length make 129 tokens, and the models read"
                                + " 128; lower max_completion_length\n");
    }

    @Test
    void otherSettingsDoNotGoOn() throws IOException {
        assertThat(run(ofTeacher(), "max_steps=1").status()).isZero();
        Path finished = out.resolve("final");
        Files.move(finished, folder.resolve("aside"));
        CliRun run = run(ofTeacher(), "max_steps=1", "kd_ratio=0.1", "--resume");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .isEqualTo("retort: " + out.resolve("config.yaml")
                        + ": made with other settings than these; use another" + " output_dir\n");
        CliRun same = run(ofTeacher(), "max_steps=1", "--resume");
        assertThat(same.status()).as(same.err()).isZero();
        assertThat(finished.resolve("model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("aside/model.safetensors"));
    }

    @ParameterizedTest
    @CsvSource({
        "kd_ratio=0.5, need teacher_model_name_or_path",
        "hidden_states_weight=1, need teacher_model_name_or_path",
        "trim_vocabulary=true, need teacher_model_name_or_path",
        "divergence=kl, 'there is no divergence named kl; there are teacher-cross-entropy,'",
        "kd_ration=0.5, unknown key kd_ration; the nearest is kd_ratio",
    })
    void saysWhatIsWrong(String setting, String message) {
        CliRun run = run(setting);
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err()).contains(message).hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void encoderDecodersLearnFromOneAnother() throws IOException {
        Path t5;
        try (Tokenizer tokenizer = Tokenizer.ofWords(WORDS)) {
            t5 = ModelFolders.randomSeq2Seq(folder.resolve("t5"), tokenizer);
        }
        String[] both = {"model_name_or_path=" + t5, "teacher_model_name_or_path=" + t5};
        CliRun run = run(both);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(metrics()).hasSize(4).allMatch(row -> row.get("loss/kd").doubleValue() > 0);
        CliRun doctor = CliRun.of("doctor", "--config", config, "--set", both[0], "--set", both[1]);
        assertThat(run(both[0], both[1], "hidden_states_weight=1", "output_dir=other")
                        .err())
                .endsWith(": lmbda, teacher_top_k and hidden_states_weight need decoder-only models\n");
        assertThat(doctor.out())
                .contains("fail  term kd: dead: teacher and student say the same (")
                .contains("ok    term answer: weight 0.5, 3 examples")
                .doesNotContain("top k");
    }

    @Test
    void vocabulariesMustBeOne() throws IOException {
        Path other = model("other", 2, List.of("two", "one", "three", "four"));
        CliRun run = run("teacher_model_name_or_path=" + other);
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .isEqualTo(
                        "retort: " + other + ": the teacher's vocabulary has 1024 ids and the student's 1024: id 3 is"
                                + " 'two' to the teacher and 'one' to the student; choose models of one tokenizer\n");
        assertThat(out).doesNotExist();
    }
}
