package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShowBatchCommandTest {

    private static final String DATA =
            """
            {"id": "long", "prompt": "one two", "completion": " three\\nfour five"}
            {"id": "short", "prompt": "one", "completion": " two", "kind": "rationale", "weight": 0.5}
            """;

    @TempDir
    private Path folder;

    @Test
    void showsADecodersRows() throws IOException {
        CliRun run = CliRun.of("show-batch", "--config", config("llama"));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .isEqualTo(
                        """
                        batch 1 of step 1 of 1 an epoch: 2 rows of 6 positions, 9 tokens, 6 labelled {answer=4, rationale=2}

                        row 0: long, kind answer, weight 1.0, 6 tokens, 4 labelled
                        position  id  token  mask  label  label token
                        0         3   one    1     -100
                        1         4   two    1     -100
                        2         5   three  1     5      three
                        3         6   four   1     6      four
                        4         7   five   1     7      five
                        5         1   <eos>  1     1      <eos>

                        row 1: short, kind rationale, weight 0.5, 3 tokens, 2 labelled
                        position  id  token      mask  label  label token
                        0         3   one        1     -100
                        1         4   two        1     4      two
                        2         1   <eos>      1     1      <eos>
                        3         -   (padding)  0     -100
                        4         -   (padding)  0     -100
                        5         -   (padding)  0     -100
                        """);
    }

    @Test
    void showsAnEncoderDecodersRows() throws IOException {
        CliRun run = CliRun.of("show-batch", "--config", config("t5"), "--set", "per_device_train_batch_size=1");
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .isIn(
                        """
                        batch 1 of step 1 of 2 an epoch: 1 rows of 2 positions, 6 tokens, 4 labelled {answer=4}

                        row 0: long, kind answer, weight 1.0, 2 tokens, 4 labelled
                        position  id  token  mask  decoder id  decoder token  label  label token
                        0         3   one    1     0           <unk>          5      three
                        1         4   two    1     5           three          6      four
                        2                          6           four           7      five
                        3                          7           five           1      <eos>
                        """,
                        """
                        batch 1 of step 1 of 2 an epoch: 1 rows of 1 positions, 3 tokens, 2 labelled {rationale=2}

                        row 0: short, kind rationale, weight 0.5, 1 tokens, 2 labelled
                        position  id  token  mask  decoder id  decoder token  label  label token
                        0         3   one    1     0           <unk>          4      two
                        1                          4           two            1      <eos>
                        """);
    }

    @Test
    void makesBlanksVisible() throws IOException {
        Path model = ModelFolders.random(folder.resolve("bpe"), "tokenizer-bpe");
        Path data = folder.resolve("bpe.jsonl");
        Files.writeString(data, "{\"prompt\": \"a\", \"completion\": \" b\\n\\tü\"}");
        CliRun run = CliRun.of("show-batch", "--config", write(model, data));
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("·b").contains("\\n").contains("\\t").contains("u{fffd}");
    }

    @Test
    void errorsNameTheFile() throws IOException {
        CliRun absent = CliRun.of("show-batch", "--config", folder.resolve("absent.yaml"));
        assertThat(absent.status()).isEqualTo(1);
        assertThat(absent.err()).isEqualTo("retort: " + folder.resolve("absent.yaml") + ": no such file\n");

        Path config = config("llama");
        CliRun unknown = CliRun.of("show-batch", "--config", config, "--set", "train_fil=x");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.err()).contains("unknown key train_fil").contains("train_file");

        Path data = folder.resolve("train.jsonl");
        Files.writeString(data, DATA + "{\"prompt\": 1}\n");
        CliRun bad = CliRun.of("show-batch", "--config", config);
        assertThat(bad.status()).isEqualTo(1);
        assertThat(bad.errLines()).hasSize(1);
        assertThat(bad.err()).startsWith("retort: " + data + ":3: ");

        assertThat(CliRun.of("show-batch").status()).isEqualTo(2);
    }

    private Path config(String kind) throws IOException {
        Path model = folder.resolve(kind);
        try (Tokenizer words = Tokenizer.ofWords(List.of("one", "two", "three", "four", "five"))) {
            if (kind.equals("t5")) {
                ModelFolders.randomSeq2Seq(model, words);
            } else {
                ModelFolders.random(model, words);
            }
        }
        Path data = folder.resolve("train.jsonl");
        Files.writeString(data, DATA);
        return write(model, data);
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
