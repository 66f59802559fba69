package dev.retort.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Message;
import dev.retort.data.Precision;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Completes one prompt. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = {
            "Completes a prompt as it stands and prints the completion only.",
            "Without --prompt and --ids the prompt is read from stdin, to its last byte."
        },
        footer = {
            "",
            "Examples:",
            "  retort generate --model models/SmolLM2 --chat --prompt 'Name three rivers.'",
            "  printf 'Once upon a' | retort generate --model model.gguf --stop '.'",
            "  retort generate --model runs/sft/final --ids 1,520,11 --temperature 0.8 \\",
            "      --top-p 0.95 --seed 7 --json"
        })
final class GenerateCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Folder, GGUF file or hf:org/name")
    private String model;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "The prompt; - or absent: read from stdin")
    private String prompt;

    @Option(names = "--ids", paramLabel = "1,2,3", description = "Token ids instead of a prompt; needs no tokenizer")
    private String ids;

    @Option(names = "--chat", description = "The prompt is a user's message: apply the model's chat template")
    private boolean chat;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "0 is greedy. Default: ${DEFAULT-VALUE}")
    private double temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "Draw from the most probable tokens with this mass only")
    private Double topP;

    @Option(names = "--top-k", paramLabel = "K", description = "Draw from the K most probable tokens only")
    private Integer topK;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "256",
            description = "Most new tokens. Default: ${DEFAULT-VALUE}")
    private int maxTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Ends the completion before this; may be repeated")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the draws. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--weights",
            paramLabel = "float32|int8",
            defaultValue = "float32",
            description = "How matrices are held while decoding; int8 is --dtype int8: faster, one to two percent off."
                    + " Default: ${DEFAULT-VALUE}")
    private String weights;

    @Option(names = "--json", description = "Print {\"text\", \"ids\", \"finish_reason\", \"prompt_ids\"}")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Precision precision = precision();
        if (ids != null && (prompt != null || chat)) {
            throw new UsageException("--ids goes without --prompt and --chat");
        }
        SamplingParams sampling = sampling();
        int[] given = ids == null ? null : TokenIds.parse("--ids", ids);
        String text = given == null ? prompt() : null;
        try (LoadedModel loaded = common.load(model, precision)) {
            int vocabulary = loaded.model().config().vocabularySize();
            int[] promptIds;
            if (given == null) {
                promptIds = encode(loaded, text);
                TokenIds.requireTokenizerFits(loaded.source(), promptIds, vocabulary);
            } else {
                promptIds = given;
                TokenIds.requireInVocabulary("--ids", promptIds, vocabulary);
            }
            if (!stop.isEmpty() && loaded.tokenizer() == null) {
                throw new UsageException("--stop needs a tokenizer, and " + loaded.source() + " has none");
            }
            Generated generated = new Generator(loaded.model(), loaded.tokenizer())
                    .generate(List.of(promptIds), GenerationOptions.of(sampling, loaded.eosIds()))
                    .get(0);
            print(generated, promptIds, loaded.tokenizer() != null);
        }
        return Retort.DONE;
    }

    private Precision precision() {
        Precision dtype = common.applyWithDtype();
        return switch (weights) {
            case "float32" -> dtype;
            case "int8" -> {
                if (dtype == Precision.BFLOAT16) {
                    throw new UsageException("--weights int8 goes without --dtype bfloat16");
                }
                yield Precision.INT8;
            }
            default -> throw new UsageException("--weights " + weights + ": give float32 or int8");
        };
    }

    private SamplingParams sampling() {
        try {
            return new SamplingParams(temperature, topP, topK, maxTokens, stop, seed);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private String prompt() throws IOException {
        return prompt == null || prompt.equals("-") ? TextLines.read(System.in, "stdin") : prompt;
    }

    private int[] encode(LoadedModel loaded, String text) throws IOException {
        Tokenizer tokenizer = loaded.requireTokenizer();
        if (chat && !tokenizer.hasChatTemplate()) {
            throw new IOException(loaded.source() + ": its tokenizer has no chat template; leave --chat out");
        }
        // A chat template writes the special tokens itself.
        int[] encoded = chat
                ? tokenizer.encodePlain(tokenizer.chat(List.of(Message.user(text)), true))
                : tokenizer.encode(text);
        if (encoded.length == 0) {
            throw new UsageException("the prompt has no tokens; give --prompt TEXT, or pipe the prompt in");
        }
        return encoded;
    }

    private void print(Generated generated, int[] promptIds, boolean hasText) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode line = Rows.mapper().createObjectNode();
            line.put("text", hasText ? generated.text() : null);
            line.set("ids", array(generated.ids()));
            line.put("finish_reason", generated.finishReason());
            line.set("prompt_ids", array(promptIds));
            out.println(line);
        } else if (hasText) {
            out.println(generated.text());
        } else {
            out.println(array(generated.ids()));
        }
        out.flush();
    }

    private static ArrayNode array(int[] ids) {
        ArrayNode array = Rows.mapper().createArrayNode();
        for (int id : ids) {
            array.add(id);
        }
        return array;
    }
}
