package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import dev.retort.model.SafetensorsFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {

    @TempDir
    private Path folder;

    @Test
    void importsGguf() throws IOException {
        Path target = folder.resolve("models/tiny");
        Path source = CliRun.fixture("gguf/llama-gqa.gguf");
        CliRun run = CliRun.of("model", "import", source, target);

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .startsWith(target + ": ")
                .contains("float32, with tokenizer")
                .endsWith("compared exactly\n");
        assertThat(list(target))
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        assertThat(list(folder.resolve("models"))).containsExactly("tiny");
        CliRun before = CliRun.of("logits", "--model", source, "--ids", "1,2,3");
        assertThat(CliRun.of("logits", "--model", target, "--ids", "1,2,3")).isEqualTo(before);
        CliRun ids = CliRun.with("Hello  wörld 12", "tokenize", "--model", source);
        assertThat(CliRun.with("Hello  wörld 12", "tokenize", "--model", target))
                .isEqualTo(ids);
        JsonNode config = Rows.mapper().readTree(Files.readString(target.resolve("config.json")));
        assertThat(config.get("dtype").textValue()).isEqualTo("float32");
    }

    @Test
    void importsAFolderIntoAnEmptyOne() throws IOException {
        Path target = Files.createDirectory(folder.resolve("empty"));
        Path source = CliRun.fixture("llama-sharded");
        CliRun run = CliRun.of("model", "import", source, target);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("no tokenizer");
        try (SafetensorsFolder from = SafetensorsFolder.open(source);
                SafetensorsFolder to = SafetensorsFolder.open(target)) {
            assertThat(to.names()).containsExactlyInAnyOrderElementsOf(from.names());
            for (String name : from.names()) {
                ByteBuffer expected = from.readRaw(name);
                assertThat(to.readRaw(name)).isEqualTo(expected);
            }
        }
    }

    @Test
    void refusesAFolderThatHoldsSomething() throws IOException {
        Path target = Files.createDirectory(folder.resolve("full"));
        Files.writeString(target.resolve("mine.txt"), "keep me");
        CliRun run = CliRun.of("model", "import", CliRun.fixture("llama-gqa"), target);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("retort: " + target + ": not empty; give a folder that is empty or absent\n");
        assertThat(list(target)).containsExactly("mine.txt");

        CliRun file = CliRun.of("model", "import", CliRun.fixture("llama-gqa"), target.resolve("mine.txt"));
        assertThat(file.status()).isEqualTo(1);
        assertThat(file.err()).contains("is a file");
    }

    @Test
    void leavesNothingBehindAfterAnError() throws IOException {
        Path source = folder.resolve("broken.gguf");
        Files.write(source, new byte[] {'G', 'G', 'U', 'F'});
        CliRun run = CliRun.of("model", "import", source, folder.resolve("target"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(source.toString());
        assertThat(list(folder)).containsExactly("broken.gguf");
    }

    @Test
    void wrongUsageIsStatus2() {
        assertThat(CliRun.of("model").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "import", "only-one").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "imports", "a", "b").status()).isEqualTo(2);
        assertThat(CliRun.of("model", "import", "--help").out()).contains("Examples:");
    }

    private static List<String> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
