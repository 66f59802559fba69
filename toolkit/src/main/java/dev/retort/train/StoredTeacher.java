package dev.retort.train;

import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.loss.TeacherSignal;
import dev.retort.run.Interrupt;
import dev.retort.run.Progress;
import dev.retort.signal.RemoteScorer;
import dev.retort.signal.RemoteSignals;
import dev.retort.signal.SignalKey;
import dev.retort.signal.SignalStore;
import dev.retort.signal.TopKLogProbs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A decoder-only teacher whose most probable tokens were written down before, found by what they were computed of.
 *
 * @param store where they lie
 * @param modelRevision of the teacher
 * @param tokenizerHash of the tokenizer that the ids are of
 * @param k tokens a position
 * @param temperature of the loss
 * @param outside what is made of the mass outside the k
 */
public record StoredTeacher(
        SignalStore store,
        String modelRevision,
        String tokenizerHash,
        int k,
        double temperature,
        TeacherSignal.Outside outside)
        implements TeacherSource {

    /** Examples whose signals are made together. */
    private static final int ROWS = 16;

    /**
     * {@inheritDoc}
     *
     * @throws IOException where the signal of an example is missing
     */
    @Override
    public TeacherSignal at(TokenBatch batch) throws IOException {
        List<TopKLogProbs> parts = new ArrayList<>();
        for (TokenExample example : batch.examples()) {
            int[] labels = labels(example);
            if (labels.length > 0) {
                TopKLogProbs scored = store.get(key(example, labels[0]))
                        .orElseThrow(() -> new IOException("the store has no signal of this teacher with k = " + k
                                + " for example " + example.id() + "; write the examples' signals first"));
                parts.add(scored.select(
                        Arrays.stream(labels).map(place -> place - labels[0]).toArray()));
            }
        }
        return new TeacherSignal.TopK(TopKLogProbs.join(parts), outside);
    }

    /**
     * Writes down what the teacher says at the examples, from their first label on; those that are there are not asked again.
     *
     * @param teacher with this k and temperature
     * @param progress counts examples
     * @return whether all are there; false after an interruption
     */
    public boolean write(TopKTeacher teacher, List<TokenExample> examples, Progress progress, Interrupt interrupt)
            throws IOException {
        List<TokenExample> missing = missing(examples);
        int done = examples.size() - missing.size();
        boolean isStopped = false;
        for (List<TokenExample> rows : SupervisedStep.microBatches(missing, ROWS)) {
            isStopped = interrupt.requested();
            if (isStopped) {
                break;
            }
            write(teacher, rows);
            done += rows.size();
            progress.update(done, done, Double.NaN);
        }
        store.flush();
        return !isStopped;
    }

    /**
     * As before, of a teacher behind a server.
     *
     * @param vocabulary ids that the student has
     * @param concurrency most requests at a time
     * @throws IOException where one example could not be scored; what was scored before stays
     */
    public boolean write(
            RemoteScorer teacher,
            List<TokenExample> examples,
            int vocabulary,
            int concurrency,
            Progress progress,
            Interrupt interrupt)
            throws IOException, InterruptedException {
        List<TokenExample> missing = missing(examples);
        int before = examples.size() - missing.size();
        return RemoteSignals.write(
                store,
                teacher,
                missing.stream()
                        .map(example -> new RemoteSignals.Wanted(
                                key(example, labels(example)[0]), example.input(), labels(example)[0]))
                        .toList(),
                k,
                vocabulary,
                concurrency,
                done -> progress.update(before + done, before + done, Double.NaN),
                interrupt::requested);
    }

    private List<TokenExample> missing(List<TokenExample> examples) {
        return examples.stream()
                .filter(example -> labels(example).length > 0 && !store.contains(key(example, labels(example)[0])))
                .map(StoredTeacher::toTheEnd)
                .distinct()
                .toList();
    }

    private void write(TopKTeacher teacher, List<TokenExample> rows) throws IOException {
        try (TokenBatch batch =
                new TokenBatch(rows, false, teacher.teacher().weights().manager())) {
            TopKLogProbs all = teacher.at(batch).top();
            int from = 0;
            for (TokenExample example : rows) {
                int[] labels = labels(example);
                store.put(
                        key(example, labels[0]),
                        all.select(IntStream.range(from, from + labels.length).toArray()));
                from += labels.length;
            }
        }
    }

    private SignalKey key(TokenExample example, int first) {
        return SignalKey.of(modelRevision, tokenizerHash, example.input(), first, k, temperature);
    }

    /** The places of the tokens that carry loss; the first token of a sequence is predicted from nothing. */
    private static int[] labels(TokenExample example) {
        return IntStream.range(1, example.labels().length)
                .filter(place -> example.labels()[place] != TokenExample.IGNORED)
                .toArray();
    }

    /** With all tokens behind the first label as labels. */
    private static TokenExample toTheEnd(TokenExample example) {
        int[] labels = example.input().clone();
        Arrays.fill(labels, 0, labels(example)[0], TokenExample.IGNORED);
        return new TokenExample(example.id(), example.kind(), example.weight(), example.input(), labels);
    }
}
