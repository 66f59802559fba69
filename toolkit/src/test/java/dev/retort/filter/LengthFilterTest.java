package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.TeacherSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class LengthFilterTest {

    @Test
    void countsWordsBetweenBlanks() {
        List<TeacherSample> samples = List.of(
                Samples.sample("q1", 0, "  ", null, "stop"),
                Samples.sample("q1", 1, "one", null, "stop"),
                Samples.sample("q1", 2, " one\n two ", null, "stop"),
                Samples.sample("q1", 3, "one two\tthree", null, "stop"),
                Samples.sample("q1", 4, "one two three four", null, "stop"));
        assertThat(Samples.words(new LengthFilter(2, 3).judge(Samples.QUESTION, samples)))
                .containsExactly("too-short", "too-short", "kept", "kept", "too-long");
        assertThat(Samples.words(new LengthFilter(0, 0).judge(Samples.QUESTION, samples)))
                .containsExactly("kept", "too-long", "too-long", "too-long", "too-long");
    }

    @Test
    void refusesBoundsThatKeepNothing() {
        assertThatThrownBy(() -> new LengthFilter(3, 2))
                .hasMessage("a length filter needs 0 <= least <= most words, not 3 and 2");
        assertThatThrownBy(() -> new LengthFilter(-1, 2))
                .hasMessage("a length filter needs 0 <= least <= most words, not -1 and 2");
    }
}
