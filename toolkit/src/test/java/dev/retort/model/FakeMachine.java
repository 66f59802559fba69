package dev.retort.model;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A clock that goes on by itself, a sleep that takes no time, and a disk of any size. */
final class FakeMachine implements HubMachine {

    final List<Duration> sleeps = new ArrayList<>();
    long step;
    long room = Long.MAX_VALUE;
    Action onSleep = () -> {};
    private long now;

    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    @Override
    public long nanoTime() {
        now += step;
        return now;
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        sleeps.add(time);
        try {
            onSleep.run();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    @Override
    public long usableBytes(Path folder) {
        return room;
    }
}
