package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {

    @Test
    void countsEdits() {
        assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
        assertThat(Nearest.distance("", "abc")).isEqualTo(3);
        assertThat(Nearest.distance("abc", "")).isEqualTo(3);
        assertThat(Nearest.distance("abc", "abc")).isZero();
        assertThat(Nearest.distance("ab", "ba")).isEqualTo(2);
    }

    @Test
    void picksTheClosestAndTheFirstAmongEquals() {
        assertThat(Nearest.of("learnin_rate", List.of("seed", "learning_rate", "beta")))
                .contains("learning_rate");
        assertThat(Nearest.of("x", List.of("b", "a"))).contains("a");
        assertThat(Nearest.of("x", List.of())).isEmpty();
    }
}
