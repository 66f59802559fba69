package dev.retort.teacher;

import dev.retort.data.Question;

/**
 * One sample that is wanted of a batch.
 *
 * @param question its messages are sent as they stand
 * @param sampleIndex from 0
 */
public record BatchItem(Question question, int sampleIndex) {

    public BatchItem {
        if (question == null || sampleIndex < 0) {
            throw new IllegalArgumentException("an item of a batch needs a question and a sample index from 0");
        }
    }
}
