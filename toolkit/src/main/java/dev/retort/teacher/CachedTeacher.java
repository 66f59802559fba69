package dev.retort.teacher;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * Asks a teacher only for what a cache does not have, and adds what it gets. Two threads that want the same sample at the same
 * time ask once. Truncated samples are cached like others; failures are not.
 */
public final class CachedTeacher implements Teacher {

    private final Teacher teacher;
    private final TeacherCache cache;
    private final TeacherMeter meter;
    private final Map<SampleKey, CountDownLatch> underWay = new ConcurrentHashMap<>();

    /** Asks this teacher and closes it in the end; the cache stays open. */
    public CachedTeacher(Teacher teacher, TeacherCache cache, TeacherMeter meter) {
        this.teacher = teacher;
        this.cache = cache;
        this.meter = meter;
    }

    @Override
    public String name() {
        return teacher.name();
    }

    /**
     * The samples up to the first index that the teacher did not give.
     *
     * @throws UncheckedIOException where the cache cannot be read or written
     */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        try {
            return ask(question, params, sampleIndices);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<TeacherSample> ask(Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException, InterruptedException, IOException {
        Map<Integer, SampleKey> keys = new HashMap<>();
        for (int index : indices) {
            keys.put(index, SampleKey.of(teacher.name(), question.messages(), params, index));
        }
        Map<Integer, TeacherSample> found = new HashMap<>();
        boolean isCutShort = false;
        while (found.size() < indices.size() && !isCutShort) {
            CountDownLatch mine = new CountDownLatch(1);
            CountDownLatch another = null;
            List<Integer> claimed = new ArrayList<>();
            for (int index : indices) {
                CountDownLatch earlier = found.containsKey(index) ? null : underWay.putIfAbsent(keys.get(index), mine);
                if (earlier != null) {
                    another = earlier;
                } else if (!found.containsKey(index)) {
                    claimed.add(index);
                }
            }
            if (claimed.isEmpty()) {
                another.await();
                continue;
            }
            try {
                List<Integer> missing = new ArrayList<>();
                for (int index : claimed) {
                    Optional<TeacherSample> hit = cache.get(keys.get(index), question, params, index);
                    hit.ifPresentOrElse(sample -> found.put(index, sample), () -> missing.add(index));
                }
                meter.hits(claimed.size() - missing.size());
                List<TeacherSample> fresh = missing.isEmpty() ? List.of() : teacher.sample(question, params, missing);
                for (TeacherSample sample : fresh) {
                    found.put(sample.sampleIndex(), sample);
                    cache.put(keys.get(sample.sampleIndex()), sample);
                }
                isCutShort = fresh.size() < missing.size() && found.containsKey(indices.get(0));
            } catch (TeacherException e) {
                // Only where nothing else gives the first sample is there none to begin with.
                if (claimed.get(0).equals(indices.get(0)) && !found.containsKey(indices.get(0))) {
                    throw e;
                }
                isCutShort = found.containsKey(indices.get(0));
            } finally {
                claimed.forEach(index -> underWay.remove(keys.get(index), mine));
                mine.countDown();
            }
        }
        return indices.stream().takeWhile(found::containsKey).map(found::get).toList();
    }

    @Override
    public int company() {
        return teacher.company();
    }

    /**
     * Asks together for what is missing, each sample once.
     *
     * @throws UncheckedIOException where the cache cannot be read or written
     */
    @Override
    public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
        try {
            Map<SampleKey, Reply> replies = new HashMap<>();
            Map<SampleKey, Ask> missing = new LinkedHashMap<>();
            List<SampleKey> keys = new ArrayList<>();
            for (Ask ask : asks) {
                SampleKey key =
                        SampleKey.of(teacher.name(), ask.question().messages(), ask.params(), ask.sampleIndex());
                keys.add(key);
                Optional<TeacherSample> hit = cache.get(key, ask.question(), ask.params(), ask.sampleIndex());
                if (hit.isPresent()) {
                    replies.put(key, new Reply(hit.get(), null));
                    meter.hits(1);
                } else {
                    missing.putIfAbsent(key, ask);
                }
            }
            List<Reply> fresh = missing.isEmpty() ? List.of() : teacher.sampleAll(List.copyOf(missing.values()));
            int at = 0;
            for (SampleKey key : missing.keySet()) {
                Reply reply = fresh.get(at++);
                replies.put(key, reply);
                if (reply.sample() != null) {
                    cache.put(key, reply.sample());
                }
            }
            List<Reply> all = new ArrayList<>();
            for (int i = 0; i < asks.size(); i++) {
                Reply reply = replies.get(keys.get(i));
                all.add(
                        reply.sample() == null
                                ? reply
                                : new Reply(
                                        reply.sample().forQuestion(asks.get(i).question()), null));
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
