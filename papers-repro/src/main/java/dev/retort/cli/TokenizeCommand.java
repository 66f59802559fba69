package dev.retort.cli;

import dev.retort.batch.Tokenizer;
import dev.retort.model.LoadedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Turns lines of text into token ids. */
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        description = {
            "Reads lines of text and prints a JSON list of token ids for each.",
            "Ids are those of transformers' tok(line).input_ids, special tokens included. A line ends at a line feed"
                    + " only and is not trimmed; a last line without one counts."
        },
        footer = {"", "Example:", "  printf 'Hello world\\nTwo  blanks\\n' | retort tokenize --model models/SmolLM2"})
final class TokenizeCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Folder, GGUF file or hf:org/name")
    private String model;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        Path path = common.path(model);
        if (Files.isDirectory(path)) {
            // The weights are not needed.
            try (Tokenizer tokenizer = Tokenizer.load(path)) {
                tokenize(tokenizer);
            }
        } else {
            try (LoadedModel loaded = common.load(model)) {
                tokenize(loaded.requireTokenizer());
            }
        }
        return Retort.DONE;
    }

    private void tokenize(Tokenizer tokenizer) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TextLines.forEach(System.in, "stdin", (line, number) -> out.println(Arrays.toString(tokenizer.encode(line))));
        out.flush();
    }
}
