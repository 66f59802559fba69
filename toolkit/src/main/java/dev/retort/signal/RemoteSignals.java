package dev.retort.signal;

import dev.retort.batch.Tokenizer;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** Brings what a server's teacher thinks of given tokens to a {@link SignalStore}. */
public final class RemoteSignals {

    private RemoteSignals() {}

    /**
     * A sequence to score.
     *
     * @param key under which its signal is stored
     * @param tokens prompt and completion
     * @param first the index of the first token that is scored, at least 1
     */
    @SuppressWarnings("ArrayRecordComponent") // the ids go straight into a request
    public record Wanted(SignalKey key, int[] tokens, int first) {}

    /**
     * Refuses a server whose ids are not the student's. A server's tokenizer cannot be read as a whole: it is asked for the
     * ids of some texts; and for the size of its vocabulary, where it knows that question.
     *
     * @param studentSize the width of the student's logits
     * @param texts such as the prompts
     * @throws IOException where the vocabularies differ, naming both sizes where they are known, or the server does not answer
     */
    public static void requireSameTokens(RemoteScorer teacher, int studentSize, Tokenizer student, List<String> texts)
            throws IOException, InterruptedException {
        try {
            OptionalInt size = teacher.vocabularySize();
            if (size.isPresent() && size.getAsInt() != studentSize) {
                throw new IOException("the teacher's vocabulary has " + size.getAsInt() + " ids and the student's "
                        + studentSize + ": choose models of one tokenizer");
            }
            for (String text : texts) {
                int[] ofTeacher = teacher.tokenize(text);
                int[] ofStudent = student.encode(text);
                if (!Arrays.equals(ofTeacher, ofStudent)) {
                    int at = Math.max(0, Arrays.mismatch(ofTeacher, ofStudent));
                    throw new IOException("the teacher's tokenizer makes other ids of a text than the student's, from"
                            + " token " + at + " on (" + ofTeacher.length + " ids and " + ofStudent.length
                            + "): choose models of one tokenizer");
                }
            }
        } catch (TeacherException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * Scores sequences and stores what is found, some at a time; what was stored before an error stays.
     *
     * @param vocabulary ids that the student has; another one is an error
     * @param concurrency most requests at a time
     * @param done told how many are stored
     * @param stop polled between groups of requests
     * @return whether all are there
     * @throws IOException where one could not be scored, in one line
     */
    public static boolean write(
            SignalStore store,
            RemoteScorer teacher,
            List<Wanted> sequences,
            int k,
            int vocabulary,
            int concurrency,
            IntConsumer done,
            BooleanSupplier stop)
            throws IOException, InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(concurrency, task -> {
            Thread thread = new Thread(task, "score");
            thread.setDaemon(true);
            return thread;
        });
        try {
            for (int from = 0; from < sequences.size(); from += concurrency) {
                if (stop.getAsBoolean()) {
                    return false;
                }
                List<Wanted> some = sequences.subList(from, Math.min(sequences.size(), from + concurrency));
                List<Future<TopKLogProbs>> scores = new ArrayList<>();
                for (Wanted one : some) {
                    scores.add(pool.submit(() -> teacher.topK(one.tokens(), one.first(), k)));
                }
                for (int i = 0; i < some.size(); i++) {
                    TopKLogProbs found = found(scores.get(i));
                    found.requireVocabulary(vocabulary);
                    store.put(some.get(i).key(), found);
                }
                done.accept(from + some.size());
            }
            return true;
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            pool.shutdownNow();
            store.flush();
        }
    }

    private static TopKLogProbs found(Future<TopKLogProbs> score) throws IOException, InterruptedException {
        try {
            return score.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }
}
