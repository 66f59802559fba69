package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.model.WeightFiles.Bytes;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {

    /** gguf-py's bytes: gguf.quants.quantize(values, GGMLQuantizationType.Q8_0).tobytes().hex(). */
    private static final String QUANTISED_BY_GGUF_PY =
            "9c288518ad40d467fc9124b94be073089d30c457ec7f14a93cd063f88d20b547dc6f"
                    + "772804952dbe56e77f100339cb62f4851dae46d76f009129ba52e37b0c9e35c75ef0";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("x.gguf");
    }

    private static long[] shape(long... shape) {
        return shape;
    }

    @Test
    void writesTheBytesOfTheFormat() throws IOException {
        new GgufWriter()
                .string("general.architecture", "llama")
                .uint32("n", 7)
                .bool("b", true)
                .tensor("h", GgufType.F16, shape(3, 1), () -> WeightFiles.floats(1, -2, 0.5f))
                .tensor("f", GgufType.F32, shape(1), () -> WeightFiles.floats(3))
                .write(file);
        Bytes expected = new Bytes().text("GGUF").int32(3).int64(2, 3);
        expected.string("general.architecture").int32(8).string("llama");
        expected.string("n").int32(4).int32(7);
        expected.string("b").int32(7).int8(1);
        expected.string("h").int32(2).int64(1, 3).int32(1).int64(0);
        expected.string("f").int32(1).int64(1).int32(0).int64(32);
        expected.pad(32).int16(0x3c00, 0xc000, 0x3800);
        expected.pad(32).float32(3).pad(32);
        assertThat(Files.readAllBytes(file)).isEqualTo(expected.toArray());
    }

    @Test
    void metadataAndValuesSurviveARoundTrip() throws IOException {
        float[] values = new float[3 * 65_536 + 64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        new GgufWriter()
                .string("s", "\u00e4")
                .uint32("u", Integer.MAX_VALUE)
                .float32("f", 1e-5f)
                .bool("b", false)
                .strings("ss", List.of("x", "", "y z"))
                .ints("is", 1, -2)
                .floats("fs", 0.5f, -1)
                .tensor("f32", GgufType.F32, shape(values.length), () -> FloatBuffer.wrap(values))
                .tensor("f16", GgufType.F16, shape(values.length / 2, 2), () -> FloatBuffer.wrap(values))
                .tensor("bf16", GgufType.BF16, shape(2, values.length / 2), () -> FloatBuffer.wrap(values))
                .tensor("q8", GgufType.Q8_0, shape(values.length / 32, 32), () -> FloatBuffer.wrap(values))
                .write(file);
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.keys()).containsExactly("s", "u", "f", "b", "ss", "is", "fs");
            assertThat(source.string("s")).isEqualTo("\u00e4");
            assertThat(source.uint32("u")).isEqualTo(Integer.MAX_VALUE);
            assertThat(source.float32("f")).isEqualTo(1e-5f);
            assertThat(source.bool("b")).isFalse();
            assertThat(source.strings("ss")).containsExactly("x", "", "y z");
            assertThat(source.ints("is")).containsExactly(1, -2);
            assertThat(source.floats("fs")).containsExactly(0.5f, -1);
            assertThat(source.names()).containsExactly("f32", "f16", "bf16", "q8");
            assertThat(source.shape("f16")).containsExactly(values.length / 2, 2);
            float[] halves = new float[values.length];
            float[] bfloats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                halves[i] = HalfFloat.fromHalf(HalfFloat.toHalf(values[i]));
                bfloats[i] = HalfFloat.fromBfloat(HalfFloat.toBfloat(values[i]));
            }
            assertThat(Arrays.equals(WeightFiles.read(source, "f32"), values)).isTrue();
            assertThat(Arrays.equals(WeightFiles.read(source, "f16"), halves)).isTrue();
            assertThat(Arrays.equals(WeightFiles.read(source, "bf16"), bfloats)).isTrue();
            float[] eighths = WeightFiles.read(source, "q8");
            float worst = 0;
            for (int i = 0; i < values.length; i++) {
                worst = Math.max(worst, Math.abs(eighths[i] - values[i]));
            }
            // Half a step of the largest block, and its scale's float16 error times up to 127 steps.
            assertThat(worst).isLessThan((0.5f + 127f / 2048) / 127);
        }
    }

    private byte[] quantised(float[] values) throws IOException {
        new GgufWriter()
                .tensor("w", GgufType.Q8_0, shape(values.length), () -> FloatBuffer.wrap(values))
                .write(file);
        byte[] bytes = Files.readAllBytes(file);
        int dataStart = 64;
        return Arrays.copyOfRange(bytes, dataStart, dataStart + values.length / 32 * 34);
    }

    @Test
    void quantisesAsGgufPy() throws IOException {
        float[] values = new float[64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 64 - 31) / 7f;
        }
        values[40] = 0.1f;
        assertThat(HexFormat.of().formatHex(quantised(values))).isEqualTo(QUANTISED_BY_GGUF_PY);
    }

    @Test
    void roundsTiesAwayFromZero() throws IOException {
        float[] values = new float[32];
        values[0] = 127;
        values[1] = 0.5f;
        values[2] = -2.5f;
        values[3] = 2.5f;
        values[4] = 0.49999997f;
        values[5] = -126.5f;
        byte[] block = quantised(values);
        assertThat(Arrays.copyOf(block, 8)).isEqualTo(new byte[] {0, 0x3c, 127, 1, -3, 3, 0, -127});
        assertThat(quantised(new float[32])).isEqualTo(new byte[34]);
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Files.writeString(file, "old");
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1e7f}) {
            float[] values = new float[32];
            values[9] = value;
            GgufWriter writer = new GgufWriter().tensor("w", GgufType.Q8_0, shape(32), () -> FloatBuffer.wrap(values));
            assertThatThrownBy(() -> writer.write(file))
                    .isExactlyInstanceOf(ModelFileException.class)
                    .hasMessage(file + ": tensor w: holds NaN, an infinity or a value too large for Q8_0; "
                            + "check the weights, or write it as F32");
        }
        assertThat(Files.readString(file)).isEqualTo("old");
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void refusesWhatDoesNotFit() {
        GgufWriter writer = new GgufWriter().uint32("n", 1);
        assertThatThrownBy(() -> writer.uint32("n", 1)).hasMessage("metadata n is there already");
        assertThatThrownBy(() -> writer.uint32("m", -1)).hasMessage("metadata m may not be negative, but is -1");
        assertThatThrownBy(() -> writer.uint32("general.alignment", 64))
                .hasMessage("general.alignment is the writer's own to set");
        assertThatThrownBy(() -> writer.tensor("w", GgufType.Q8_0, shape(32, 31), () -> WeightFiles.floats()))
                .hasMessage("tensor w: has rows of 31, and Q8_0 needs multiples of 32");
        assertThatThrownBy(() -> writer.tensor("w", GgufType.Q4_1, shape(32), () -> WeightFiles.floats()))
                .hasMessage("tensor w: Q4_1 is read, not written; use F32, F16, BF16 or Q8_0");
        assertThatThrownBy(() -> writer.tensor("w", GgufType.F32, shape(), () -> WeightFiles.floats(1)))
                .hasMessage("tensor w: has 0 dimensions, and must have 1 to 4");
        assertThatThrownBy(() -> writer.tensor("w".repeat(64), GgufType.F32, shape(1), () -> WeightFiles.floats(1)))
                .hasMessageEndingWith("a name has at most 63 bytes");
        writer.tensor("w", GgufType.F32, shape(2), () -> WeightFiles.floats(1));
        assertThatThrownBy(() -> writer.tensor("w", GgufType.F32, shape(2), () -> WeightFiles.floats(1)))
                .hasMessage("tensor w is there already");
        assertThatThrownBy(() -> writer.write(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor w takes 2 values, but was given 1");
        assertThat(file).doesNotExist();
    }
}
