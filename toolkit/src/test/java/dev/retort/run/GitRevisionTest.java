package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitRevisionTest {

    @TempDir
    Path folder;

    private void git(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "git",
                "-C",
                folder.toString(),
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "commit.gpgsign=false"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void namesTheCommitAndWhetherFilesDiffer() throws IOException, InterruptedException {
        git("init", "-q");
        Files.writeString(folder.resolve("a"), "1");
        git("add", "a");
        git("commit", "-q", "-m", "first");

        GitRevision clean = GitRevision.of(folder);
        Files.writeString(folder.resolve("untracked"), "");
        GitRevision withUntracked = GitRevision.of(folder);
        Files.writeString(folder.resolve("a"), "2");
        GitRevision dirty = GitRevision.of(folder);

        assertThat(clean.revision()).matches("[0-9a-f]{40}");
        assertThat(clean.dirty()).isFalse();
        assertThat(withUntracked).isEqualTo(clean);
        assertThat(dirty).isEqualTo(new GitRevision(clean.revision(), true));
    }

    @Test
    void isUnknownWhereThereIsNone() throws IOException {
        assertThat(GitRevision.of(folder)).isEqualTo(new GitRevision("unknown", false));
        Files.createDirectory(folder.resolve(".git"));
        assertThat(GitRevision.of(folder)).isEqualTo(new GitRevision("unknown", false));
        assertThat(GitRevision.packed("no such property")).isEqualTo("unknown");
    }

    @Test
    void detectingNeverFails() {
        assertThat(GitRevision.detect().revision()).isNotEmpty();
    }
}
