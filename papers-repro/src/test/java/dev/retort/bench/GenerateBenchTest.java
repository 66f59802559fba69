package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Rows;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("shared-data")
class GenerateBenchTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void needsSharedData() {
        assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
    }

    @Test
    void continuesTheFirstTestQuestions() throws Exception {
        List<DssExample> questions = DssDataSet.SVAMP.load(DataCatalogue.standard(), "test");
        List<String> first = words(questions.get(0));
        List<String> distinct = first.stream().distinct().toList();
        List<BenchCase> cases;
        try (Tokenizer tokenizer = Tokenizer.ofWords(distinct)) {
            cases = new GenerateBench(TinyModel.setting(folder, tokenizer, folder)).cases();
        }
        assertThat(cases).extracting(BenchCase::name).containsExactly("batch-16", "batch-1");
        int[] ids = first.stream().mapToInt(word -> 3 + distinct.indexOf(word)).toArray();
        check(cases.get(0), questions.subList(0, 16), ids);
        check(cases.get(1), questions.subList(0, 1), ids);
    }

    private static List<String> words(DssExample question) {
        return List.of(question.input().strip().split("\\s+"));
    }

    private void check(BenchCase work, List<DssExample> questions, int[] firstIds) throws IOException {
        int rows = questions.size();
        Path file = folder.resolve("generate-" + rows + ".json");
        JsonNode json = Rows.mapper().readTree(file.toFile());
        assertThat(json.fieldNames()).toIterable().containsExactly("model", "threads", "new_tokens", "prompts");
        assertThat(json.get("model").textValue()).isEqualTo(folder.toString());
        assertThat(json.get("threads").intValue()).isEqualTo(2);
        assertThat(json.get("new_tokens").intValue()).isEqualTo(64);
        assertThat(json.get("prompts")).hasSize(rows);
        assertThat(TrainStepWorker.ids(json.get("prompts").get(0))).isEqualTo(firstIds);
        int promptTokens = 0;
        for (int i = 0; i < rows; i++) {
            int tokens = words(questions.get(i)).size();
            assertThat(json.get("prompts").get(i)).hasSize(tokens);
            promptTokens += tokens;
        }
        assertThat(work.units()).isEqualTo(64L * rows);
        assertThat(work.unit()).isEqualTo("tokens");
        assertThat(work.work())
                .hasToString("{\"batch\":" + rows + ",\"new_tokens_a_row\":64,\"prompt_tokens\":" + promptTokens
                        + ",\"dtype\":\"float32\"}");
        assertThat(work.sides())
                .extracting(Side::name)
                .containsExactly("retort", "transformers", "transformers-compiled", "limit");
        assertThat(work.sides().get(0).command())
                .endsWith("dev.retort.bench.GenerateWorker", file.toString(), "generate");
        String python = folder.resolve("python").toString();
        String script = folder.resolve("benchmarks/peers/generate.py").toString();
        assertThat(work.sides().get(1).command()).containsExactly(python, script, file.toString(), "--mode", "eager");
        assertThat(work.sides().get(2).command())
                .containsExactly(python, script, file.toString(), "--mode", "compiled");
        assertThat(work.sides().get(3).command())
                .endsWith("dev.retort.bench.GenerateWorker", file.toString(), "products");
    }

    @Test
    void withoutACompilerNothingIsCompiled() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("How"))) {
            BenchSetting setting = TinyModel.setting(folder, tokenizer, folder);
            TinyModel.python(folder, "echo");
            assertThat(new GenerateBench(setting).cases().get(0).sides())
                    .extracting(Side::name)
                    .containsExactly("retort", "transformers", "limit");
        }
    }
}
