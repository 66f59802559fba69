package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.model.WeightFiles.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFolderTest {

    @TempDir
    private Path root;

    private Path folder;

    @BeforeEach
    void makeTheFolder() throws IOException {
        folder = Files.createDirectory(root.resolve("model"));
    }

    private static byte[] one(String name, float value) {
        return WeightFiles.safetensors(
                "{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                new Bytes().float32(value).toArray());
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve(SafetensorsFolder.INDEX), json);
    }

    private void refuses(String problem) {
        assertThatThrownBy(() -> SafetensorsFolder.open(folder))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContaining(problem);
    }

    @Test
    void readsASingleFile() throws IOException {
        Files.write(folder.resolve("model.safetensors"), one("a", 3));
        try (SafetensorsFolder source = SafetensorsFolder.open(folder)) {
            assertThat(source.path()).isEqualTo(folder);
            assertThat(source.names()).containsExactly("a");
            assertThat(WeightFiles.read(source, "a")).containsExactly(3);
        }
    }

    @Test
    void readsShardsByTheirIndex() throws IOException {
        Files.write(folder.resolve("s1.safetensors"), one("a", 3));
        Files.write(folder.resolve("s2.safetensors"), one("b", 4));
        index("{\"metadata\":{\"total_size\":8,\"more\":[{}]},"
                + "\"weight_map\":{\"b\":\"s2.safetensors\",\"a\":\"s1.safetensors\"}}");
        try (SafetensorsFolder source = SafetensorsFolder.open(folder)) {
            assertThat(source.names()).containsExactly("b", "a");
            assertThat(source.shape("a")).containsExactly(1);
            assertThat(source.dtype("b")).isEqualTo(WeightDtype.F32);
            assertThat(WeightFiles.read(source, "a")).containsExactly(3);
            assertThat(WeightFiles.read(source, "b")).containsExactly(4);
            assertThat(source.readRaw("b").getFloat()).isEqualTo(4);
            assertThatThrownBy(() -> source.shape("c"))
                    .hasMessage(folder + ": tensor c: is not among the 2 tensors; "
                            + "check that the weights belong to config.json");
        }
    }

    @Test
    void theSingleFileIsPreferredToAnIndex() throws IOException {
        Files.write(folder.resolve("model.safetensors"), one("a", 3));
        index("{\"weight_map\":{\"b\":\"missing.safetensors\"}}");
        try (SafetensorsFolder source = SafetensorsFolder.open(folder)) {
            assertThat(source.names()).containsExactly("a");
        }
    }

    @Test
    void missingThingsSayWhatToDo() throws IOException {
        Path nowhere = root.resolve("nowhere");
        assertThatThrownBy(() -> SafetensorsFolder.open(nowhere))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(nowhere + ": there is no such folder; download the model there, or correct the path");
        Path file = Files.createFile(root.resolve("file"));
        assertThatThrownBy(() -> SafetensorsFolder.open(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(file + ": is a file, not a model folder; give the folder that holds config.json");
        refuses("holds neither model.safetensors nor model.safetensors.index.json; download the model's safetensors");
    }

    @Test
    void refusesAnIndexThatPointsOutside() throws IOException {
        Files.write(root.resolve("x.safetensors"), one("a", 3));
        String absolute = root.resolve("x.safetensors").toString();
        for (String name : new String[] {
            "../x.safetensors",
            "..",
            ".",
            "",
            "sub/../../x.safetensors",
            absolute,
            "..\\\\x.safetensors",
            "C:\\\\x.safetensors",
            "a\\u0000b"
        }) {
            index("{\"weight_map\":{\"a\":\"" + name + "\"}}");
            assertThatThrownBy(() -> SafetensorsFolder.open(folder))
                    .as(name)
                    .isExactlyInstanceOf(ModelFileException.class)
                    .hasMessageStartingWith(folder.toString())
                    .hasMessageMatching("(?s).*(is not a file of this folder|is a folder).*");
        }
    }

    @Test
    void refusesALinkOutOfTheFolder() throws IOException {
        Files.write(root.resolve("x.safetensors"), one("a", 3));
        Files.createSymbolicLink(folder.resolve("s.safetensors"), Path.of("../x.safetensors"));
        index("{\"weight_map\":{\"a\":\"s.safetensors\"}}");
        refuses("tensor a: the index puts it in s.safetensors, which is not a file of this folder");
        Files.createSymbolicLink(folder.resolve("gone.safetensors"), Path.of("nothing"));
        index("{\"weight_map\":{\"a\":\"gone.safetensors\"}}");
        refuses("gone.safetensors: there is no such file; download this shard of the model");
    }

    @Test
    void followsTheLinksOfTheHuggingFaceCache() throws IOException {
        Path snapshot = Files.createDirectories(root.resolve("models--o--n/snapshots/0123"));
        Path blobs = Files.createDirectories(root.resolve("models--o--n/blobs"));
        Files.write(blobs.resolve("abcd"), one("a", 3));
        Files.createSymbolicLink(snapshot.resolve("s.safetensors"), Path.of("../../blobs/abcd"));
        Files.writeString(snapshot.resolve(SafetensorsFolder.INDEX), "{\"weight_map\":{\"a\":\"s.safetensors\"}}");
        try (SafetensorsFolder source = SafetensorsFolder.open(snapshot)) {
            assertThat(WeightFiles.read(source, "a")).containsExactly(3);
        }
    }

    @Test
    void refusesMissingShardsAndTensors() throws IOException {
        index("{\"weight_map\":{\"a\":\"s.safetensors\"}}");
        refuses("s.safetensors: there is no such file; download this shard of the model");
        Files.write(folder.resolve("s.safetensors"), one("b", 3));
        refuses("tensor a: is not in s.safetensors, where the index puts it");
        Files.writeString(folder.resolve("s.safetensors"), "rubbish");
        refuses("s.safetensors: has 7 bytes, too few for a safetensors file");
    }

    @Test
    void refusesABrokenIndex() throws IOException {
        index("");
        refuses("index: is no object");
        index("[]");
        refuses("index: is no object");
        index("{}");
        refuses("index: has no weight_map");
        index("{\"weight_map\":[]}");
        refuses("weight_map: is no object");
        index("{\"weight_map\":{\"a\":1}}");
        refuses("tensor a: its file name is no string");
        index("{\"weight_map\":{},\"weight_map\":{}}");
        refuses("weight_map: stands there twice");
        index("{\"metadata\":" + "[".repeat(100_000));
        refuses("nesting depth");
        index("{\"weight_map\":{}} x");
        refuses("index is not valid JSON");
        Files.write(folder.resolve("s.safetensors"), one("a", 3));
        index("{\"weight_map\":{\"a\":\"s.safetensors\",\"a\":\"s.safetensors\"}}");
        refuses("tensor a: stands there twice");
        Files.write(folder.resolve(SafetensorsFolder.INDEX), new byte[] {'{', (byte) 0xff, '}'});
        refuses("index is not UTF-8");
    }

    @Test
    void everyMutationOfAnIndexLoadsOrIsRefused() throws IOException {
        Files.write(folder.resolve("s.safetensors"), one("a", 3));
        byte[] whole = "{\"metadata\":{\"total_size\":4},\"weight_map\":{\"a\":\"s.safetensors\"}}"
                .getBytes(StandardCharsets.UTF_8);
        Path index = folder.resolve(SafetensorsFolder.INDEX);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 3000; i++) {
            byte[] content = whole.clone();
            content[random.nextInt(content.length)] = (byte) random.nextInt(256);
            WeightFiles.overwrite(index, content);
            try (SafetensorsFolder source = SafetensorsFolder.open(folder)) {
                for (String name : source.names()) {
                    WeightFiles.read(source, name);
                }
            } catch (ModelFileException e) {
                assertThat(e.getMessage()).startsWith(folder.toString());
            }
        }
    }

    @Test
    void readsTheShardsThatTransformersWrote() throws IOException {
        Path sharded = WeightFiles.fixture("llama-sharded");
        assertThat(sharded.resolve("model.safetensors")).doesNotExist();
        try (SafetensorsFolder source = SafetensorsFolder.open(sharded)) {
            assertThat(source.names())
                    .contains("model.embed_tokens.weight", "model.layers.1.mlp.down_proj.weight", "model.norm.weight");
            for (String name : source.names()) {
                for (float value : WeightFiles.read(source, name)) {
                    assertThat(value).isFinite();
                }
            }
        }
    }
}
