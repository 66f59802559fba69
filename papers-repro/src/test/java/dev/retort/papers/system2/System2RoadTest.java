package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class System2RoadTest {

    @Test
    void theAnswerOfMostCountsAndOfSeveralTheFirstGiven() {
        assertThat(System2Road.mostGiven(List.of("a", "b", "B", "c"))).isEqualTo("b");
        assertThat(System2Road.mostGiven(List.of("c", "a", "b", "b", "a"))).isEqualTo("a");
        assertThat(System2Road.mostGiven(Arrays.asList(null, "", "d"))).isEqualTo("d");
        assertThat(System2Road.mostGiven(Arrays.asList(null, " "))).isEmpty();
        assertThat(System2Road.mostGiven(List.of())).isEmpty();
    }
}
