package dev.retort.teacher;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Brings what many threads ask one by one to a teacher that gains from company. A round begins with {@link #begin}; whenever
 * all who take part either wait for an answer or have {@linkplain #leave left}, what they wait for is asked at once. What is
 * asked together so depends on the questions alone, and not on how the threads run.
 */
public final class Together implements Teacher {

    private static final Comparator<Waiting> ORDER = Comparator.<Waiting, String>comparing(
                    waiting -> waiting.asks.get(0).question().id())
            .thenComparing(waiting -> waiting.asks.get(0).sampleIndex());

    private final Teacher teacher;
    private final List<Waiting> waiting = new ArrayList<>();
    private int present;

    private static final class Waiting {
        private final List<Ask> asks;
        private List<Reply> replies;
        private RuntimeException error;

        Waiting(List<Ask> asks) {
            this.asks = asks;
        }

        boolean isOver() {
            return replies != null || error != null;
        }
    }

    /** Asks this teacher and closes it in the end. */
    public Together(Teacher teacher) {
        this.teacher = teacher;
    }

    /** So many threads take part from now on; those of the last round have all left. */
    public synchronized void begin(int threads) {
        present = threads;
    }

    /** The calling thread asks no more in this round. */
    public synchronized void leave() throws InterruptedException {
        present--;
        askIfComplete();
    }

    @Override
    public String name() {
        return teacher.name();
    }

    @Override
    public synchronized List<TeacherSample> sample(
            Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        Waiting mine = new Waiting(sampleIndices.stream()
                .map(index -> new Ask(question, params, index))
                .toList());
        waiting.add(mine);
        askIfComplete();
        while (!mine.isOver()) {
            wait();
        }
        if (mine.error != null) {
            throw mine.error;
        }
        List<TeacherSample> samples = new ArrayList<>();
        for (Reply reply : mine.replies) {
            if (reply.failure() != null) {
                if (samples.isEmpty()) {
                    throw reply.failure();
                }
                break;
            }
            samples.add(reply.sample());
        }
        return samples;
    }

    private void askIfComplete() throws InterruptedException {
        if (waiting.isEmpty() || waiting.size() < present) {
            return;
        }
        List<Waiting> all = new ArrayList<>(waiting);
        all.sort(ORDER);
        waiting.clear();
        try {
            List<Ask> asks = all.stream().flatMap(one -> one.asks.stream()).toList();
            List<Reply> replies = teacher.sampleAll(asks);
            int at = 0;
            for (Waiting one : all) {
                one.replies = replies.subList(at, at + one.asks.size());
                at += one.asks.size();
            }
        } catch (RuntimeException e) {
            all.forEach(one -> one.error = e);
        } catch (Error e) {
            // Who waits must not wait for ever.
            all.forEach(one -> one.error = new IllegalStateException(e.toString(), e));
            throw e;
        } finally {
            notifyAll();
        }
    }

    @Override
    public int callsPerSample() {
        return teacher.callsPerSample();
    }

    @Override
    public void close() {
        teacher.close();
    }
}
