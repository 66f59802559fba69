package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelHashTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        Files.writeString(folder.resolve("model.safetensors"), "weights");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":1}");
    }

    @Test
    void weightsAndConfigurationMakeTheModel() throws IOException {
        String hash = ModelHash.model(folder);
        assertThat(hash).hasSize(64).isEqualTo(ModelHash.model(folder));
        Files.writeString(folder.resolve("README.md"), "text");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":2}");
        assertThat(ModelHash.model(folder)).isEqualTo(hash);
        for (String part : new String[] {"config.json", "model.safetensors", "adapter_model.safetensors"}) {
            Files.writeString(folder.resolve(part), "other");
            assertThat(ModelHash.model(folder)).as(part).isNotEqualTo(hash);
            hash = ModelHash.model(folder);
        }
    }

    @Test
    void theTokenizerIsItsFile() throws IOException {
        String hash = ModelHash.tokenizer(folder);
        Files.writeString(folder.resolve("config.json"), "other");
        assertThat(ModelHash.tokenizer(folder)).isEqualTo(hash);
        Files.writeString(folder.resolve("tokenizer.json"), "other");
        assertThat(ModelHash.tokenizer(folder)).isNotEqualTo(hash);
    }

    /** The digest is that of sha256sum. */
    @Test
    void aFileIsModelAndTokenizerInOne() throws IOException {
        Path gguf = Files.writeString(folder.resolve("model.gguf"), "abc");
        assertThat(ModelHash.model(gguf))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
                .isEqualTo(ModelHash.tokenizer(gguf));
    }

    @Test
    void aFolderWithoutWeightsIsNoModel() throws IOException {
        Files.delete(folder.resolve("model.safetensors"));
        assertThatIOException()
                .isThrownBy(() -> ModelHash.model(folder))
                .withMessage(folder + ": no safetensors weights there; give the folder of a model");
    }
}
