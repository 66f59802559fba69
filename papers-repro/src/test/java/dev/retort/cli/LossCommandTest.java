package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import dev.retort.loss.AdaptiveKl;
import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.LogitDivergence;
import dev.retort.loss.ReverseKl;
import dev.retort.loss.SkewKl;
import dev.retort.loss.SkewReverseKl;
import dev.retort.loss.SymmetricKl;
import dev.retort.loss.TeacherCrossEntropy;
import dev.retort.loss.TotalVariation;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LossCommandTest {

    /** Log of 1, 2, 5 and of 4, 4, 8: softmax is x / 8 and x / 16. */
    private static final float[] LOGITS = {
        0, (float) Math.log(2), (float) Math.log(5), (float) Math.log(4), (float) Math.log(4), (float) Math.log(8)
    };

    @TempDir
    private Path folder;

    @Test
    void computesSumCountAndGradient() throws IOException {
        Path input = write(student(LOGITS, 2, 3), longs("labels", 2, 0));
        Path gradient = folder.resolve("gradient.safetensors");

        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input, "--grad-out", gradient);

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        JsonNode json = Rows.mapper().readTree(run.out());
        assertThat(run.out()).startsWith("{\"sum\":");
        double sum = -Math.log(5 / 8.0) - Math.log(4 / 16.0);
        assertThat(json.get("sum").doubleValue()).isEqualTo(sum, within(1e-6));
        assertThat(json.get("count").intValue()).isEqualTo(2);
        assertThat(json.get("value").doubleValue()).isEqualTo(sum / 2, within(1e-6));
        assertThat(gradient(gradient, 2, 3))
                .containsExactly(
                        new float[] {1 / 8f, 2 / 8f, 5 / 8f - 1, 4 / 16f - 1, 4 / 16f, 8 / 16f}, within(1e-6f));
    }

    /** The student's rows are (1, 2, 5) / 8 and (1, 1, 2) / 4, the teacher's the other way round. */
    @ParameterizedTest
    @CsvSource({
        "teacher-cross-entropy, ''",
        "forward-kl, ''",
        "reverse-kl, ''",
        "symmetric-kl, ''",
        "jsd, beta=0.3",
        "skew-kl, alpha=0.2",
        "skew-reverse-kl, alpha=0.2",
        "total-variation, ''",
        "adaptive-kl, mu=0.6"
    })
    void comparesWithATeacher(String name, String setting) throws IOException {
        float[] turned = {LOGITS[3], LOGITS[4], LOGITS[5], LOGITS[0], LOGITS[1], LOGITS[2]};
        Path input = write(
                student(LOGITS, 2, 3),
                writer -> writer.floats("teacher", WeightDtype.F32, new long[] {2, 3}, () -> FloatBuffer.wrap(turned)),
                longs("mask", 1, 0));
        Path gradient = folder.resolve("gradient.safetensors");
        List<Object> command =
                new ArrayList<>(List.of("loss", "--name", name, "--input", input, "--grad-out", gradient));
        if (!setting.isEmpty()) {
            command.addAll(List.of("--set", setting));
        }
        CliRun run = CliRun.of(command.toArray());
        assertThat(run.err()).isEmpty();
        JsonNode json = Rows.mapper().readTree(run.out());
        double given = setting.isEmpty() ? 0 : Double.parseDouble(setting.substring(setting.indexOf('=') + 1));
        Divergence divergence =
                switch (name) {
                    case "teacher-cross-entropy" -> new TeacherCrossEntropy();
                    case "forward-kl" -> new ForwardKl();
                    case "reverse-kl" -> new ReverseKl();
                    case "symmetric-kl" -> new SymmetricKl();
                    case "jsd" -> new JensenShannon(given);
                    case "skew-kl" -> new SkewKl(given);
                    case "skew-reverse-kl" -> new SkewReverseKl(given);
                    case "total-variation" -> new TotalVariation();
                    default -> new AdaptiveKl(given);
                };
        float[] expected = new float[6];
        double value = LogitDivergence.row(divergence, LOGITS, turned, 0, 3, 1, expected);
        assertThat(json.get("sum").doubleValue())
                .isEqualTo(value, within(1e-12))
                .isPositive();
        assertThat(json.get("count").intValue()).isEqualTo(1);
        assertThat(gradient(gradient, 2, 3))
                .containsExactly(expected, within(1e-7f))
                .endsWith(0, 0, 0);
    }

    @Test
    void aTeacherMustFitAndTheLossBeFinite() throws IOException {
        float[] other = {0, 0, 0, 0};
        Path wide = write(
                student(LOGITS, 2, 3),
                writer -> writer.floats("teacher", WeightDtype.F32, new long[] {1, 4}, () -> FloatBuffer.wrap(other)));
        assertThat(CliRun.of("loss", "--name", "forward-kl", "--input", wide).err())
                .contains("has a vocabulary of 4 and student one of 3; they must be the same");
        float[] holes = {0, Float.NEGATIVE_INFINITY, 0, 0, 0, 0};
        Path infinite = write(
                student(LOGITS, 2, 3),
                writer -> writer.floats("teacher", WeightDtype.F32, new long[] {2, 3}, () -> FloatBuffer.wrap(holes)));
        assertThat(CliRun.of("loss", "--name", "reverse-kl", "--input", infinite)
                        .err())
                .contains("row 0: the loss is infinite there");
        assertThat(CliRun.of("loss", "--name", "jsd", "--input", infinite).status())
                .isZero();
        assertThat(CliRun.of("loss", "--name", "jsd", "--input", infinite, "--set", "beta=2")
                        .err())
                .isEqualTo("retort: --set: beta must be 0 to 1, not 2.0\n");
        assertThat(CliRun.of("loss", "--name", "forward-kl", "--input", infinite, "--set", "beta=0.5")
                        .err())
                .contains("--set beta is no setting of forward-kl");
    }

    @Test
    void unlikelihoodIsOfLabels() throws IOException {
        Path input = write(student(LOGITS, 2, 3), longs("labels", 2, 0));
        JsonNode json = Rows.mapper()
                .readTree(CliRun.of("loss", "--name", "unlikelihood", "--input", input)
                        .out());
        assertThat(json.get("sum").doubleValue()).isEqualTo(-Math.log(3 / 8.0) - Math.log(3 / 4.0), within(1e-6));
    }

    @ParameterizedTest
    @EnumSource(WeightDtype.class)
    void anyNumberMayBeAMask(WeightDtype dtype) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(2 * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        // The lowest bit of the first element: the smallest number above 0 of every type.
        bytes.put(0, (byte) 1);
        if (dtype.isFloating()) {
            // The second is minus zero.
            bytes.put(2 * dtype.bytes() - 1, (byte) 0x80);
        }
        Path input = write(
                student(LOGITS, 2, 3),
                longs("labels", 2, -100),
                writer -> writer.bytes("mask", dtype, new long[] {2}, () -> bytes.duplicate()));
        Path gradient = folder.resolve("gradient.safetensors");
        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input, "--grad-out", gradient);
        assertThat(run.err()).isEmpty();
        JsonNode json = Rows.mapper().readTree(run.out());
        assertThat(json.get("count").intValue()).isEqualTo(1);
        assertThat(json.get("sum").doubleValue()).isEqualTo(-Math.log(5 / 8.0), within(1e-6));
        assertThat(gradient(gradient, 2, 3)).endsWith(0, 0, 0);
    }

    @Test
    void allMaskedIsZero() throws IOException {
        Path input = write(student(LOGITS, 2, 3), longs("labels", -100, 7), longs("mask", 0, 0));
        Path gradient = folder.resolve("gradient.safetensors");
        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input, "--grad-out", gradient);
        assertThat(run.status()).isZero();
        JsonNode json = Rows.mapper().readTree(run.out());
        assertThat(json.get("sum").doubleValue()).isZero();
        assertThat(json.get("count").intValue()).isZero();
        assertThat(json.get("value").doubleValue()).isZero();
        assertThat(gradient(gradient, 2, 3)).containsOnly(0);
    }

    @Test
    void temperatureDividesAndStaysFinite() throws IOException {
        float[] extreme = {80, -80, Float.NEGATIVE_INFINITY, -80, 80, 80};
        Path input = write(student(extreme, 2, 3), longs("labels", 1, 1));
        Path gradient = folder.resolve("gradient.safetensors");
        CliRun run = CliRun.of(
                "loss",
                "--name",
                "cross-entropy",
                "--input",
                input,
                "--set",
                "temperature=0.05",
                "--grad-out",
                gradient);
        assertThat(run.err()).isEmpty();
        double sum = 160 / 0.05 + Math.log(2);
        assertThat(Rows.mapper().readTree(run.out()).get("sum").doubleValue()).isEqualTo(sum, within(1e-6));
        assertThat(gradient(gradient, 2, 3)).containsExactly(new float[] {20, -20, 0, 0, -10, 10}, within(1e-5f));
    }

    @Test
    void errorsNameFileAndTensor() throws IOException {
        bad("tensor student: ", write(longs("labels", 1, 1)));
        bad("tensor labels: ", write(student(LOGITS, 2, 3)));
        bad("tensor labels: row 1 is 3, outside 0 to 2", write(student(LOGITS, 2, 3), longs("labels", 1, 3)));
        bad("tensor labels: row 0 is -1", write(student(LOGITS, 2, 3), longs("labels", -1, 0)));
        bad("tensor labels: has shape [3]", write(student(LOGITS, 2, 3), longs("labels", 1, 1, 1)));
        bad("tensor mask: has shape [1]", write(student(LOGITS, 2, 3), longs("labels", 1, 1), longs("mask", 1)));
        bad(
                "tensor student: has shape [6]",
                write(writer ->
                        writer.floats("student", WeightDtype.F32, new long[] {6}, () -> FloatBuffer.wrap(LOGITS))));
        float[] nan = LOGITS.clone();
        nan[4] = Float.NaN;
        bad("tensor student: row 1, column 1 is NaN", write(student(nan, 2, 3), longs("labels", 1, 1)));
        nan[4] = Float.POSITIVE_INFINITY;
        bad("tensor student: row 1, column 1 is Infinity", write(student(nan, 2, 3), longs("labels", 1, 1)));
        nan[4] = Float.NEGATIVE_INFINITY;
        bad("tensor student: row 1, column 1 is -Infinity", write(student(nan, 2, 3), longs("labels", 1, 1)));
        bad(
                "tensor labels: has type F32",
                write(
                        student(LOGITS, 2, 3),
                        writer -> writer.floats(
                                "labels",
                                WeightDtype.F32,
                                new long[] {2},
                                () -> FloatBuffer.wrap(new float[] {1, 1}))));
        bad("no such file", folder.resolve("absent.safetensors"));
    }

    @Test
    void aRowOfNoNumbersMayBeMasked() throws IOException {
        float[] nan = LOGITS.clone();
        nan[4] = Float.NaN;
        Path input = write(student(nan, 2, 3), longs("labels", 2, 2), longs("mask", 1, 0));
        Path gradient = folder.resolve("gradient.safetensors");
        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input, "--grad-out", gradient);
        assertThat(run.status()).isZero();
        assertThat(gradient(gradient, 2, 3)).endsWith(0, 0, 0);
    }

    @Test
    void nothingIsWrittenAfterAnError() throws IOException {
        Path gradient = folder.resolve("gradient.safetensors");
        Path input = write(student(LOGITS, 2, 3), longs("labels", 1, 3));
        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input, "--grad-out", gradient);
        assertThat(run.status()).isEqualTo(1);
        assertThat(gradient).doesNotExist();
    }

    @Test
    void wrongUsageIsStatus2() throws IOException {
        Path input = write(student(LOGITS, 2, 3), longs("labels", 1, 1));
        usage("supported: cross-entropy", "loss", "--name", "crossentropy", "--input", input);
        usage("the nearest is temperature", "loss", "--name", "cross-entropy", "--input", input, "--set", "temp=1");
        usage("above 0", "loss", "--name", "cross-entropy", "--input", input, "--set", "temperature=0");
        usage("not a number", "loss", "--name", "cross-entropy", "--input", input, "--set", "temperature=warm");
        usage("key=value", "loss", "--name", "cross-entropy", "--input", input, "--set", "temperature");
    }

    private static void usage(String says, Object... arguments) {
        CliRun run = CliRun.of(arguments);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(says);
    }

    private static void bad(String says, Path input) {
        CliRun run = CliRun.of("loss", "--name", "cross-entropy", "--input", input);
        assertThat(run.status()).as(run.toString()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).startsWith("retort: " + input + ": ").contains(says);
    }

    @FunctionalInterface
    private interface Tensor {
        SafetensorsWriter addTo(SafetensorsWriter writer);
    }

    private static Tensor student(float[] logits, int rows, int width) {
        return writer ->
                writer.floats("student", WeightDtype.F32, new long[] {rows, width}, () -> FloatBuffer.wrap(logits));
    }

    private static Tensor longs(String name, long... values) {
        return writer -> writer.bytes(name, WeightDtype.I64, new long[] {values.length}, () -> {
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asLongBuffer().put(values);
            return bytes;
        });
    }

    private Path write(Tensor... tensors) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (Tensor tensor : tensors) {
            tensor.addTo(writer);
        }
        Path file = Files.createTempFile(folder, "input", ".safetensors");
        writer.writeFile(file);
        return file;
    }

    private static float[] gradient(Path file, long rows, long width) throws IOException {
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThat(source.names()).containsExactly("gradient");
            assertThat(source.dtype("gradient")).isEqualTo(WeightDtype.F32);
            assertThat(source.shape("gradient")).containsExactly(rows, width);
            float[] values = new float[Math.toIntExact(rows * width)];
            source.readFloats("gradient", FloatBuffer.wrap(values));
            return values;
        }
    }
}
