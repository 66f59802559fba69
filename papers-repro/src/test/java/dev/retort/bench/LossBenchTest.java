package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our side on a tiny shape, and peers whose results are files that lie ready. */
@Timeout(180)
class LossBenchTest {

    private static final LossBench.Size TINY = new LossBench.Size("tiny", 6, 1000, 9);

    @TempDir
    private Path folder;

    private Path python;

    @BeforeEach
    void makePeers() throws IOException {
        Files.createDirectories(folder.resolve("benchmarks/peers"));
        python = TinyModel.python(
                folder,
                "echo '{\"ready\": true}'",
                "while read -r line; do",
                "  [ ! -e '" + folder + "'/$4 ] || cp '" + folder + "'/$4 \"$6\"",
                "  echo '{\"seconds\": 2}'",
                "done");
    }

    private ObjectNode run() throws IOException, InterruptedException {
        PrintWriter progress = new PrintWriter(Writer.nullWriter());
        Peers peers = Peers.ready(folder, python, folder, progress);
        return new LossBench(1, folder, peers).run("tiny-jsd", TINY, 0.5, 1, progress);
    }

    @Test
    void comparesWhatTheSidesComputed() throws Exception {
        ObjectNode alone = run();
        assertThat(alone.get("case").textValue()).isEqualTo("tiny-jsd");
        assertThat(alone.get("work"))
                .hasToString("{\"tokens\":6,\"vocabulary\":1000,\"width\":9,\"beta\":0.5,\"temperature\":1.0,"
                        + "\"dtype\":\"float32\"}");
        assertThat(alone.get("tokens").intValue()).isEqualTo(6);
        assertThat(alone.get("sides").findValuesAsText("side"))
                .containsExactly("retort", "trl-autograd", "trl-chunked", "limit");
        assertThat(alone.findValues("apart_from_ours")).isEmpty();
        assertThat(alone.findValues("apart_from_float64")).hasSize(1);
        double error = alone.at("/sides/0/apart_from_float64").doubleValue();
        assertThat(error).isBetween(1e-12, 1e-6);

        Path ours = folder.resolve("loss-tiny-jsd-retort.safetensors");
        float[] values = LossBench.read(ours, "values");
        float[] ofHidden = LossBench.read(ours, "hidden_gradient");
        float[] ofHead = LossBench.read(ours, "head_gradient");
        assertThat(values).hasSize(6);
        assertThat(ofHidden).hasSize(54);
        assertThat(ofHead).hasSize(18);
        Files.copy(ours, folder.resolve("autograd"));
        float[] moved = values.clone();
        float least = Float.MAX_VALUE;
        for (int i = 0; i < moved.length; i++) {
            moved[i]++;
            least = Math.min(least, moved[i]);
        }
        write(folder.resolve("chunked"), moved, times(ofHidden, 2), times(ofHead, -1));

        JsonNode sides = run().get("sides");
        assertThat(sides.get(0).has("apart_from_ours")).isFalse();
        assertThat(sides.get(1).get("apart_from_ours"))
                .hasToString("{\"values\":0.0,\"hidden_gradient\":0.0,\"head_gradient\":0.0}");
        JsonNode apart = sides.get(2).get("apart_from_ours");
        assertThat(apart.get("values").doubleValue()).isCloseTo(1 / (1 + least), within(1e-6));
        assertThat(apart.get("hidden_gradient").doubleValue()).isEqualTo(0.5);
        assertThat(apart.get("head_gradient").doubleValue()).isEqualTo(2);
        assertThat(sides.get(3).has("apart_from_ours")).isFalse();
        assertThat(sides.get(0).get("apart_from_float64").doubleValue()).isEqualTo(error);
        assertThat(sides.get(1).get("apart_from_float64").doubleValue()).isEqualTo(error);
        assertThat(sides.get(2).get("apart_from_float64").doubleValue()).isCloseTo(1 / least, within(1e-5));
        assertThat(sides.get(3).has("apart_from_float64")).isFalse();

        write(folder.resolve("chunked"), new float[5], ofHidden, ofHead);
        assertThatThrownBy(this::run)
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("loss-tiny-jsd-trl-chunked.safetensors") + ": values has 5 numbers, not 6");
    }

    private static float[] times(float[] array, float factor) {
        float[] product = array.clone();
        for (int i = 0; i < product.length; i++) {
            product[i] *= factor;
        }
        return product;
    }

    private static void write(Path file, float[] values, float[] ofHidden, float[] ofHead) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        List<float[]> tensors = List.of(values, ofHidden, ofHead);
        List<String> names = List.of("values", "hidden_gradient", "head_gradient");
        for (int i = 0; i < names.size(); i++) {
            float[] tensor = tensors.get(i);
            writer.floats(names.get(i), WeightDtype.F32, new long[] {tensor.length}, () -> FloatBuffer.wrap(tensor));
        }
        writer.writeFile(file);
    }

    @Test
    void aCaseIsAModelsShapeAndADivergence() {
        assertThat(LossBench.names())
                .containsExactly(
                        "smollm2-forward-kl",
                        "smollm2-reverse-kl",
                        "smollm2-jsd",
                        "qwen2.5-forward-kl",
                        "qwen2.5-reverse-kl",
                        "qwen2.5-jsd");
    }
}
