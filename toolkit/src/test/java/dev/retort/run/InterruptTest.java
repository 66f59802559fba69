package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class InterruptTest {

    @Test
    void isAskedByTheThreadOrTheProgram() {
        try (Interrupt interrupt = Interrupt.onThread()) {
            assertThat(interrupt.requested()).isFalse();
            Thread.currentThread().interrupt();
            assertThat(interrupt.requested()).isTrue();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(interrupt.requested()).isTrue();
        }
        assertThat(Thread.interrupted()).as("the caller's thread").isTrue();
        try (Interrupt interrupt = Interrupt.onSignals()) {
            assertThat(interrupt.requested()).isFalse();
            interrupt.request();
            assertThat(interrupt.requested()).isTrue();
        }
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @Timeout(60)
    void workThatDoesNotPollIsInterrupted() throws IOException, InterruptedException {
        try (Interrupt interrupt = Interrupt.onThread()) {
            assertThat(interrupt.<Integer>interrupting(() -> 3)).isEqualTo(3);
            assertThat(interrupt.requested()).isFalse();
            CountDownLatch started = new CountDownLatch(1);
            Thread other = new Thread(() -> {
                try {
                    started.await();
                } catch (InterruptedException e) {
                    return;
                }
                interrupt.request();
            });
            other.start();
            assertThatThrownBy(() -> interrupt.interrupting(() -> {
                        started.countDown();
                        new CountDownLatch(1).await();
                        return 1;
                    }))
                    .isInstanceOf(InterruptedException.class);
            other.join();
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(interrupt.requested()).isTrue();
            assertThatThrownBy(() -> interrupt.interrupting(() -> fail("not begun any more")))
                    .isInstanceOf(InterruptedException.class);
        }
        assertThat(Thread.interrupted()).isFalse();
    }

    /** Work may end without having noticed; what follows is not interrupted for it. */
    @Test
    void anInterruptionThatCameTooLateIsTakenBack() throws IOException, InterruptedException {
        try (Interrupt interrupt = Interrupt.onThread()) {
            interrupt.interrupting(() -> {
                interrupt.request();
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                return 1;
            });
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(interrupt.requested()).isTrue();
        }
    }

    /** The thread's own interruption, as a notebook's kernel gives it. */
    @Test
    void anInterruptionOfTheThreadCountsToo() {
        try (Interrupt interrupt = Interrupt.onThread()) {
            assertThatThrownBy(() -> interrupt.interrupting(() -> {
                        Thread.currentThread().interrupt();
                        new CountDownLatch(1).await();
                        return 1;
                    }))
                    .isInstanceOf(InterruptedException.class);
            assertThat(interrupt.requested()).isTrue();
        }
    }

    /** What the child process of the next test runs. */
    static final class Loop {
        private Loop() {}

        public static void main(String[] args) throws IOException {
            try (Interrupt interrupt = Interrupt.onSignals(() -> System.out.println("finishing"))) {
                System.out.println("ready");
                while (!interrupt.requested()) {
                    Thread.onSpinWait();
                }
                Files.writeString(Path.of(args[0]), "whole");
                System.out.println("done");
            }
        }
    }

    @Test
    void aSignalLetsTheLoopFinishItsWrite(@TempDir Path folder)
            throws IOException, InterruptedException, URISyntaxException {
        Path file = folder.resolve("written");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        folderOf(Interrupt.class) + File.pathSeparator + folderOf(Loop.class),
                        Loop.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("ready");
            // Process.destroy would close the streams as well.
            assertThat(process.toHandle().destroy()).isTrue();
            assertThat(lines.lines().toList()).containsExactlyInAnyOrder("finishing", "done");
        }

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        // 128 plus the number of SIGTERM.
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(file).hasContent("whole");
    }

    private static String folderOf(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }
}
