package dev.retort.train;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A student's layer and the teacher's that it comes near to, counted from 1.
 *
 * @param student at least 1
 * @param teacher at least 1
 */
public record LayerPair(int student, int teacher) {

    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,3}):([1-9][0-9]{0,3})");

    /**
     * Reads {@code student:teacher}.
     *
     * @throws IllegalArgumentException where it is not of this form
     */
    static LayerPair parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no pair of layers: give student:teacher, counted from 1, for example 6:12");
        }
        return new LayerPair(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    /** Every layer of a student of M layers: layer i and the teacher's i N / M, rounded up (TinyBERT's uniform mapping). */
    static List<LayerPair> uniform(int ofStudent, int ofTeacher) {
        return IntStream.rangeClosed(1, ofStudent)
                .mapToObj(layer -> new LayerPair(layer, (layer * ofTeacher + ofStudent - 1) / ofStudent))
                .toList();
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return student + ":" + teacher;
    }
}
