package dev.retort.teacher;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model that is asked through {@link OpenAiBatch}: for half the price, within a day. */
public final class OpenAiBatchTeacher implements Teacher {

    private final OpenAiBatch batch;
    private final BatchSettings batchSettings;

    /**
     * A teacher; nothing is sent yet.
     *
     * @param stateFolder of the batches under way, see {@link OpenAiBatch}
     * @throws IllegalArgumentException where OpenAI's own server is asked without a key
     */
    public OpenAiBatchTeacher(OpenAiSettings settings, Path stateFolder, BatchSettings batchSettings) {
        this.batch = new OpenAiBatch(settings, stateFolder, batchSettings);
        this.batchSettings = batchSettings;
    }

    @Override
    public String name() {
        return batch.name();
    }

    /** As many as a batch holds. */
    @Override
    public int company() {
        return batchSettings.mostRequests();
    }

    /** A batch of one question. */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        List<Reply> replies = sampleAll(sampleIndices.stream()
                .map(index -> new Ask(question, params, index))
                .toList());
        if (replies.get(0).failure() != null) {
            throw replies.get(0).failure();
        }
        return replies.stream()
                .takeWhile(reply -> reply.sample() != null)
                .map(Reply::sample)
                .toList();
    }

    /**
     * Sends batches and waits for them; those with other parameters apart.
     *
     * @throws UncheckedIOException where the state folder cannot be used
     */
    @Override
    public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
        Map<SamplingParams, List<Ask>> alike = new LinkedHashMap<>();
        asks.forEach(ask ->
                alike.computeIfAbsent(ask.params(), params -> new ArrayList<>()).add(ask));
        Map<Ask, Reply> replies = new HashMap<>();
        for (Map.Entry<SamplingParams, List<Ask>> group : alike.entrySet()) {
            List<BatchItem> items = group.getValue().stream()
                    .map(ask -> new BatchItem(ask.question(), ask.sampleIndex()))
                    .toList();
            try {
                batch.run(items, group.getKey(), new BatchListener() {
                    @Override
                    public void answered(BatchItem item, TeacherSample sample) {
                        replies.put(ask(item), new Reply(sample, null));
                    }

                    @Override
                    public void failed(BatchItem item, String error, boolean retryable) {
                        replies.put(ask(item), new Reply(null, new TeacherException(error, retryable, null, null)));
                    }

                    private Ask ask(BatchItem item) {
                        return new Ask(item.question(), group.getKey(), item.sampleIndex());
                    }
                });
            } catch (TeacherException e) {
                group.getValue().forEach(ask -> replies.putIfAbsent(ask, new Reply(null, e)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return asks.stream().map(replies::get).toList();
    }
}
