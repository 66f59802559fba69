package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.model.WeightFiles.Bytes;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("x.safetensors");
    }

    private static long[] shape(long... shape) {
        return shape;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesTheBytesOfTheFormat() throws IOException {
        new SafetensorsWriter()
                .bytes("m", WeightDtype.BOOL, shape(3), () -> WeightFiles.bytes((byte) 1, (byte) 0, (byte) 1))
                .floats("f", WeightDtype.F32, shape(1, 2), () -> WeightFiles.floats(1, -2))
                .floats("h", WeightDtype.F16, shape(), () -> WeightFiles.floats(0.5f))
                .writeFile(file);
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                + "\"h\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]},"
                + "\"m\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[10,13]}}";
        header += " ".repeat(-header.length() & 7);
        byte[] data = new Bytes().float32(1, -2).int16(0x3800).int8(1, 0, 1).toArray();
        assertThat(Files.readAllBytes(file)).isEqualTo(WeightFiles.safetensors(header, data));
        assertThat(files()).containsExactly("x.safetensors");
    }

    @Test
    void anInterruptedThreadWritesTheSameBytes() throws IOException {
        byte[] large = new byte[200_001];
        Arrays.fill(large, (byte) 7);
        SafetensorsWriter writer = new SafetensorsWriter()
                .floats("f", WeightDtype.F32, shape(2), () -> WeightFiles.floats(1, -2))
                .bytes("u", WeightDtype.U8, shape(large.length), () -> WeightFiles.bytes(large));
        writer.writeFile(file);
        Path other = folder.resolve("interrupted.safetensors");

        new SafetensorsWriter()
                .floats("f", WeightDtype.F32, shape(2), () -> {
                    Thread.currentThread().interrupt();
                    return WeightFiles.floats(1, -2);
                })
                .bytes("u", WeightDtype.U8, shape(large.length), () -> WeightFiles.bytes(large))
                .writeFile(other);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(other).hasSameBinaryContentAs(file);
    }

    @Test
    void valuesSurviveARoundTrip() throws IOException {
        float[] values = new float[70_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i) * 1000;
        }
        values[5] = Float.NaN;
        values[6] = Float.NEGATIVE_INFINITY;
        FloatBuffer buffer = FloatBuffer.wrap(values);
        new SafetensorsWriter()
                .metadata("step", "7")
                .floats("f32", WeightDtype.F32, shape(values.length), () -> buffer)
                .floats("f16", WeightDtype.F16, shape(values.length), () -> buffer)
                .floats("bf16", WeightDtype.BF16, shape(values.length), () -> buffer)
                .floats("\u00e4\"\n", WeightDtype.F32, shape(0, 4), () -> WeightFiles.floats())
                .bytes(
                        "i64",
                        WeightDtype.I64,
                        shape(2),
                        () -> WeightFiles.bytes(new Bytes().int64(-1, 5).toArray()))
                .writeFile(file);
        assertThat(buffer.position()).isZero();
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(source.metadata()).isEqualTo(Map.of("format", "pt", "step", "7"));
            assertThat(source.names()).containsExactly("i64", "f32", "\u00e4\"\n", "f16", "bf16");
            float[] halves = new float[values.length];
            float[] bfloats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                halves[i] = HalfFloat.fromHalf(HalfFloat.toHalf(values[i]));
                bfloats[i] = HalfFloat.fromBfloat(HalfFloat.toBfloat(values[i]));
            }
            // Arrays.equals takes a NaN to be equal to a NaN.
            assertThat(Arrays.equals(WeightFiles.read(source, "f32"), values)).isTrue();
            assertThat(Arrays.equals(WeightFiles.read(source, "f16"), halves)).isTrue();
            assertThat(Arrays.equals(WeightFiles.read(source, "bf16"), bfloats)).isTrue();
            assertThat(source.readRaw("i64").asLongBuffer().get(0)).isEqualTo(-1);
        }
    }

    @Test
    void everyTensorIsAligned() throws IOException {
        new SafetensorsWriter()
                .bytes("odd", WeightDtype.U8, shape(3), () -> WeightFiles.bytes(new byte[3]))
                .floats("h", WeightDtype.BF16, shape(3), () -> WeightFiles.floats(1, 2, 3))
                .floats("f", WeightDtype.F32, shape(1), () -> WeightFiles.floats(1))
                .bytes("d", WeightDtype.F64, shape(1), () -> WeightFiles.bytes(new byte[8]))
                .writeFile(file);
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(text)
                .contains("\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}")
                .contains("\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}")
                .contains("\"h\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[12,18]}")
                .contains("\"odd\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[18,21]}");
        assertThat((text.charAt(0) | (text.charAt(1) << 8)) % 8).isZero();
    }

    @Test
    void copiesFromAnotherSource() throws IOException {
        Path copy = folder.resolve("copy.safetensors");
        new SafetensorsWriter()
                .floats("w", WeightDtype.BF16, shape(2, 2), () -> WeightFiles.floats(1, 2, 3, 4))
                .writeFile(file);
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            new SafetensorsWriter().copy(source, "w").writeFile(copy);
            assertThatThrownBy(() -> new SafetensorsWriter().copy(source, "v"))
                    .isExactlyInstanceOf(ModelFileException.class);
        }
        assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Files.writeString(file, "old");
        SafetensorsWriter writer = new SafetensorsWriter()
                .floats("a", WeightDtype.F32, shape(1), () -> WeightFiles.floats(1))
                .floats("b", WeightDtype.F16, shape(2), () -> WeightFiles.floats(1, 70_000));
        assertThatThrownBy(() -> writer.writeFile(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(file + ": tensor b: holds 70000.0, beyond float16's 65504.0; "
                        + "write it as float32 or bfloat16");
        assertThat(Files.readString(file)).isEqualTo("old");
        assertThat(files()).containsExactly("x.safetensors");
        assertThatThrownBy(() -> new SafetensorsWriter()
                        .floats("a", WeightDtype.F32, shape(1), () -> {
                            throw new IOException("no more");
                        })
                        .writeFile(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessageContaining("no more");
        assertThat(Files.readString(file)).isEqualTo("old");
    }

    @Test
    void refusesWhatDoesNotFit() {
        SafetensorsWriter writer = new SafetensorsWriter();
        assertThatThrownBy(() -> writer.floats("a", WeightDtype.I8, shape(1), () -> WeightFiles.floats(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor a: float32 values are not stored as I8; use F32, F16 or BF16");
        assertThatThrownBy(() -> writer.floats("__metadata__", WeightDtype.F32, shape(), () -> WeightFiles.floats(1)))
                .isInstanceOf(IllegalArgumentException.class);
        writer.floats("a", WeightDtype.F32, shape(2), () -> WeightFiles.floats(1));
        assertThatThrownBy(() -> writer.bytes("a", WeightDtype.I8, shape(1), () -> WeightFiles.bytes((byte) 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor a is there already");
        assertThatThrownBy(() -> writer.writeFile(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor a takes 2 values, but was given 1");
        assertThatThrownBy(() -> new SafetensorsWriter()
                        .bytes("b", WeightDtype.I8, shape(2), () -> WeightFiles.bytes((byte) 1))
                        .writeFile(file))
                .hasMessage("tensor b takes 2 bytes, but was given 1");
        assertThat(file).doesNotExist();
    }

    private SafetensorsWriter threeTensors() {
        return new SafetensorsWriter()
                .floats("a", WeightDtype.F32, shape(2), () -> WeightFiles.floats(1, 2))
                .floats("b", WeightDtype.F32, shape(2), () -> WeightFiles.floats(3, 4))
                .floats("c", WeightDtype.F32, shape(5), () -> WeightFiles.floats(5, 6, 7, 8, 9));
    }

    @Test
    void writesAFolderInOneFileOrInShards() throws IOException {
        Path single = folder.resolve("single");
        threeTensors().writeFolder(single, 36);
        assertThat(single.resolve("model.safetensors")).exists();
        assertThat(single.resolve("model.safetensors.index.json")).doesNotExist();

        Path sharded = folder.resolve("sharded");
        threeTensors().writeFolder(sharded, 16);
        assertThat(Files.readString(sharded.resolve("model.safetensors.index.json")))
                .isEqualTo(
                        """
                        {
                          "metadata" : {
                            "total_size" : 36
                          },
                          "weight_map" : {
                            "a" : "model-00001-of-00002.safetensors",
                            "b" : "model-00001-of-00002.safetensors",
                            "c" : "model-00002-of-00002.safetensors"
                          }
                        }
                        """);
        try (SafetensorsFolder one = SafetensorsFolder.open(single);
                SafetensorsFolder two = SafetensorsFolder.open(sharded)) {
            assertThat(two.names()).containsExactlyElementsOf(one.names());
            for (String name : one.names()) {
                assertThat(WeightFiles.read(two, name)).containsExactly(WeightFiles.read(one, name));
            }
        }
    }

    @Test
    void doesNotWriteOverAModel() throws IOException {
        threeTensors().writeFolder(folder, 1000);
        assertThatThrownBy(() -> threeTensors().writeFolder(folder, 16))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(folder.resolve("model.safetensors")
                        + ": is there already; choose an empty folder or remove it");
        assertThat(files()).containsExactly("model.safetensors");
    }

    @Test
    void equalTensorsGiveEqualBytes() throws IOException {
        threeTensors().writeFile(file);
        Path again = folder.resolve("again.safetensors");
        threeTensors().writeFile(again);
        assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(file));
    }
}
