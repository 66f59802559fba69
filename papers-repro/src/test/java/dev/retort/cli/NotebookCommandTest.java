package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a checkout whose environment script and Python are fakes that note how they are called. */
class NotebookCommandTest {

    private static final String ROOT = "retort.root";

    @TempDir
    private Path folder;

    private String oldRoot;
    private Path notebooks;
    private Path environment;

    @BeforeEach
    void makeCheckout() throws IOException {
        oldRoot = System.getProperty(ROOT);
        System.setProperty(ROOT, folder.toString());
        notebooks = Files.createDirectories(folder.resolve("notebooks"));
        environment = notebooks.resolve("target/jupyterlab");
    }

    @AfterEach
    void restoreRoot() {
        System.setProperty(ROOT, oldRoot);
    }

    @Test
    void helpSaysWhatIsMadeAndNeeded() {
        CliRun run = CliRun.of("notebook", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("(Retort)", "--no-browser", "--port=N", "python3", "RETORT_JAVA_OPTS");
    }

    @Test
    void makesTheEnvironmentThenStartsJupyterLab() throws IOException {
        fakes("exit 0", "exit 0");
        CliRun run = CliRun.of("notebook", "--no-browser", "--verbose", "--threads", "3");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("retort: starting JupyterLab in " + notebooks + "; Ctrl-C ends it ...\n");
        assertThat(folder.resolve("script"))
                .hasContent(String.join(
                        "\n",
                        environment.toString(),
                        notebooks.resolve("requirements.txt").toString(),
                        notebooks.resolve("requirements-lab.txt").toString(),
                        System.getProperty("java.home"),
                        notebooks.resolve("target/classes")
                                + File.pathSeparator
                                + System.getProperty("java.class.path")));
        assertThat(Files.readString(folder.resolve("options"))).contains("-Dai.djl.pytorch.num_threads=3");
        assertThat(folder.resolve("python"))
                .hasContent("-I\n" + notebooks.resolve("lab.py") + "\n" + notebooks + "\n--no-browser\n--verbose");
    }

    @Test
    void aPortIsPassedOn() throws IOException {
        fakes("exit 0", "exit 0");
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        CliRun run = CliRun.of("notebook", "--quiet", "--port", free);
        assertThat(run).isEqualTo(new CliRun(0, "", ""));
        assertThat(folder.resolve("python"))
                .hasContent("-I\n" + notebooks.resolve("lab.py") + "\n" + notebooks + "\n--port=" + free);
    }

    @Test
    void failuresOfEitherAreStatus1() throws IOException {
        fakes("exit 1", "exit 0");
        assertThat(CliRun.of("notebook")).isEqualTo(new CliRun(1, "", ""));
        assertThat(folder.resolve("python")).doesNotExist();

        fakes("exit 0", "exit 5");
        assertThat(CliRun.of("notebook", "--quiet")).isEqualTo(new CliRun(1, "", ""));
    }

    @Test
    void aPortThatCannotBeHad() throws IOException {
        fakes("exit 0", "exit 0");
        assertThat(CliRun.of("notebook", "--port", 70_000))
                .isEqualTo(new CliRun(2, "", "retort: --port must be from 1 to 65535, not 70000\n"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CliRun run = CliRun.of("notebook", "--port", taken.getLocalPort());
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.errLines()).hasSize(1);
            assertThat(run.err())
                    .startsWith("retort: port " + taken.getLocalPort() + " cannot be had (")
                    .contains("choose another with --port");
        }
        assertThat(folder.resolve("script")).doesNotExist();
    }

    @Test
    void outsideACheckoutItSaysSo() {
        CliRun run = CliRun.of("notebook");
        assertThat(run)
                .isEqualTo(new CliRun(
                        1,
                        "",
                        "retort: " + notebooks
                                + ": no jupyter-env.sh there; start ./retort in a checkout of Retort\n"));
    }

    @Test
    void kernelsOpenWhatThisProcessOpens() {
        assertThat(NotebookCommand.opens(List.of(
                        "-Xmx1g",
                        "--add-opens=java.base/java.util=ALL-UNNAMED",
                        "-Dx=y",
                        "--add-opens=java.base/java.nio=ALL-UNNAMED")))
                .containsExactly(
                        "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.nio=ALL-UNNAMED");
    }

    @Test
    void aSignalEndsJupyterLabInGoodOrder() throws IOException, InterruptedException {
        fakes("exit 0", "echo ready; cat; echo whole >'" + folder.resolve("ended") + "'; exit 0");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-D" + ROOT + "=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Retort.class.getName(),
                        "notebook")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).startsWith("retort: starting JupyterLab in ");
            assertThat(lines.readLine()).isEqualTo("ready");
            // Process.destroy would close the streams as well.
            assertThat(process.toHandle().destroy()).isTrue();
            assertThat(lines.lines().toList()).containsExactly("", "retort: ending JupyterLab and its kernels ...");
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        // 128 plus the number of SIGTERM; Ctrl-C makes it 130.
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(folder.resolve("ended")).hasContent("whole");
    }

    /** What the two programs do after they have noted their arguments. */
    private void fakes(String script, String python) throws IOException {
        Path bin = Files.createDirectories(environment.resolve("bin"));
        Files.writeString(
                notebooks.resolve("jupyter-env.sh"),
                "printf '%s\\n' \"$@\" \"$JAVA_HOME\" \"$RETORT_CLASSPATH\" >'" + folder.resolve("script") + "'\n"
                        + "printf '%s' \"$RETORT_JVM_OPTS\" >'" + folder.resolve("options") + "'\n" + script + "\n");
        Path program = bin.resolve("python");
        Files.writeString(
                program, "#!/bin/sh\nprintf '%s\\n' \"$@\" >'" + folder.resolve("python") + "'\n" + python + "\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
    }
}
