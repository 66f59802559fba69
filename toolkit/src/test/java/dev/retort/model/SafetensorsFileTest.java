package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.model.WeightFiles.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    private static final String HEADER =
            """
            {"__metadata__":{"format":"pt"},\
            "b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},\
            "a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},\
            "h":{"dtype":"F16","shape":[2],"data_offsets":[32,36]},\
            "none":{"dtype":"F32","shape":[0,5],"data_offsets":[36,36]},\
            "m":{"dtype":"BOOL","shape":[4],"data_offsets":[36,40]}}  \s""";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("x.safetensors");
    }

    private static byte[] whole() {
        byte[] data = new Bytes()
                .int64(-7)
                .float32(1, -2, 3.5f, Float.NaN, Float.NEGATIVE_INFINITY, 1e-40f)
                .int16(0x3c00, 0xc000)
                .int8(0, 1, 1, 0)
                .toArray();
        return WeightFiles.safetensors(HEADER, data);
    }

    private void refuses(String header, int dataBytes, String problem) throws IOException {
        refuses(WeightFiles.safetensors(header, new byte[dataBytes]), problem);
    }

    private void refuses(byte[] content, String problem) throws IOException {
        Files.write(file, content);
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(problem);
    }

    private static String tensor(String shape, String dtype, String offsets) {
        return "{\"w\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
    }

    @Test
    void readsNamesShapesTypesAndValues() throws IOException {
        Files.write(file, whole());
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(source.path()).isEqualTo(file);
            assertThat(source.names()).containsExactly("b", "a", "h", "none", "m");
            assertThat(source.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(source.shape("b")).containsExactly(2, 3);
            assertThat(source.shape("a")).isEmpty();
            assertThat(source.shape("none")).containsExactly(0, 5);
            assertThat(source.dtype("a")).isEqualTo(WeightDtype.I64);
            assertThat(source.dtype("m")).isEqualTo(WeightDtype.BOOL);
            assertThat(WeightFiles.read(source, "b"))
                    .containsExactly(1, -2, 3.5f, Float.NaN, Float.NEGATIVE_INFINITY, 1e-40f);
            assertThat(WeightFiles.read(source, "a")).containsExactly(-7);
            assertThat(WeightFiles.read(source, "h")).containsExactly(1, -2);
            assertThat(WeightFiles.read(source, "none")).isEmpty();
            assertThat(WeightFiles.read(source, "m")).containsExactly(0, 1, 1, 0);
            ByteBuffer raw = source.readRaw("a");
            assertThat(raw.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
            assertThat(raw.remaining()).isEqualTo(8);
            assertThat(raw.getLong()).isEqualTo(-7);
        }
    }

    @Test
    void aShapeHandedOutIsACopy() throws IOException {
        Files.write(file, whole());
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            source.shape("b")[0] = 99;
            assertThat(source.shape("b")).containsExactly(2, 3);
        }
    }

    @Test
    void readsEveryNumberType() throws IOException {
        byte[] data = new Bytes()
                .int64(Double.doubleToRawLongBits(0.1), Double.doubleToRawLongBits(-1e300))
                .int64(Long.MIN_VALUE, 3)
                .int64(-1, Long.MIN_VALUE | (1L << 39) | 1)
                .int32(-5, 16_777_217)
                .int32(-1, 7)
                .int16(-3, 300)
                .int16(-1, 300)
                .int16(0x3f80, 0xc2f7)
                .int8(-1, 127)
                .int8(-1, 127)
                .toArray();
        Files.write(
                file,
                WeightFiles.safetensors(
                        """
                        {"F64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
                        "I64":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},
                        "U64":{"dtype":"U64","shape":[2],"data_offsets":[32,48]},
                        "I32":{"dtype":"I32","shape":[2],"data_offsets":[48,56]},
                        "U32":{"dtype":"U32","shape":[2],"data_offsets":[56,64]},
                        "I16":{"dtype":"I16","shape":[2],"data_offsets":[64,68]},
                        "U16":{"dtype":"U16","shape":[2],"data_offsets":[68,72]},
                        "BF16":{"dtype":"BF16","shape":[2],"data_offsets":[72,76]},
                        "I8":{"dtype":"I8","shape":[2],"data_offsets":[76,78]},
                        "U8":{"dtype":"U8","shape":[2],"data_offsets":[78,80]}}""",
                        data));
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(WeightFiles.read(source, "F64")).containsExactly(0.1f, Float.NEGATIVE_INFINITY);
            assertThat(WeightFiles.read(source, "I64")).containsExactly(-0x1p63f, 3);
            // The second lies just above the middle of two floats; cutting its last bit would round it down.
            assertThat(WeightFiles.read(source, "U64")).containsExactly(0x1p64f, 0x1p63f + 0x1p40f);
            assertThat(WeightFiles.read(source, "I32")).containsExactly(-5, 16_777_216);
            assertThat(WeightFiles.read(source, "U32")).containsExactly(0x1p32f, 7);
            assertThat(WeightFiles.read(source, "I16")).containsExactly(-3, 300);
            assertThat(WeightFiles.read(source, "U16")).containsExactly(65535, 300);
            assertThat(WeightFiles.read(source, "BF16")).containsExactly(1, -123.5f);
            assertThat(WeightFiles.read(source, "I8")).containsExactly(-1, 127);
            assertThat(WeightFiles.read(source, "U8")).containsExactly(255, 127);
            for (String name : source.names()) {
                assertThat(source.dtype(name)).isEqualTo(WeightDtype.named(name).orElseThrow());
            }
        }
    }

    @Test
    void readsATensorOfSeveralChunksIntoAnyTarget() throws IOException {
        int elements = 300_001;
        Bytes data = new Bytes();
        for (int i = 0; i < elements; i++) {
            data.int16(i);
        }
        Files.write(
                file,
                WeightFiles.safetensors(
                        tensor("[" + elements + "]", "U16", "[0," + 2 * elements + "]"), data.toArray()));
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            FloatBuffer target = ByteBuffer.allocateDirect(4 * (elements + 3))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .position(2);
            source.readFloats("w", target);
            assertThat(target.position()).isEqualTo(elements + 2);
            for (int i = 0; i < elements; i++) {
                assertThat(target.get(i + 2)).isEqualTo(i & 0xffff);
            }
            assertThatThrownBy(() -> source.readFloats("w", FloatBuffer.allocate(elements - 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("room for 300000");
        }
    }

    @Test
    void readsBeyondTwoGibibytes() throws IOException {
        long first = (1L << 31) + 64;
        String header = "{\"big\":{\"dtype\":\"U8\",\"shape\":[" + first + "],\"data_offsets\":[0," + first + "]},"
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" + first + "," + (first + 8) + "]}}";
        // Written at its far end only: a sparse file.
        try (var channel = Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(WeightFiles.safetensors(header, new byte[0])));
            channel.position(channel.position() + first);
            channel.write(ByteBuffer.wrap(new Bytes().float32(4, 5).toArray()));
        }
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(WeightFiles.read(source, "last")).containsExactly(4, 5);
            assertThatThrownBy(() -> source.readRaw("big"))
                    .isExactlyInstanceOf(ModelFileException.class)
                    .hasMessageContaining("tensor big: has " + first + " bytes");
        }
    }

    @Test
    void anUnknownTensorIsAnError() throws IOException {
        Files.write(file, whole());
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            String message = file + ": tensor lm_head.weight: is not among the 5 tensors; "
                    + "check that the weights belong to config.json";
            assertThatThrownBy(() -> source.shape("lm_head.weight")).hasMessage(message);
            assertThatThrownBy(() -> source.dtype("lm_head.weight")).hasMessage(message);
            assertThatThrownBy(() -> source.readRaw("lm_head.weight")).hasMessage(message);
            assertThatThrownBy(() -> source.readFloats("lm_head.weight", FloatBuffer.allocate(1)))
                    .hasMessage(message);
        }
    }

    @Test
    void aMissingFileAFolderAndAForbiddenFileSayWhatToDo() throws IOException {
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(file + ": there is no such file; download the model's safetensors weights, "
                        + "or correct the path");
        assertThatThrownBy(() -> SafetensorsFile.open(folder))
                .isExactlyInstanceOf(ModelFileException.class)
                .hasMessage(folder + ": is a folder; give the path of a file");
        Files.write(file, whole());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        // A privileged user may read it all the same.
        if (!Files.isReadable(file)) {
            assertThatThrownBy(() -> SafetensorsFile.open(file))
                    .isExactlyInstanceOf(ModelFileException.class)
                    .hasMessage(file + ": may not be read; grant read permission");
        }
    }

    @Test
    void acceptsWhatTheReferenceAccepts() throws IOException {
        Files.write(file, WeightFiles.safetensors("{}", new byte[0]));
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(source.names()).isEmpty();
            assertThat(source.metadata()).isEmpty();
        }
        Files.write(
                file,
                WeightFiles.safetensors(
                        "{\"\\u00e4\\n\":{\"more\":[{}],\"data_offsets\":[0,1],\"shape\":[1,1],\"dtype\":\"U8\"}} ",
                        new byte[1]));
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(source.names()).containsExactly("\u00e4\n");
        }
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] whole = whole();
        for (int length = 0; length < whole.length; length++) {
            assertThat(WeightFiles.loadsOrFailsCleanly(
                            file, Arrays.copyOf(whole, length), SafetensorsFile::open, "cut at " + length))
                    .as("cut at " + length)
                    .isFalse();
        }
        assertThat(WeightFiles.loadsOrFailsCleanly(
                        file, Arrays.copyOf(whole, whole.length + 1), SafetensorsFile::open, "one byte more"))
                .isFalse();
        assertThat(WeightFiles.loadsOrFailsCleanly(file, whole, SafetensorsFile::open, "whole"))
                .isTrue();
    }

    @Test
    void everyMutationLoadsOrIsRefused() {
        WeightFiles.mutate(file, whole(), SafetensorsFile::open, 1, 5000);
    }

    @Test
    void refusesAHeaderOfAnyWrongLength() throws IOException {
        refuses(new Bytes().int64(Long.MIN_VALUE).text("{}").toArray(), "a header of 9223372036854775808 bytes");
        refuses(new Bytes().int64(-1).text("{}").toArray(), "a header of 18446744073709551615 bytes");
        refuses(new Bytes().int64(100_000_001).text("{}").toArray(), "more than the 100000000 allowed");
        refuses(new Bytes().int64(3).text("{}").toArray(), "has 10 bytes and a header of 3");
        refuses(new Bytes().int64(0).toArray(), "its header is no JSON object");
        refuses(new byte[0], "has 0 bytes, too few");
    }

    @Test
    void namesAGitLfsPointer() throws IOException {
        refuses(
                new Bytes()
                        .text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")
                        .toArray(),
                "it is a Git LFS pointer: run `git lfs pull`");
    }

    @Test
    void refusesWhatIsNoHeader() throws IOException {
        refuses("[]", 0, "its header is no JSON object");
        refuses(" {}", 0, "its header is no JSON object");
        refuses("{", 0, "header is not valid JSON");
        refuses("{}}", 0, "header is not valid JSON");
        refuses("{}{}", 0, "header goes on after its JSON object");
        refuses("{'a':1}", 0, "header is not valid JSON");
        refuses("{\"a\":1}", 0, "tensor a: is no object");
        refuses("{\"__metadata__\":[]}", 0, "__metadata__: is no object");
        refuses("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: a is no string");
        refuses("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "__metadata__: a stands there twice");
        refuses("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ stands there twice");
        refuses(new Bytes().int64(5).text("{\"").int8(0xc3).text("\"}").toArray(), "header is not UTF-8");
        refuses(new Bytes().int64(4).int8('{', 0, '}', 0).toArray(), "header is not valid JSON");
    }

    @Test
    void refusesDeepNesting() throws IOException {
        refuses("{\"a\":" + "[".repeat(100_000), 0, "tensor a: is no object");
        refuses("{\"a\":{\"more\":" + "[".repeat(100_000), 0, "nesting depth");
        refuses("{\"a\":{\"shape\":" + "[".repeat(100_000), 0, "shape is not a list of whole numbers");
        refuses("{\"a\":{\"more\":" + "{\"a\":".repeat(100_000), 0, "nesting depth");
    }

    @Test
    void refusesTensorsThatAreDescribedTwiceOrNotAtAll() throws IOException {
        refuses(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
                        + "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                0,
                "tensor a: stands there twice");
        refuses(
                "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                0,
                "tensor a: dtype stands there twice");
        refuses("{\"a\":{}}", 0, "tensor a: lacks one of dtype, shape and data_offsets");
        refuses("{\"a\":{\"dtype\":1}}", 0, "tensor a: dtype is no string");
    }

    @Test
    void refusesUnknownTypes() throws IOException {
        refuses(tensor("[1]", "F8_E4M3", "[0,1]"), 1, "tensor w: has dtype F8_E4M3, which is not supported");
        refuses(tensor("[1]", "f32", "[0,4]"), 4, "supported: [F64, F32, F16, BF16, I64, I32, I16, I8, U64");
    }

    @Test
    void refusesAbsurdShapes() throws IOException {
        refuses(tensor("[-1]", "F32", "[0,4]"), 4, "shape is not a list of whole numbers of 0 or more");
        refuses(tensor("[1.0]", "F32", "[0,4]"), 4, "shape is not a list");
        refuses(tensor("[\"1\"]", "F32", "[0,4]"), 4, "shape is not a list");
        refuses(tensor("1", "F32", "[0,4]"), 4, "shape is not a list");
        refuses(tensor("[18446744073709551617]", "F32", "[0,4]"), 4, "shape is not a list");
        refuses(tensor("[1" + "0".repeat(5000) + "]", "F32", "[0,4]"), 4, "Number length (5001) exceeds");
        refuses(tensor("[4294967296,4294967296]", "F32", "[0,0]"), 0, "is too large for any file");
        refuses(tensor("[4611686018427387904]", "F32", "[0,0]"), 0, "is too large for any file");
        refuses(tensor("[4611686018427387904,4,0]", "F32", "[0,0]"), 0, "is too large for any file");
        refuses(tensor("[" + "1,".repeat(32) + "1]", "U8", "[0,1]"), 1, "or more than 32");
        refuses(tensor("[2305843009213693951]", "F32", "[0,9223372036854775804]"), 4, "ends at byte");
    }

    @Test
    void refusesWrongOffsets() throws IOException {
        refuses(tensor("[1]", "F32", "[4,0]"), 4, "data_offsets 4 to 0 do not fit shape [1] of F32");
        refuses(tensor("[1]", "F32", "[0,8]"), 8, "do not fit shape [1] of F32, which takes 4 bytes");
        refuses(tensor("[1]", "F32", "[-4,0]"), 4, "data_offsets are not two whole numbers");
        refuses(tensor("[1]", "F32", "[0]"), 4, "data_offsets are not two whole numbers");
        refuses(tensor("[1]", "F32", "[0,4,8]"), 4, "data_offsets are not two whole numbers");
        refuses(tensor("[1]", "F32", "[0,4]"), 3, "ends at byte 4 of the data, but the file holds 3");
        refuses(tensor("[1]", "F32", "[0,4]"), 5, "holds 5 bytes of data, but its tensors take 4");
        refuses(tensor("[1]", "F32", "[4,8]"), 8, "begins at byte 4 of the data, where 0 was due");
        String two = "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[%d,%d]}}";
        refuses(String.format(Locale.ROOT, two, 2, 6), 6, "tensor b: begins at byte 2 of the data");
        refuses(String.format(Locale.ROOT, two, 0, 4), 4, "begins at byte 0 of the data, where 4 was due");
        refuses(String.format(Locale.ROOT, two, 5, 9), 9, "tensors overlap or leave a gap");
    }

    @Test
    void aHostileNameStaysOnOneLine() throws IOException {
        refuses("{\"a\\n\\u2028\\u001b[31mb" + "x".repeat(5000) + "\":1}", 0, "tensor a???[31mbxxx");
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .satisfies(e -> assertThat(e.getMessage().length())
                        .isLessThan(500 + file.toString().length()));
    }

    @Test
    void readsTheBytesThatTheReferenceImplementationWrote() throws IOException {
        try (SafetensorsFile source =
                SafetensorsFile.open(WeightFiles.fixture("smollm-bfloat16").resolve("model.safetensors"))) {
            assertThat(source.metadata()).containsEntry("format", "pt");
            assertThat(source.dtype("model.embed_tokens.weight")).isEqualTo(WeightDtype.BF16);
            assertThat(source.shape("model.norm.weight")).containsExactly(36);
            for (float value : WeightFiles.read(source, "model.norm.weight")) {
                assertThat(value).isFinite().isNotZero();
            }
        }
        try (SafetensorsFile source =
                SafetensorsFile.open(WeightFiles.fixture("llama-float16").resolve("model.safetensors"))) {
            assertThat(source.dtype("model.norm.weight")).isEqualTo(WeightDtype.F16);
        }
    }
}
