package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.model.WeightFiles.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    private static final int ONE = 0x3c00;
    private static final int HALF = 0x3800;
    private static final int MINUS_TWO = 0xc000;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("x.gguf");
    }

    private static Bytes start(int version, long tensors, long entries) {
        return new Bytes().text("GGUF").int32(version).int64(tensors, entries);
    }

    /** A tensor's entry; ne is ggml's order, fastest first. */
    private static Bytes tensor(Bytes bytes, String name, int type, long offset, long... ne) {
        return bytes.string(name).int32(ne.length).int64(ne).int32(type).int64(offset);
    }

    /** Sixteen bytes whose low halves are 0 to 15 and whose high halves are 15 to 0. */
    private static Bytes nibbles(Bytes bytes) {
        for (int i = 0; i < 16; i++) {
            bytes.int8(i | ((15 - i) << 4));
        }
        return bytes;
    }

    private static Bytes signedBytes(Bytes bytes) {
        for (int i = 0; i < 32; i++) {
            bytes.int8(i * 8 - 128);
        }
        return bytes;
    }

    /** A file with metadata of every type and a tensor of every type; it ends with the last tensor's last byte. */
    private static byte[] whole() {
        Bytes bytes = start(3, 6, 18);
        bytes.string("general.alignment").int32(4).int32(64);
        bytes.string("u8").int32(0).int8(255);
        bytes.string("i8").int32(1).int8(-1);
        bytes.string("u16").int32(2).int16(65535);
        bytes.string("i16").int32(3).int16(-2);
        bytes.string("u32").int32(4).int32(-1);
        bytes.string("i32").int32(5).int32(-3);
        bytes.string("f32").int32(6).float32(0.1f);
        bytes.string("bool").int32(7).int8(1);
        bytes.string("text").int32(8).string("\u00e4\u4e2d");
        bytes.string("u64").int32(10).int64(-1);
        bytes.string("i64").int32(11).int64(7);
        bytes.string("f64").int32(12).int64(Double.doubleToRawLongBits(0.1));
        bytes.string("strings")
                .int32(9)
                .int32(8)
                .int64(3)
                .string("a")
                .string("")
                .string("\u00e4");
        bytes.string("ints").int32(9).int32(5).int64(2).int32(5, -6);
        bytes.string("floats").int32(9).int32(6).int64(2).float32(1.5f, -2);
        bytes.string("bools").int32(9).int32(7).int64(2).int8(0, 1);
        bytes.string("nested").int32(9).int32(9).int64(2);
        bytes.int32(8).int64(1).string("x").int32(12).int64(1).int64(0);
        tensor(bytes, "f32", 0, 0, 3, 2);
        tensor(bytes, "f16", 1, 64, 2);
        tensor(bytes, "bf16", 30, 128, 1, 2);
        tensor(bytes, "q4_0", 2, 192, 32);
        tensor(bytes, "q4_1", 3, 256, 32, 1, 1, 1);
        tensor(bytes, "q8_0", 8, 320, 32, 2);
        bytes.pad(64).float32(1, 2, 3, 4, 5, Float.NaN);
        bytes.pad(64).int16(ONE, MINUS_TWO);
        bytes.pad(64).int16(0x3f80, 0xc2f7);
        nibbles(bytes.pad(64).int16(HALF));
        nibbles(bytes.pad(64).int16(HALF, MINUS_TWO));
        signedBytes(bytes.pad(64).int16(HALF));
        signedBytes(bytes.int16(MINUS_TWO));
        return bytes.toArray();
    }

    private void refuses(Bytes content, String problem) throws IOException {
        refuses(content.toArray(), problem);
    }

    private void refuses(byte[] content, String problem) throws IOException {
        Files.write(file, content);
        assertThatThrownBy(() -> GgufFile.open(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(problem);
    }

    @Test
    void readsShapesTypesAndDequantisedValues() throws IOException {
        Files.write(file, whole());
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.path()).isEqualTo(file);
            assertThat(source.names()).containsExactly("f32", "f16", "bf16", "q4_0", "q4_1", "q8_0");
            assertThat(source.shape("f32")).containsExactly(2, 3);
            assertThat(source.shape("bf16")).containsExactly(2, 1);
            assertThat(source.shape("q4_1")).containsExactly(1, 1, 1, 32);
            assertThat(source.type("q4_0")).isEqualTo(GgufType.Q4_0);
            assertThat(source.dtype("f32")).isEqualTo(WeightDtype.F32);
            assertThat(source.dtype("f16")).isEqualTo(WeightDtype.F16);
            assertThat(source.dtype("bf16")).isEqualTo(WeightDtype.BF16);
            assertThat(source.dtype("q8_0")).isEqualTo(WeightDtype.F32);
            assertThat(WeightFiles.read(source, "f32")).containsExactly(1, 2, 3, 4, 5, Float.NaN);
            assertThat(WeightFiles.read(source, "f16")).containsExactly(1, -2);
            assertThat(WeightFiles.read(source, "bf16")).containsExactly(1, -123.5f);
            float[] q4Zero = WeightFiles.read(source, "q4_0");
            float[] q4One = WeightFiles.read(source, "q4_1");
            float[] q8Zero = WeightFiles.read(source, "q8_0");
            for (int i = 0; i < 32; i++) {
                int nibble = i < 16 ? i : 31 - i;
                assertThat(q4Zero[i]).isEqualTo((nibble - 8) * 0.5f);
                assertThat(q4One[i]).isEqualTo(nibble * 0.5f - 2);
                assertThat(q8Zero[i]).isEqualTo((i * 8 - 128) * 0.5f);
                assertThat(q8Zero[i + 32]).isEqualTo((i * 8 - 128) * -2f);
            }
        }
    }

    @Test
    void rawBytesAreThoseOfTheDtype() throws IOException {
        Files.write(file, whole());
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.readRaw("f16").getShort(2)).isEqualTo((short) MINUS_TWO);
            ByteBuffer quantised = source.readRaw("q8_0");
            assertThat(quantised.remaining()).isEqualTo(64 * Float.BYTES);
            FloatBuffer floats = quantised.asFloatBuffer();
            for (float value : WeightFiles.read(source, "q8_0")) {
                assertThat(floats.get()).isEqualTo(value);
            }
        }
    }

    @Test
    void readsMetadataByType() throws IOException {
        Files.write(file, whole());
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.keys())
                    .hasSize(18)
                    .startsWith("general.alignment", "u8")
                    .endsWith("nested");
            assertThat(source.uint32("general.alignment")).isEqualTo(64);
            assertThat(source.uint32("u8")).isEqualTo(255);
            assertThat(source.uint32("u16")).isEqualTo(65535);
            assertThat(source.uint32("i64")).isEqualTo(7);
            assertThat(source.float32("f32")).isEqualTo(0.1f);
            assertThat(source.float32("f64")).isEqualTo(0.1f);
            assertThat(source.bool("bool")).isTrue();
            assertThat(source.string("text")).isEqualTo("\u00e4\u4e2d");
            assertThat(source.strings("strings")).containsExactly("a", "", "\u00e4");
            assertThat(source.ints("ints")).containsExactly(5, -6);
            assertThat(source.floats("floats")).containsExactly(1.5f, -2);
            assertThat(source.optionalString("text")).contains("\u00e4\u4e2d");
            assertThat(source.optionalUint32("none")).isEmpty();
            assertThat(source.optionalFloat32("none")).isEmpty();
            assertThat(source.optionalBool("none")).isEmpty();
            assertThat(source.optionalString("none")).isEmpty();
            assertThat(source.optionalStrings("none")).isEmpty();
            assertThat(source.optionalInts("none")).isEmpty();
            assertThat(source.optionalFloats("none")).isEmpty();
        }
    }

    @FunctionalInterface
    private interface Getter {
        Object get(GgufFile source, String key) throws IOException;
    }

    @Test
    void wrongOrMissingMetadataIsAClearError() throws IOException {
        Files.write(file, whole());
        Map<String, Getter> getters = Map.of(
                "a string", GgufFile::string,
                "a whole number from 0 to 2147483647", GgufFile::uint32,
                "a float", GgufFile::float32,
                "a boolean", GgufFile::bool,
                "an array of strings", GgufFile::strings,
                "an array of whole numbers", GgufFile::ints,
                "an array of floats", GgufFile::floats);
        try (GgufFile source = GgufFile.open(file)) {
            for (Map.Entry<String, Getter> entry : getters.entrySet()) {
                assertThatThrownBy(() -> entry.getValue().get(source, "llama.block_count"))
                        .isExactlyInstanceOf(ModelFileException.class)
                        .hasMessage(file + ": metadata llama.block_count: is missing; "
                                + "convert or download the model again");
                assertThatThrownBy(() -> entry.getValue().get(source, "bools"))
                        .isExactlyInstanceOf(ModelFileException.class)
                        .hasMessage(file + ": metadata bools: is an array of booleans, and must be " + entry.getKey()
                                + "; convert or download the model again");
            }
            assertThatThrownBy(() -> source.uint32("i32")).hasMessageContaining("i32: is -3, and must be");
            assertThatThrownBy(() -> source.uint32("u32")).hasMessageContaining("u32: is 4294967295, and must be");
            assertThatThrownBy(() -> source.uint32("u64")).hasMessageContaining("and must be a whole number from 0");
            assertThatThrownBy(() -> source.uint32("f32")).hasMessageContaining("f32: is a float, and must be");
            assertThatThrownBy(() -> source.string("i8")).hasMessageContaining("i8: is a whole number, and must be");
            assertThatThrownBy(() -> source.strings("nested")).hasMessageContaining("nested: is an array of arrays");
            assertThatThrownBy(() -> source.shape("none"))
                    .hasMessage(file + ": tensor none: is not among the 6 tensors; "
                            + "convert or download the model again");
        }
    }

    @Test
    void readsVersionTwoAndScalars() throws IOException {
        Files.write(
                file, tensor(start(2, 1, 0), "scalar", 0, 0).pad(32).float32(5).toArray());
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.shape("scalar")).isEmpty();
            assertThat(WeightFiles.read(source, "scalar")).containsExactly(5);
        }
    }

    @Test
    void readsMetadataThatIsLongerThanTheWindow() throws IOException {
        Bytes bytes = start(3, 0, 2);
        bytes.string("long").int32(8).string("ab".repeat(100_000));
        bytes.string("many").int32(9).int32(8).int64(50_000);
        for (int i = 0; i < 50_000; i++) {
            bytes.string("t" + i);
        }
        Files.write(file, bytes.toArray());
        try (GgufFile source = GgufFile.open(file)) {
            assertThat(source.string("long")).isEqualTo("ab".repeat(100_000));
            assertThat(source.strings("many")).hasSize(50_000).endsWith("t49998", "t49999");
        }
    }

    @Test
    void aMissingFileSaysWhatToDo() {
        assertThatThrownBy(() -> GgufFile.open(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(file + ": there is no such file; download the model's GGUF file, or correct the path");
        assertThatThrownBy(() -> GgufFile.open(folder))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(folder + ": is a folder; give the path of a file");
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] whole = whole();
        for (int length = 0; length < whole.length; length++) {
            assertThat(WeightFiles.loadsOrFailsCleanly(
                            file, Arrays.copyOf(whole, length), GgufFile::open, "cut at " + length))
                    .as("cut at " + length)
                    .isFalse();
        }
        assertThat(WeightFiles.loadsOrFailsCleanly(file, whole, GgufFile::open, "whole"))
                .isTrue();
    }

    @Test
    void everyMutationLoadsOrIsRefused() {
        WeightFiles.mutate(file, whole(), GgufFile::open, 2, 5000);
    }

    @Test
    void refusesOtherFilesAndVersions() throws IOException {
        refuses(new Bytes().text("GGML").zeros(40), "is not a GGUF file; download it again");
        refuses(
                new Bytes().text("version https://git-lfs.github.com/spec/v1\n"),
                "is not a GGUF file; it is a Git LFS");
        refuses(start(1, 0, 0), "is GGUF version 1, and 2 and 3 are read");
        refuses(start(4, 0, 0), "is GGUF version 4, and 2 and 3 are read");
        refuses(start(0x03000000, 0, 0), "is a big-endian GGUF file");
        refuses(new byte[0], "has no room for a GGUF header");
    }

    @Test
    void refusesCountsThatTheFileCannotHold() throws IOException {
        refuses(start(3, 1L << 60, 0), "has no room for 1152921504606846976 tensors");
        refuses(start(3, 0, 1L << 60), "has no room for 1152921504606846976 metadata entries");
        refuses(start(3, -1, 0), "has no room for 18446744073709551615 tensors");
        refuses(start(3, 1, 0).zeros(15), "has no room for 1 tensors");
        refuses(start(3, 0, 1).int64(1L << 60).zeros(8), "has no room for 1152921504606846976 bytes of a metadata key");
        refuses(start(3, 0, 1).string("k").int32(8).int64(-1).zeros(8), "18446744073709551615 bytes of metadata k");
        refuses(
                start(3, 0, 1).string("k").int32(9).int32(0).int64(1L << 60),
                "1152921504606846976 elements of metadata k");
        refuses(start(3, 0, 1).string("k").int32(9).int32(9).int64(2).zeros(23), "has no room for 2 elements");
    }

    @Test
    void refusesArraysOfArraysWithoutEnd() throws IOException {
        Bytes bytes = start(3, 0, 1).string("k").int32(9);
        for (int i = 0; i < 100_000; i++) {
            bytes.int32(9).int64(1);
        }
        refuses(bytes, "metadata k: has arrays more than 4 deep");
    }

    @Test
    void refusesWrongMetadata() throws IOException {
        refuses(start(3, 0, 1).string("k").int32(13).zeros(8), "metadata k: has the unknown type 13");
        refuses(start(3, 0, 1).string("k").int32(9).int32(-1).int64(0), "is an array of the unknown type 4294967295");
        refuses(start(3, 0, 1).string("k").int32(7).int8(2), "metadata k: is a boolean of 2, not 0 or 1");
        refuses(
                start(3, 0, 2).string("k").int32(7).int8(1).string("k").int32(7).int8(1),
                "metadata k: stands there twice");
        refuses(start(3, 0, 1).int64(1).int8(0xff).int32(7).int8(1), "a metadata key is not UTF-8");
        refuses(start(3, 0, 1).string("k").int32(8).int64(2).int8(0xc3, 0x28), "metadata k is not UTF-8");
        for (int alignment : new int[] {0, 3, 33, 1 << 21}) {
            refuses(
                    start(3, 0, 1).string("general.alignment").int32(4).int32(alignment),
                    "metadata general.alignment: is " + alignment + ", and must be a power of two up to 1048576");
        }
        refuses(start(3, 0, 1).string("general.alignment").int32(8).string("32"), "general.alignment: is a string");
    }

    @Test
    void namesUnsupportedTypes() throws IOException {
        refuses(
                tensor(start(3, 1, 0), "w", 14, 0, 256).pad(32).zeros(210),
                "tensor w: has type Q6_K, which is not supported; supported: [F32, F16, Q4_0, Q4_1, Q8_0, BF16]");
        refuses(tensor(start(3, 1, 0), "w", 12, 0, 256).pad(32).zeros(144), "tensor w: has type Q4_K, which");
        refuses(tensor(start(3, 1, 0), "w", 99, 0, 1).pad(32).zeros(4), "tensor w: has type unknown type 99, which");
    }

    @Test
    void refusesAbsurdShapes() throws IOException {
        refuses(tensor(start(3, 1, 0), "w", 0, 0, 1, 1, 1, 1, 1).zeros(99), "tensor w: has 5 dimensions");
        refuses(start(3, 1, 0).string("w").int32(-1).zeros(99), "tensor w: has 4294967295 dimensions");
        refuses(tensor(start(3, 1, 0), "w", 0, 0, -1).zeros(99), "tensor w: shape [-1] is too large for any file");
        refuses(tensor(start(3, 1, 0), "w", 0, 0, 1L << 32, 1L << 32).zeros(99), "is too large for any file");
        refuses(tensor(start(3, 1, 0), "w", 0, 0, 1L << 62).zeros(99), "is too large for any file");
        refuses(tensor(start(3, 1, 0), "w", 0, 0, 1L << 59).zeros(99), "tensor w: takes 2305843009213693952 bytes");
        refuses(tensor(start(3, 1, 0), "w", 8, 0, 33).zeros(99), "has rows of 33, and Q8_0 needs multiples of 32");
        refuses(tensor(start(3, 1, 0), "w", 8, 0, 1, 32).zeros(99), "has rows of 1, and Q8_0 needs multiples of 32");
    }

    @Test
    void refusesWrongPositions() throws IOException {
        refuses(tensor(start(3, 1, 0), "w", 0, 4, 1).pad(32).zeros(64), "begins at byte 4 of the data, not a multiple");
        refuses(tensor(start(3, 1, 0), "w", 0, -32, 1).pad(32).zeros(64), "begins at byte 18446744073709551584 of");
        refuses(
                tensor(start(3, 1, 0), "w", 0, 32, 1).pad(32).zeros(35),
                "takes 4 bytes from byte 32 of the data, but the file holds 35; the download was cut");
        refuses(tensor(start(3, 1, 0), "w", 0, 1L << 62, 1).pad(32).zeros(35), "but the file holds 35");
        refuses(
                tensor(tensor(start(3, 2, 0), "v", 0, 0, 9), "w", 0, 32, 1)
                        .pad(32)
                        .zeros(64),
                "tensor w: begins at byte 32 of the data, inside the one before");
        refuses(
                tensor(tensor(start(3, 2, 0), "w", 0, 0, 1), "w", 0, 32, 1)
                        .pad(32)
                        .zeros(64),
                "tensor w: stands there twice");
    }

    @Test
    void readsWhatGgufPyWrote() throws IOException {
        Map<String, String> huggingFaceNames = Map.of(
                "token_embd.weight", "model.embed_tokens.weight",
                "output.weight", "lm_head.weight",
                "output_norm.weight", "model.norm.weight",
                "blk.0.attn_v.weight", "model.layers.0.self_attn.v_proj.weight",
                "blk.0.attn_output.weight", "model.layers.0.self_attn.o_proj.weight",
                "blk.0.ffn_gate.weight", "model.layers.0.mlp.gate_proj.weight",
                "blk.0.ffn_up.weight", "model.layers.0.mlp.up_proj.weight",
                "blk.0.ffn_down.weight", "model.layers.0.mlp.down_proj.weight");
        try (GgufFile source = GgufFile.open(WeightFiles.fixture("gguf/llama-gqa.gguf"));
                SafetensorsFile golden =
                        SafetensorsFile.open(WeightFiles.fixture("gguf/llama-gqa.golden.safetensors"))) {
            assertThat(source.string("general.architecture")).isEqualTo("llama");
            assertThat(source.uint32("general.alignment")).isEqualTo(64);
            assertThat(source.strings("tokenizer.ggml.tokens")).hasSize(300);
            assertThat(source.ints("tokenizer.ggml.token_type")).hasSize(300);
            for (Map.Entry<String, String> names : huggingFaceNames.entrySet()) {
                String expected = "weight." + names.getValue();
                assertThat(source.shape(names.getKey())).isEqualTo(golden.shape(expected));
                assertThat(Arrays.equals(WeightFiles.read(source, names.getKey()), WeightFiles.read(golden, expected)))
                        .as(names.getKey())
                        .isTrue();
            }
        }
    }
}
