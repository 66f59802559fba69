package dev.retort.pipelines;

import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.Row;
import dev.retort.data.Spared;
import dev.retort.data.TeacherSample;
import dev.retort.data.VotedAnswer;
import java.util.Comparator;

/**
 * What tells the rows of one file apart, and their order in it.
 *
 * @param id the row's id; of a malformed line the file's name
 * @param number the sample index; of a malformed line the line number; else -1
 */
record RowKey(String id, long number) implements Comparable<RowKey> {

    private static final Comparator<RowKey> ORDER =
            Comparator.comparing(RowKey::id).thenComparingLong(RowKey::number);

    static RowKey of(Row row) {
        if (row instanceof TeacherSample sample) {
            return new RowKey(sample.id(), sample.sampleIndex());
        }
        if (row instanceof Failure failure) {
            return new RowKey(failure.id(), failure.sampleIndex());
        }
        if (row instanceof Spared spared) {
            return new RowKey(spared.id(), spared.sampleIndex());
        }
        if (row instanceof Malformed malformed) {
            return new RowKey(malformed.file(), malformed.line());
        }
        if (row instanceof Example example) {
            return new RowKey(example.id(), -1);
        }
        if (row instanceof VotedAnswer voted) {
            return new RowKey(voted.id(), -1);
        }
        return new RowKey(((Question) row).id(), -1);
    }

    @Override
    public int compareTo(RowKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return number < 0 ? "the id " + id : "the id " + id + " and the number " + number;
    }
}
