package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Rows;
import dev.retort.papers.stepbystep.DssDataSet;
import dev.retort.papers.stepbystep.DssExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Greedy decoding of a fixed number of tokens after SVAMP questions, at batch 1 and 16. */
final class GenerateBench {

    private static final int NEW_TOKENS = 64;

    private final BenchSetting setting;

    GenerateBench(BenchSetting setting) {
        this.setting = setting;
    }

    List<BenchCase> cases() throws IOException, InterruptedException {
        return List.of(make(16), make(1));
    }

    private BenchCase make(int rows) throws IOException, InterruptedException {
        List<DssExample> questions =
                DssDataSet.SVAMP.load(DataCatalogue.standard(), "test").subList(0, rows);
        ObjectNode json = setting.work();
        json.put("new_tokens", NEW_TOKENS);
        ArrayNode prompts = json.putArray("prompts");
        long promptTokens = 0;
        for (DssExample question : questions) {
            int[] ids = setting.tokenizer().encode(question.input());
            prompts.add(Rows.mapper().valueToTree(ids));
            promptTokens += ids.length;
        }
        Path file = setting.folder().resolve("generate-" + rows + ".json");
        AtomicFiles.writeText(file, Rows.mapper().writeValueAsString(json));
        ObjectNode figures = Rows.mapper().createObjectNode();
        figures.put("batch", rows);
        figures.put("new_tokens_a_row", NEW_TOKENS);
        figures.put("prompt_tokens", promptTokens);
        figures.put("dtype", "float32");
        List<Side> sides = new ArrayList<>();
        sides.add(setting.ours(
                "retort",
                "Generator: greedy, key-value cache, one call a layer",
                GenerateWorker.class,
                file.toString(),
                "generate"));
        String configured = "generate: greedy, dynamic cache, SDPA, inference mode, left padding";
        sides.add(new Side("transformers", configured, command(file, "eager")));
        if (setting.peers().canCompile()) {
            sides.add(new Side("transformers-compiled", configured + ", torch.compile", command(file, "compiled")));
        }
        sides.add(setting.ours(
                "limit",
                "the weights' products of every step alone",
                GenerateWorker.class,
                file.toString(),
                "products"));
        return new BenchCase("batch-" + rows, (long) rows * NEW_TOKENS, "tokens", figures, sides);
    }

    private List<String> command(Path file, String mode) {
        return setting.peers().command("generate.py", file.toString(), "--mode", mode);
    }
}
