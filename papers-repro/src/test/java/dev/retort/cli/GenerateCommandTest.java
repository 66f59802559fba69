package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {

    @TempDir
    private Path folder;

    @Test
    void continuesIdsAsTransformersDoes() throws IOException {
        Path model = CliRun.fixture("llama-gqa");
        JsonNode golden = Rows.mapper()
                .readTree(Files.readString(model.resolve("golden.json")))
                .get("greedy")
                .get(0);
        // The golden continuation takes no notice of the end-of-sequence token; compare up to it.
        List<Integer> expected = new ArrayList<>();
        for (JsonNode id : golden.get("tokens")) {
            expected.add(id.intValue());
            if (id.intValue() == 2) {
                break;
            }
        }
        String prompt = golden.get("prompt").toString().replaceAll("[\\[\\]]", "");

        CliRun run = CliRun.of("generate", "--model", model, "--ids", prompt, "--max-tokens", expected.size());

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().strip().replace(",", ", ")).isEqualTo(expected.toString());
    }

    @Test
    void printsJson() throws IOException {
        CliRun run = CliRun.of(
                "generate", "--model", CliRun.fixture("llama-gqa"), "--ids", "92,20", "--max-tokens", 3, "--json");

        assertThat(run.status()).isZero();
        JsonNode json = Rows.mapper().readTree(run.out());
        assertThat(names(json)).containsExactly("text", "ids", "finish_reason", "prompt_ids");
        assertThat(json.get("text").isNull()).isTrue();
        assertThat(json.get("ids")).hasSize(3);
        assertThat(json.get("finish_reason").textValue()).isEqualTo("length");
        assertThat(json.get("prompt_ids").toString()).isEqualTo("[92,20]");
    }

    @Test
    void completesTextWithTokenizerStopsAndChat() throws IOException {
        Path model = withTokenizer();
        CliRun json = CliRun.of("generate", "--model", model, "--prompt", "Hello wörld", "--max-tokens", 12, "--json");
        assertThat(json.err()).isEmpty();
        String text = Rows.mapper().readTree(json.out()).get("text").textValue();

        CliRun plain = CliRun.of("generate", "--model", model, "--prompt", "Hello wörld", "--max-tokens", 12);
        assertThat(plain.out()).isEqualTo(text + "\n");

        CliRun piped = CliRun.with("Hello wörld", "generate", "--model", model, "--max-tokens", 12);
        assertThat(piped.out()).isEqualTo(plain.out());
        CliRun dash = CliRun.with("Hello wörld", "generate", "--model", model, "--prompt", "-", "--max-tokens", 12);
        assertThat(dash.out()).isEqualTo(plain.out());

        String stop = text.substring(text.length() / 2, text.length() / 2 + 1);
        CliRun stopped = CliRun.of(
                "generate", "--model", model, "--prompt", "Hello wörld", "--max-tokens", 12, "--stop", stop, "--json");
        JsonNode cut = Rows.mapper().readTree(stopped.out());
        assertThat(cut.get("text").textValue()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(cut.get("finish_reason").textValue()).isEqualTo("stop");

        CliRun chat =
                CliRun.of("generate", "--model", model, "--chat", "--prompt", "Hello", "--max-tokens", 1, "--json");
        assertThat(chat.err()).isEmpty();
        assertThat(Rows.mapper().readTree(chat.out()).get("prompt_ids").size()).isGreaterThan(10);
    }

    @Test
    void drawsTheSameWithTheSameSeed() {
        Object[] arguments = {
            "generate",
            "--model",
            CliRun.fixture("llama-gqa"),
            "--ids",
            "5",
            "--temperature",
            "1.5",
            "--top-p",
            "0.9",
            "--top-k",
            "50",
            "--seed",
            "7",
            "--max-tokens",
            "16"
        };
        CliRun first = CliRun.of(arguments);
        assertThat(first.status()).isZero();
        assertThat(CliRun.of(arguments)).isEqualTo(first);
        arguments[12] = "8";
        assertThat(CliRun.of(arguments).out()).isNotEqualTo(first.out());
    }

    @Test
    void continuesAnEncoderDecoder() throws IOException {
        Path model = CliRun.fixture("t5-v10");
        CliRun run = CliRun.of("generate", "--model", model, "--ids", "5,6,1", "--max-tokens", 4, "--json");
        assertThat(run.err()).isEmpty();
        assertThat(Rows.mapper().readTree(run.out()).get("ids").size()).isBetween(1, 4);
    }

    @Test
    void bfloat16IsForModelsThatCan() {
        Path model = CliRun.fixture("llama-gqa");
        CliRun run = CliRun.of("generate", "--model", model, "--ids", "5,6", "--dtype", "bfloat16", "--max-tokens", 3);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).matches("\\[\\d+,\\d+,\\d+\\]\n");
        Path other = CliRun.fixture("qwen3");
        CliRun refused = CliRun.of("generate", "--model", other, "--ids", "5,6", "--dtype", "bfloat16");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err())
                .isEqualTo(
                        "retort: " + other + ": bfloat16 (bf16: true, dtype: bfloat16, --dtype bfloat16) is for LLaMA"
                                + " models on the CPU without biases, norms of queries and keys or a"
                                + " sliding window, and this is a qwen3 on cpu(); leave the setting out\n");
    }

    @Test
    void weightsAsIntegersAreTheirDtype() {
        Path model = CliRun.fixture("llama-gqa");
        CliRun run = CliRun.of("generate", "--model", model, "--ids", "5,6", "--weights", "int8", "--max-tokens", 9);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).matches("\\[\\d+(,\\d+){0,8}\\]\n");
        assertThat(CliRun.of("generate", "--model", model, "--ids", "5,6", "--dtype", "int8", "--max-tokens", 9))
                .isEqualTo(run);
        Path other = CliRun.fixture("gpt2");
        CliRun refused = CliRun.of("generate", "--model", other, "--ids", "5,6", "--weights", "int8");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err())
                .startsWith("retort: " + other + ": int8 (--dtype int8, --weights int8) is for LLaMA models on the CPU")
                .hasLineCount(1);
    }

    @Test
    void wrongUsageIsStatus2AndOneLine() {
        Path model = CliRun.fixture("llama-gqa");
        usage(
                "--dtype half: give float32, bfloat16 or int8",
                "generate",
                "--model",
                model,
                "--ids",
                "1",
                "--dtype",
                "half");
        usage("a training takes bf16: true", "train", "--config", "x.yaml", "--dtype", "bfloat16");
        usage(
                "--dtype bfloat16 belongs to a local teacher, not to scripted:arithmetic",
                "sample",
                "--questions",
                "q",
                "--out",
                folder,
                "--teacher",
                "scripted:arithmetic",
                "--dtype",
                "bfloat16");
        usage("--weights int4: give float32 or int8", "generate", "--model", model, "--ids", "1", "--weights", "int4");
        usage(
                "--weights int8 goes without --dtype bfloat16",
                "generate",
                "--model",
                model,
                "--ids",
                "1",
                "--weights",
                "int8",
                "--dtype",
                "bfloat16");
        usage("--ids goes without", "generate", "--model", model, "--prompt", "x", "--ids", "1");
        usage("'x' is not a token id", "generate", "--model", model, "--ids", "1,x");
        usage("ids are 0 to 95", "generate", "--model", model, "--ids", "1,96");
        usage("max_tokens", "generate", "--model", model, "--ids", "1", "--max-tokens", "0");
        usage("top_p", "generate", "--model", model, "--ids", "1", "--top-p", "1.5");
        usage("--stop needs a tokenizer", "generate", "--model", model, "--ids", "1", "--stop", "x");
        CliRun missing = CliRun.of("generate", "--prompt", "x");
        assertThat(missing.status()).isEqualTo(2);
        assertThat(missing.errLines().get(0)).contains("--model");
    }

    @Test
    void anEmptyPromptIsStatus2() throws IOException {
        CliRun run = CliRun.of("generate", "--model", withTokenizer(), "--prompt", "");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("no tokens");
    }

    @Test
    void modelErrorsAreStatus1AndNameTheFile() {
        Path bare = CliRun.fixture("llama-gqa");
        CliRun noTokenizer = CliRun.of("generate", "--model", bare, "--prompt", "x");
        assertThat(noTokenizer.status()).isEqualTo(1);
        assertThat(noTokenizer.errLines()).hasSize(1);
        assertThat(noTokenizer.err()).contains(bare.toString()).contains("tokenizer.json");

        CliRun absent = CliRun.of("generate", "--model", folder.resolve("absent"), "--ids", "1");
        assertThat(absent.status()).isEqualTo(1);
        assertThat(absent.errLines()).hasSize(1);
        assertThat(absent.err()).contains(folder.resolve("absent").toString());

        CliRun tooLong = CliRun.of("generate", "--model", bare, "--ids", "1" + ",1".repeat(128));
        assertThat(tooLong.status()).isEqualTo(1);
        assertThat(tooLong.err()).contains("129 tokens").contains("128 positions");
    }

    @Test
    void aTokenizerOfAnotherModelIsNamed() throws IOException {
        Path model = ModelFolders.copy("llama-gqa", folder.resolve("other"));
        ModelFolders.copyTokenizer("tokenizer-bpe", model);
        CliRun run = CliRun.of("generate", "--model", model, "--prompt", "Hello world");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(model.toString()).contains("vocab_size is 96");
    }

    @Test
    void helpHasExamples() {
        CliRun run = CliRun.of("generate", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("Examples:").contains("--stop");
    }

    /** A random model whose vocabulary is the BPE tokenizer's. */
    private Path withTokenizer() throws IOException {
        return ModelFolders.random(folder.resolve("model"), "tokenizer-bpe");
    }

    private static void usage(String says, Object... arguments) {
        CliRun run = CliRun.of(arguments);
        assertThat(run.status()).as(run.toString()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(says);
    }

    private static List<String> names(JsonNode json) {
        List<String> names = new ArrayList<>();
        ((ObjectNode) json).fieldNames().forEachRemaining(names::add);
        return names;
    }
}
