package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

    @TempDir
    Path folder;

    @Test
    void writesAndReplacesAFile() throws IOException {
        Path file = folder.resolve("a/b/file");

        AtomicFiles.writeText(file, "first, longer");
        AtomicFiles.writeText(file, "ß");
        assertThat(file).hasBinaryContent("ß".getBytes(StandardCharsets.UTF_8));

        AtomicFiles.write(file, out -> out.write(new byte[] {0, 1}));
        assertThat(file).hasBinaryContent(new byte[] {0, 1});
        assertThat(folder.resolve("a/b")).isDirectoryNotContaining("glob:**.partial");
    }

    @Test
    void aTornWriteLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("file");
        AtomicFiles.writeText(file, "old");

        assertThatThrownBy(() -> AtomicFiles.writeText(file, writer -> {
                    writer.write("half");
                    writer.flush();
                    throw new IOException("disk full");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("disk full");

        assertThat(file).hasContent("old");
        assertThat(folder.resolve("file.partial")).doesNotExist();
    }

    @Test
    void anInterruptedThreadFinishesItsFilesAndStaysInterrupted() throws IOException {
        Path target = folder.resolve("target");

        AtomicFiles.writeFolder(target, inside -> {
            AtomicFiles.write(inside.resolve("bytes"), out -> {
                out.write(1);
                Thread.currentThread().interrupt();
                out.write(2);
            });
            AtomicFiles.writeText(inside.resolve("text"), "whole");
        });
        AtomicFiles.writeFolder(target, inside -> AtomicFiles.writeText(inside.resolve("text"), "newer"));
        AtomicFiles.write(folder.resolve("bytes"), out -> out.write(new byte[] {3, 4}));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(target.resolve("bytes")).doesNotExist();
        assertThat(target.resolve("text")).hasContent("newer");
        assertThat(folder.resolve("bytes")).hasBinaryContent(new byte[] {3, 4});
        assertThat(folder).isDirectoryNotContaining("glob:**.partial");
    }

    @Test
    void remainsOfAKilledWriterAreOverwritten() throws IOException {
        Files.writeString(folder.resolve("file.partial"), "a much longer torn text");

        AtomicFiles.writeText(folder.resolve("file"), "new");

        assertThat(folder.resolve("file")).hasContent("new");
        assertThat(folder.resolve("file.partial")).doesNotExist();
    }

    @Test
    void replacesAFolderAsAWhole() throws IOException {
        Path target = folder.resolve("checkpoints/step-000001");
        AtomicFiles.writeFolder(target, inside -> {
            Files.createDirectories(inside.resolve("sub"));
            Files.writeString(inside.resolve("sub/old"), "1");
        });
        assertThat(target.resolve("sub/old")).hasContent("1");

        AtomicFiles.writeFolder(target, inside -> Files.writeString(inside.resolve("new"), "2"));

        assertThat(target.resolve("new")).hasContent("2");
        assertThat(target.resolve("sub")).doesNotExist();
        assertThat(folder.resolve("checkpoints")).isDirectoryNotContaining("glob:**.partial");
    }

    @Test
    void aFolderThatFailsLeavesTheOldOneAndTheNextTryStartsClean() throws IOException {
        Path target = folder.resolve("final");
        AtomicFiles.writeFolder(target, inside -> Files.writeString(inside.resolve("a"), "old"));

        assertThatThrownBy(() -> AtomicFiles.writeFolder(target, inside -> {
                    Files.writeString(inside.resolve("torn"), "x");
                    throw new IOException("disk full");
                }))
                .hasMessage("disk full");
        assertThat(target.resolve("a")).hasContent("old");

        AtomicFiles.writeFolder(target, inside -> Files.writeString(inside.resolve("b"), "new"));
        assertThat(target.resolve("b")).hasContent("new");
        assertThat(target.resolve("torn")).doesNotExist();
        assertThat(target.resolve("a")).doesNotExist();
    }

    @Test
    void deletesLinksAndNotWhatTheyPointAt() throws IOException {
        Path kept = Files.createDirectories(folder.resolve("kept"));
        Files.writeString(kept.resolve("file"), "x");
        Path tree = Files.createDirectories(folder.resolve("tree/sub"));
        Files.createSymbolicLink(tree.resolve("link"), kept);
        Files.createSymbolicLink(folder.resolve("tree/dangling"), folder.resolve("nowhere"));

        AtomicFiles.deleteTree(folder.resolve("tree"));
        AtomicFiles.deleteTree(folder.resolve("never was"));

        assertThat(folder.resolve("tree")).doesNotExist();
        assertThat(kept.resolve("file")).hasContent("x");
    }
}
