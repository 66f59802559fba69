package dev.retort.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DistinctNGramsTest {

    @Test
    void countsOverAllAnswersTogether() {
        DistinctNGrams four = DistinctNGrams.ofWords(List.of("a b c d e", " a  b\nc d "), 4);

        assertThat(four).isEqualTo(new DistinctNGrams(2, 3));
        assertThat(four.value()).isEqualTo(2 / 3.0);
    }

    @Test
    void countsTokenIds() {
        assertThat(DistinctNGrams.ofIds(List.of(new int[] {1, 2, 1, 2, 1}, new int[] {2, 2}), 2))
                .isEqualTo(new DistinctNGrams(3, 5));
        assertThat(DistinctNGrams.ofIds(List.of(new int[] {1000, 1000}, new int[] {1000}), 1))
                .isEqualTo(new DistinctNGrams(1, 3));
    }

    @Test
    void keepsCaseAndPunctuation() {
        assertThat(DistinctNGrams.ofWords(List.of("Yes, yes. yes"), 1)).isEqualTo(new DistinctNGrams(3, 3));
    }

    @Test
    void countsNothingOfAnswersShorterThanN() {
        assertThat(DistinctNGrams.ofWords(List.of("a b c", "", "a b c d"), 4)).isEqualTo(new DistinctNGrams(1, 1));
        assertThat(DistinctNGrams.ofWords(List.of("a b c"), 4).value()).isNaN();
        assertThat(DistinctNGrams.ofWords(List.of(""), 1)).isEqualTo(new DistinctNGrams(0, 0));
        assertThat(DistinctNGrams.ofIds(List.of(), 4).value()).isNaN();
    }

    @Test
    void refusesGramsOfNothing() {
        assertThatThrownBy(() -> DistinctNGrams.ofIds(List.of(), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an n-gram has at least 1 part, not 0");
    }
}
