package dev.retort.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemonstrationTest {

    private static final String GOOD = "{\"question\":\"1 + 1?\",\"rationale\":\"One more.\",\"label\":\"2\"}";

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("shots.jsonl"), text);
    }

    @Test
    void readsEveryLine() throws IOException {
        Path file = file("\n" + GOOD + "\n\n{\"id\":7,\"label\":\"b \",\"question\":\"Q\\nq\",\"rationale\":\" r\"}");
        assertThat(Demonstration.read(file))
                .containsExactly(new Demonstration("1 + 1?", "One more.", "2"), new Demonstration("Q\nq", "r", "b"));
    }

    @Test
    void errorsNameFileAndLine() throws IOException {
        assertFails(GOOD + "\n{\"question\":\"q\",\"rationale\":\"r\"}", ":2: label is missing or blank");
        assertFails(
                GOOD + "\n\n{\"question\":\" \",\"rationale\":\"r\",\"label\":\"l\"}",
                ":3: question is missing or blank");
        assertFails("{\"question\":\"q\",\"rationale\":null,\"label\":\"l\"}", ":1: rationale is missing or blank");
        assertFails("{\"question\":\"q\",\"rationale\":\"r\",\"label\":5}", ":1: label is not a text");
        assertFails(
                "{\"question\":\"q\",\"rationale\":\"r\",\"label\":\"a\\nb\"}",
                ":1: label has a line break; a label is one line");
        assertFails("[]", ":1: not a JSON object");
        assertFails("{\"question\":\"q\",\"question\":\"p\"}", ":1: Duplicate field 'question'");
        assertFails(
                "\n",
                ": no demonstrations; write one a line, {\"question\": \"...\", \"rationale\": \"...\", \"label\":"
                        + " \"...\"}");
        Path missing = folder.resolve("missing.jsonl");
        assertThatThrownBy(() -> Demonstration.read(missing))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing + ": no such file");
        Path latin = Files.write(folder.resolve("latin.jsonl"), new byte[] {'{', (byte) 0xe9, '}'});
        assertThatThrownBy(() -> Demonstration.read(latin)).hasMessage(latin + ": not UTF-8");
        Path packed = Files.writeString(folder.resolve("shots.jsonl.gz"), GOOD);
        assertThatThrownBy(() -> Demonstration.read(packed)).hasMessageStartingWith(packed + ": cannot be read: ");
    }

    private void assertFails(String text, String message) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> Demonstration.read(file))
                .isInstanceOf(IOException.class)
                .hasMessage(file + message);
    }

    @Test
    void aFileIsBounded() throws IOException {
        String blanks = " ".repeat(Demonstration.FILE_LIMIT - GOOD.length());
        assertThat(Demonstration.read(file(GOOD + blanks))).hasSize(1);
        assertFails(
                GOOD + blanks + " ",
                ": longer than 1048576 characters; every prompt holds all demonstrations, keep about ten of them");
    }
}
