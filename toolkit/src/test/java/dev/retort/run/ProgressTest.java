package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final List<ProgressUpdate> seen = new ArrayList<>();
    private long now;

    private Progress progress(boolean terminal, PrintStream stream, long done) {
        return new Progress("train", done, 10, now, stream, terminal, List.of(seen::add), () -> now, false);
    }

    private void second(long seconds) {
        now = seconds * 1_000_000_000L;
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void rewritesOneLineOnATerminal() {
        try (Progress progress = progress(true, out, 0)) {
            second(2);
            progress.update(1, 100, 2.5);
            progress.tick(false);
            progress.tick(false);
            second(4);
            progress.update(2, 300, 2.25);
            progress.tick(false);
        }

        assertThat(printed())
                .isEqualTo("\rtrain 1/10 | 50 tokens/s | loss 2.5000 | 0:02, 0:18 left\u001b[K"
                        + "\rtrain 2/10 | 75 tokens/s | loss 2.2500 | 0:04, 0:16 left\u001b[K\n");
    }

    @Test
    void printsALineEveryTenSecondsElsewhereAndTheLastOne() {
        try (Progress progress = progress(false, out, 0)) {
            for (int step = 1; step <= 8; step++) {
                second(3L * step);
                progress.update(step);
                progress.tick(false);
            }
        }

        assertThat(printed())
                .isEqualTo(
                        "train 1/10 | 0:03, 0:27 left\ntrain 5/10 | 0:15, 0:15 left\ntrain 8/10 | 0:24, 0:06 left\n");
    }

    @Test
    void countsTheTimeLeftFromTheResumedStep() {
        try (Progress progress = progress(false, out, 6)) {
            second(10);
            progress.update(8);
        }

        assertThat(printed()).isEqualTo("train 8/10 | 0:10, 0:10 left\n");
    }

    @Test
    void quietStillTellsListeners() {
        try (Progress progress = progress(true, null, 0)) {
            second(1);
            progress.update(1, 10, 1);
            progress.tick(false);
            progress.tick(false);
            progress.update(2, 20, 1);
        }

        assertThat(printed()).isEmpty();
        assertThat(seen).extracting(ProgressUpdate::done).containsExactly(1L, 2L);
    }

    @Test
    void saysNothingWhereNothingHappened() {
        progress(true, out, 0).close();

        assertThat(printed()).isEmpty();
        assertThat(seen).isEmpty();
    }

    @Test
    void aListenerThatFailsIsDropped() {
        int[] calls = {0};
        ProgressListener failing = update -> {
            calls[0]++;
            throw new IllegalStateException("shown in the log once");
        };
        try (Progress progress =
                new Progress("train", 0, 10, now, null, true, List.of(failing, seen::add), () -> now, false)) {
            progress.update(1);
            progress.tick(false);
            progress.update(2);
            progress.tick(false);
        }

        assertThat(calls[0]).isEqualTo(1);
        assertThat(seen).hasSize(2);
    }

    @Test
    void thePaceIsThatSinceTheLoopBegan() {
        second(30);
        try (Progress progress =
                new Progress("ask", 100, 200, 10_000_000_000L, null, false, List.of(seen::add), () -> now, false)) {
            progress.update(110, 400, Double.NaN);
        }

        assertThat(seen).singleElement().satisfies(update -> {
            assertThat(update.elapsedSeconds()).isEqualTo(20);
            assertThat(update.tokensPerSecond()).isEqualTo(20);
            assertThat(update.remainingSeconds()).isEqualTo(180);
        });
    }

    @Test
    void theLoopGoesOnWhileAListenerHangs() throws InterruptedException {
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ProgressListener hanging = update -> {
            called.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        Progress progress =
                new Progress("train", 0, 10, System.nanoTime(), null, true, List.of(hanging), System::nanoTime, true);
        progress.update(1);
        assertThat(called.await(60, TimeUnit.SECONDS)).isTrue();
        for (int step = 2; step <= 10; step++) {
            progress.update(step);
        }
        release.countDown();
        progress.close();
    }

    @Test
    void aThreadOfItsOwnShowsTheLastState() {
        Progress progress =
                new Progress("train", 0, 10, System.nanoTime(), out, false, List.of(), System::nanoTime, true);
        progress.update(10);
        progress.close();

        assertThat(printed()).startsWith("train 10/10 | 0:0").endsWith("\n");
    }
}
