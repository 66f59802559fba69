package dev.retort.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LanesTest {

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyPartHasAThreadThatUsesOneCore() throws InterruptedException {
        int own = Ops.threads();
        List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
        List<String> names = Collections.synchronizedList(new ArrayList<>());
        List<Runnable> parts = Collections.nCopies(2, () -> {
            seen.add(Ops.threads());
            names.add(Thread.currentThread().getName());
        });
        Lanes.run(parts, () -> {});
        assertThat(seen).containsExactly(1, 1);
        assertThat(names).containsOnly("retort-lane");
        assertThat(Ops.threads()).isEqualTo(own);
        // Nor is a thread that comes later kept to one core.
        int[] later = {0};
        Thread other = new Thread(() -> later[0] = Ops.threads());
        other.start();
        other.join();
        assertThat(later[0]).isEqualTo(own);
        assertThat(Lanes.most()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }

    @Test
    void theCallerLooksAroundMeanwhileAndAtTheEnd() {
        CountDownLatch looked = new CountDownLatch(2);
        AtomicInteger times = new AtomicInteger();
        Thread caller = Thread.currentThread();
        Lanes.run(
                List.of(() -> {
                    await(looked);
                }),
                () -> {
                    assertThat(Thread.currentThread()).isSameAs(caller);
                    times.incrementAndGet();
                    looked.countDown();
                });
        assertThat(times.get()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void whatAPartThrowsIsThrownOnceAllHaveEnded() {
        AtomicBoolean isDone = new AtomicBoolean();
        CountDownLatch failed = new CountDownLatch(1);
        List<Runnable> parts = List.of(
                () -> {
                    failed.countDown();
                    throw new IllegalArgumentException("first");
                },
                () -> {
                    await(failed);
                    isDone.set(true);
                });
        assertThatThrownBy(() -> Lanes.run(parts, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("first");
        assertThat(isDone).isTrue();
        Runnable broken = () -> {
            throw new AssertionError("worse");
        };
        assertThatThrownBy(() -> Lanes.run(List.of(broken), () -> {}))
                .isInstanceOf(AssertionError.class)
                .hasMessage("worse");
    }

    @Test
    void whatTheCallerThrowsIsThrownOnceAllHaveEnded() {
        AtomicBoolean isDone = new AtomicBoolean();
        CountDownLatch thrown = new CountDownLatch(1);
        List<Runnable> parts = List.of(() -> {
            await(thrown);
            isDone.set(true);
        });
        AtomicInteger times = new AtomicInteger();
        assertThatThrownBy(() -> Lanes.run(parts, () -> {
                    times.incrementAndGet();
                    thrown.countDown();
                    throw new IllegalArgumentException("enough");
                }))
                .hasMessage("enough");
        assertThat(isDone).isTrue();
        assertThat(times).hasValue(1);
    }

    @Test
    void anInterruptionIsForTheCallerToTakeOverOrToKeep() {
        CountDownLatch seen = new CountDownLatch(1);
        List<Runnable> parts = List.of(() -> {
            await(seen);
        });
        Thread.currentThread().interrupt();
        Lanes.run(parts, () -> {
            if (Thread.interrupted()) {
                seen.countDown();
            }
        });
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        Thread.currentThread().interrupt();
        Lanes.run(List.of(() -> {}), () -> {});
        assertThat(Thread.interrupted()).isTrue();
    }
}
