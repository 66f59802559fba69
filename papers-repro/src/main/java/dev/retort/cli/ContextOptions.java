package dev.retort.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** A system prompt that the teacher sees and the student does not. */
final class ContextOptions {

    private static final long MOST_BYTES = 1 << 20;

    @Option(
            names = "--system-prompt",
            paramLabel = "F",
            description =
                    "Context distillation: a text file that the teacher is shown as its system prompt, and that the"
                            + " rows do not show")
    private Path systemPrompt;

    @Option(names = "--first-turn-only", description = "Only where a question has a single user turn")
    private boolean isFirstTurnOnly;

    /** The prompt, or null where none is given. */
    String systemPrompt() throws IOException {
        if (systemPrompt == null) {
            if (isFirstTurnOnly) {
                throw new UsageException("--first-turn-only is about --system-prompt: give it too");
            }
            return null;
        }
        if (!Files.isRegularFile(systemPrompt)) {
            throw new IOException(systemPrompt + ": no such file; --system-prompt takes a text file");
        }
        if (Files.size(systemPrompt) > MOST_BYTES) {
            throw new IOException(systemPrompt + ": longer than a megabyte, which is no system prompt");
        }
        String text = new String(Files.readAllBytes(systemPrompt), StandardCharsets.UTF_8).strip();
        if (text.isEmpty()) {
            throw new IOException(systemPrompt + ": the system prompt is blank");
        }
        return text;
    }

    boolean isFirstTurnOnly() {
        return isFirstTurnOnly;
    }
}
