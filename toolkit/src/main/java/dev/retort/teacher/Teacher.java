package dev.retort.teacher;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
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

    /** Requests that one sample takes at most: what a budget must have left before a question is asked. */
    default int callsPerSample() {
        return 1;
    }

    /** Frees what the teacher holds; the default holds nothing. */
    @Override
    default void close() {}
}
