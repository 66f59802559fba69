package dev.retort.teacher;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;

/** Who answers questions: a server, a recording, a program, a model. Any number of threads may ask at once. */
public interface Teacher extends AutoCloseable {

    /** Who answers, with its revision: equal names give equal samples, as far as the teacher can promise that. */
    String name();

    /**
     * Asks for samples of one question, one for each index and in that order.
     *
     * <p>A teacher may return fewer than asked, at least one: those of the first indices. The caller asks for the rest.
     *
     * @param question its messages are sent as they stand
     * @param params how to draw; what is null in it is left to the teacher
     * @param sampleIndices at least one, none negative, all different
     * @throws TeacherException where there is no sample for the first index, with the reason
     * @throws InterruptedException where the asking thread is interrupted
     */
    List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException;

    /**
     * One sample that is wanted.
     *
     * @param sampleIndex not negative
     */
    record Ask(Question question, SamplingParams params, int sampleIndex) {}

    /**
     * What became of it: one of the two.
     *
     * @param sample the sample, or null
     * @param failure why there is none, or null
     */
    record Reply(TeacherSample sample, TeacherException failure) {}

    /** Questions that are best asked together, by {@link #sampleAll}; 1 where each is best asked by itself. */
    default int company() {
        return 1;
    }

    /**
     * Asks for many samples at once, of one question or of many.
     *
     * @return what became of each, in the order asked
     */
    default List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
        List<Reply> replies = new ArrayList<>();
        for (Ask ask : asks) {
            try {
                replies.add(new Reply(
                        sample(ask.question(), ask.params(), List.of(ask.sampleIndex()))
                                .get(0),
                        null));
            } catch (TeacherException e) {
                replies.add(new Reply(null, e));
            }
        }
        return replies;
    }

    /** Requests that one sample takes at most: what a budget must have left before a question is asked. */
    default int callsPerSample() {
        return 1;
    }

    /** Frees what the teacher holds; the default holds nothing. */
    @Override
    default void close() {}
}
