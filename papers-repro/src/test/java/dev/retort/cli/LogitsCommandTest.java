package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import dev.retort.model.SafetensorsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogitsCommandTest {

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "llama-sharded", "smollm-bfloat16", "qwen3", "gpt2", "gpt2-bare"})
    void agreesWithTransformers(String name) throws IOException {
        Path folder = CliRun.fixture(name);
        agrees(folder, folder.resolve("golden.safetensors"));
    }

    @Test
    void agreesWithTransformersOnGguf() throws IOException {
        agrees(CliRun.fixture("gguf/llama-gqa.gguf"), CliRun.fixture("gguf/llama-gqa.golden.safetensors"));
    }

    private static void agrees(Path model, Path goldenFile) throws IOException {
        try (SafetensorsFile golden = SafetensorsFile.open(goldenFile)) {
            float[] ids = floats(golden, "single.ids");
            CliRun run = CliRun.of("logits", "--model", model, "--ids", list(ids, 0, ids.length));
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isZero();
            compare(Rows.mapper().readTree(run.out()), floats(golden, "single.logits"), ids.length);
        }
    }

    @Test
    void agreesWithTransformersOnAnEncoderDecoder() throws IOException {
        Path folder = CliRun.fixture("t5-v11");
        try (SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
            float[] encoderIds = floats(golden, "encoder.ids");
            float[] decoderIds = floats(golden, "decoder.ids");
            float[] mask = floats(golden, "encoder.mask");
            int length = Math.toIntExact(golden.shape("encoder.ids")[1]);
            int decoderLength = Math.toIntExact(golden.shape("decoder.ids")[1]);
            int whole =
                    (int) IntStream.range(0, length).filter(i -> mask[i] != 0).count();

            CliRun run = CliRun.of(
                    "logits",
                    "--model",
                    folder,
                    "--ids",
                    list(encoderIds, 0, whole),
                    "--decoder-ids",
                    list(decoderIds, 0, decoderLength));

            assertThat(run.err()).isEmpty();
            float[] all = floats(golden, "logits");
            float[] firstRow = Arrays.copyOf(all, all.length / 3);
            float[] decoderMask = floats(golden, "decoder.mask");
            int labelled = (int) IntStream.range(0, decoderLength)
                    .filter(i -> decoderMask[i] != 0)
                    .count();
            JsonNode logits = Rows.mapper().readTree(run.out()).get("logits");
            assertThat(logits).hasSize(decoderLength);
            compareRows(logits, firstRow, labelled);

            CliRun start = CliRun.of("logits", "--model", folder, "--ids", list(encoderIds, 0, whole));
            assertThat(Rows.mapper().readTree(start.out()).get("logits")).hasSize(1);
        }
    }

    @Test
    void numbersReadBackAsTheSameFloats() throws IOException {
        CliRun run = CliRun.of("logits", "--model", CliRun.fixture("llama-gqa"), "--ids", "3,4");
        for (JsonNode row : Rows.mapper().readTree(run.out()).get("logits")) {
            for (JsonNode value : row) {
                float number = Float.parseFloat(value.asText());
                assertThat(Float.toString(number)).isEqualTo(Float.toString((float) value.doubleValue()));
            }
        }
    }

    @Test
    void isOneLineOfJson() {
        CliRun run = CliRun.of("logits", "--model", CliRun.fixture("llama-gqa"), "--ids", "3");
        assertThat(run.out()).startsWith("{\"logits\":[[").endsWith("]]}\n");
        assertThat(run.out().lines()).hasSize(1);
    }

    @Test
    void wrongUsageIsStatus2() {
        Path model = CliRun.fixture("llama-gqa");
        usage("0 to 95", "logits", "--model", model, "--ids", "96");
        usage("at least 0", "logits", "--model", model, "--ids=-1");
        usage("'' is not a token id", "logits", "--model", model, "--ids", "1,");
        usage("no encoder", "logits", "--model", model, "--ids", "1", "--decoder-ids", "1");
        usage("only 128 positions", "logits", "--model", model, "--ids", "1" + ",1".repeat(128));
        usage("--decoder-ids: 96", "logits", "--model", CliRun.fixture("t5-v10"), "--ids", "1", "--decoder-ids", "96");
    }

    private static void usage(String says, Object... arguments) {
        CliRun run = CliRun.of(arguments);
        assertThat(run.status()).as(run.toString()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(says);
    }

    private static void compare(JsonNode json, float[] expected, int positions) {
        assertThat(json.get("logits")).hasSize(positions);
        compareRows(json.get("logits"), expected, positions);
    }

    private static void compareRows(JsonNode rows, float[] expected, int positions) {
        int vocabulary = rows.get(0).size();
        double worst = 0;
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < vocabulary; i++) {
                double difference = rows.get(position).get(i).doubleValue() - expected[position * vocabulary + i];
                worst = Math.max(worst, Math.abs(difference));
            }
        }
        assertThat(worst).isLessThan(1e-4);
    }

    private static String list(float[] ids, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Integer.toString((int) ids[i]))
                .collect(Collectors.joining(","));
    }

    private static float[] floats(SafetensorsFile file, String name) throws IOException {
        long size = Arrays.stream(file.shape(name)).reduce(1, Math::multiplyExact);
        float[] values = new float[Math.toIntExact(size)];
        file.readFloats(name, FloatBuffer.wrap(values));
        return values;
    }
}
