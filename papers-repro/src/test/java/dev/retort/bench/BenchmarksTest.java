package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our side on a tiny model, in a checkout whose Python is a fake that runs fake peers. */
@Tag("shared-data")
@Timeout(300)
class BenchmarksTest {

    private static final String ROOT = "retort.root";

    @TempDir
    private Path root;

    private final StringWriter progress = new StringWriter();

    private String oldRoot;
    private Path gguf;
    private Path python;

    @BeforeEach
    void makeCheckout() throws IOException {
        assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        oldRoot = System.getProperty(ROOT);
        gguf = Path.of(oldRoot, "toolkit/src/test/resources/models/gguf/smollm.gguf");
        System.setProperty(ROOT, root.toString());
        Files.createDirectories(root.resolve("benchmarks/peers"));
        List<String> peer = FakeWorker.side("peer", root.resolve("turns"), "ready", "9", "2", "4")
                .command();
        python = TinyModel.python(
                root,
                "case $1-$2 in",
                "  -c-*shutil*) echo ;;",
                "  -c-*find_spec*) echo '" + root + "' ;;",
                "  -c-*) echo 'torch 1, transformers 2, peft 3' ;;",
                "  *) exec '" + String.join("' '", peer) + "' ;;",
                "esac");
    }

    @AfterEach
    void restoreRoot() {
        if (oldRoot != null) {
            System.setProperty(ROOT, oldRoot);
        }
    }

    private String run(String name, int repetitions, String only, Path model, Path out)
            throws IOException, InterruptedException {
        return Benchmarks.run(
                new Benchmarks.Request(name, repetitions, only, model, python, out, 1, null),
                new PrintWriter(progress));
    }

    @Test
    void generatesAndWritesResults() throws Exception {
        Path model = TinyModel.save(root.resolve("tiny"));
        String table = run("generate", 2, "batch-1", model, null);

        Path file = root.resolve("benchmarks/results/generate.json");
        assertThat(Files.readString(file)).endsWith("}\n");
        JsonNode result = Rows.mapper().readTree(file.toFile());
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactly("benchmark", "machine", "model", "ours", "peers", "cases");
        assertThat(result.get("benchmark").textValue()).isEqualTo("generate");
        assertThat(result.get("machine").get("threads").intValue()).isEqualTo(1);
        assertThat(result.get("model").textValue()).isEqualTo("tiny");
        assertThat(result.get("ours").textValue()).matches("djl [0-9.]+, pytorch [0-9.]+");
        assertThat(result.get("peers").textValue()).isEqualTo("torch 1, transformers 2, peft 3");
        assertThat(result.get("cases")).hasSize(1);
        JsonNode work = result.get("cases").get(0);
        assertThat(work.get("case").textValue()).isEqualTo("batch-1");
        assertThat(work.get("tokens").intValue()).isEqualTo(64);
        JsonNode ours = work.get("sides").get(0);
        JsonNode peer = work.get("sides").get(1);
        JsonNode limit = work.get("sides").get(2);
        assertThat(ours.get("side").textValue()).isEqualTo("retort");
        assertThat(ours.get("seconds")).hasSize(2);
        assertThat(ours.get("first_values").get("first_ids")).hasSize(8);
        assertThat(peer.get("seconds")).hasToString("[2.0,4.0]");
        assertThat(peer.get("median_seconds").doubleValue()).isEqualTo(3);
        assertThat(limit.get("side").textValue()).isEqualTo("limit");
        assertThat(limit.get("first_values")).isEmpty();
        assertThat(limit.get("median_seconds").doubleValue())
                .isLessThan(ours.get("median_seconds").doubleValue());

        List<String> lines = table.lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).isEqualTo("generate batch-1");
        assertThat(lines.get(1))
                .isEqualTo(
                        "side                         median s   spread   stolen     tokens/s      peak MB  over ours");
        assertThat(lines.get(2)).startsWith("retort  ").endsWith(" 1.00");
        assertThat(lines.get(3)).matches("transformers +3\\.00 +67% +[0-9]+% +21\\.3 +[0-9]+ +[0-9.]+");
        assertThat(lines.get(4)).startsWith("limit  ");
    }

    @Test
    void trainsStepsIntoTheGivenFolder() throws Exception {
        Path model = TinyModel.save(root.resolve("tiny"));
        Path out = root.resolve("out");
        String table = run("train-step", 1, "svamp", model, out);
        assertThat(root.resolve("benchmarks/results")).doesNotExist();
        JsonNode sides = Rows.mapper()
                .readTree(out.resolve("train-step.json").toFile())
                .get("cases")
                .get(0)
                .get("sides");
        assertThat(sides.findValuesAsText("side"))
                .containsExactly("retort", "transformers-peft-plain", "transformers-peft-sorted", "limit");
        assertThat(sides.get(0).get("first_values").get("first_loss").doubleValue())
                .isPositive();
        assertThat(table).startsWith("train-step svamp\n").hasLineCount(6);
    }

    @Test
    void distilsIntoEverySecondLayer() throws Exception {
        Path model = TinyModel.save(root.resolve("tiny"));
        Path out = root.resolve("out");
        String table = run("distill-step", 1, null, model, out);
        JsonNode sides = Rows.mapper()
                .readTree(out.resolve("distill-step.json").toFile())
                .get("cases")
                .get(0)
                .get("sides");
        assertThat(sides.findValuesAsText("side")).containsExactly("retort", "trl-gkd", "trl-distillation", "limit");
        JsonNode values = sides.get(0).get("first_values");
        assertThat(values.get("first_loss").doubleValue()).isPositive();
        assertThat(values.get("mean_loss").doubleValue()).isPositive();
        assertThat(root.resolve("target/bench/distill-step-student/model.safetensors"))
                .exists();
        assertThat(table).startsWith("distill-step dolly\n").hasLineCount(6);
    }

    /** No interpreter is given, so that the peers' packages would be installed. */
    @Test
    void aCaseOfLossThatIsNotThereIsSaidBeforePeersAreInstalled() {
        Benchmarks.Request request = new Benchmarks.Request("loss", 1, "kl", null, null, null, 1, null);
        assertThatThrownBy(() -> Benchmarks.run(request, new PrintWriter(progress)))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no case 'kl'; there are " + LossBench.names());
        assertThat(progress.toString()).isEmpty();
    }

    @Test
    void aModelAsGgufBecomesAFolderOfItsOwn() throws Exception {
        String message = "there is no case 'batch-2'; there are [batch-16, batch-1]";
        assertThatThrownBy(() -> run("generate", 1, "batch-2", gguf, null))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
        assertThat(root.resolve("target/bench/given/smollm/model.safetensors")).exists();
        assertThat(root.resolve("target/bench/SmolLM2-135M-Instruct")).doesNotExist();

        // Without a model, it is the package's.
        Files.copy(gguf, root.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"));
        assertThatThrownBy(() -> run("generate", 1, "batch-2", null, null)).hasMessage(message);
        Path model = root.resolve("target/bench/SmolLM2-135M-Instruct");
        assertThat(model.resolve("model.safetensors")).exists();
        assertThatThrownBy(() -> run("generate", 1, "batch-2", null, null)).hasMessage(message);
        String asking = "retort: asking the peers' Python for its packages, and for the model where none is given";
        String left = "retort: there is no C++ compiler, so the peers' compiled sides are left out; install g++";
        String writing = " as a Hugging Face folder, " + root.resolve("target/bench");
        assertThat(progress.toString().lines())
                .containsExactly(
                        asking,
                        left,
                        "retort: writing " + gguf + writing + "/given/smollm",
                        asking,
                        left,
                        "retort: writing " + root.resolve("SmolLM2-135M-Instruct.Q4_1.gguf") + writing
                                + "/SmolLM2-135M-Instruct",
                        asking,
                        left);
        assertThat(root.resolve("benchmarks/results")).doesNotExist();
    }
}
