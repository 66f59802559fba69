package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizeCommandTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "tokenizer-bpe, tokenizer-bpe/golden.jsonl",
        "tokenizer-llama, tokenizer-llama/golden.jsonl",
        "tokenizer-unigram, tokenizer-unigram/golden.jsonl",
        "gguf/llama-gqa.gguf, gguf/tokens.jsonl"
    })
    void givesTheIdsOfTransformers(String model, String golden) throws IOException {
        List<String> texts = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        for (String line : Files.readAllLines(CliRun.fixture(golden))) {
            JsonNode row = Rows.mapper().readTree(line);
            String text = row.get("text").textValue();
            if (!text.contains("\n")) {
                texts.add(text);
                ids.add(row.get("ids").toString());
            }
        }
        assertThat(texts).hasSizeGreaterThan(20);

        CliRun run = CliRun.with(String.join("\n", texts) + "\n", "tokenize", "--model", CliRun.fixture(model));

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        List<String> printed =
                run.out().lines().map(line -> line.replace(" ", "")).toList();
        assertThat(printed).isEqualTo(ids);
    }

    @Test
    void cutsAtLineFeedsOnly() {
        String bpe = CliRun.fixture("tokenizer-bpe").toString();
        assertThat(CliRun.with("", "tokenize", "--model", bpe).out()).isEmpty();
        assertThat(CliRun.with("\n", "tokenize", "--model", bpe).out()).isEqualTo("[]\n");
        assertThat(CliRun.with(" \n  ", "tokenize", "--model", bpe).out()).isEqualTo("[223]\n[223, 223]\n");
        String carriageReturn =
                CliRun.with("a\r\n\r", "tokenize", "--model", bpe).out();
        List<String> lines = carriageReturn.lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).isEqualTo("[67, 204]");
        assertThat(lines.get(1)).isEqualTo("[204]");
    }

    @Test
    void refusesWhatIsNotUtf8() {
        byte[] input = "fine\nbad \u00ff\n".getBytes(StandardCharsets.ISO_8859_1);
        CliRun run = CliRun.with(input, "tokenize", "--model", CliRun.fixture("tokenizer-bpe"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("retort: stdin:2: not UTF-8 text\n");
    }

    @Test
    void namesTheFolderWithoutTokenizer() {
        CliRun none = CliRun.with("x", "tokenize", "--model", CliRun.fixture("llama-gqa"));
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.errLines()).hasSize(1);
        assertThat(none.err()).contains(CliRun.fixture("llama-gqa").toString());

        CliRun absent = CliRun.with("x", "tokenize", "--model", folder.resolve("absent"));
        assertThat(absent.status()).isEqualTo(1);
        assertThat(absent.errLines()).hasSize(1);
        assertThat(absent.err()).contains(folder.resolve("absent").toString());
    }
}
