package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

    private static final String ROOT = "retort.root";

    @TempDir
    private Path folder;

    private String oldRoot;

    @BeforeEach
    void leaveTheCheckout() {
        oldRoot = System.getProperty(ROOT);
        System.setProperty(ROOT, folder.toString());
    }

    @AfterEach
    void restoreRoot() {
        System.setProperty(ROOT, oldRoot);
    }

    @Test
    void helpSaysWhatIsMeasured() {
        CliRun run = CliRun.of("bench", "--help");
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .startsWith("Usage: retort bench ")
                .contains(
                        "train-step    LoRA",
                        "distill-step  20 steps",
                        "generate      greedy",
                        "loss          a distillation loss",
                        "sample        asking",
                        "--repetitions=N",
                        "Default: 5",
                        "--case=NAME");
    }

    @Test
    void wrongUsageIsStatus2() {
        assertUsage(
                "retort: there is no benchmark 'decode'; there are [train-step, distill-step, generate, loss, sample]",
                "decode");
        assertUsage("retort: --repetitions must be at least 1, not 0", "generate", "--repetitions", "0");
        assertUsage("retort: --questions must be at least 1, not 0", "sample", "--questions", "0");
        assertUsage("retort: --threads must be at least 1, not 0", "generate", "--threads", "0");
        for (String[] arguments : new String[][] {{}, {"generate", "--repetitions", "few"}, {"generate", "again"}}) {
            CliRun run = bench(arguments);
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.errLines()).hasSize(2);
            assertThat(run.errLines().get(1)).isEqualTo("Try 'retort bench --help'.");
        }
        assertThat(folder).isEmptyDirectory();
    }

    private static void assertUsage(String message, String... arguments) {
        assertThat(bench(arguments)).isEqualTo(new CliRun(2, "", message + "\n"));
    }

    private static CliRun bench(String... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = "bench";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return CliRun.of(all);
    }

    @Test
    void outsideACheckoutItSaysSo() {
        assertThat(bench("generate", "--python", "python3"))
                .isEqualTo(new CliRun(
                        1,
                        "",
                        "retort: " + folder.resolve("benchmarks/peers")
                                + ": not found; retort bench runs from a checkout of the project\n"));
    }

    @Test
    void aPythonThatIsMissingIsStatus1() throws Exception {
        Files.createDirectories(folder.resolve("benchmarks/peers"));
        Path missing = folder.resolve("python");
        String message = "retort: " + missing + ": cannot be run; install Python 3.11 or newer, or give an interpreter"
                + " that has the peers' packages with --python\n";
        assertThat(bench("generate", "--quiet", "--python", missing.toString())).isEqualTo(new CliRun(1, "", message));
        assertThat(bench("generate", "--python", missing.toString()).err())
                .isEqualTo("retort: asking the peers' Python for its packages, and for the model where none is given\n"
                        + message);
    }
}
