package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SubsetTest {

    @Test
    void smallerLiesInLarger() {
        int[] larger = Subset.of(8_766, 1_098, 3);
        for (int size : new int[] {549, 275, 137}) {
            int[] smaller = Subset.of(8_766, size, 3);
            assertThat(smaller).hasSize(size).isSorted().doesNotHaveDuplicates();
            assertThat(larger).contains(smaller);
            larger = smaller;
        }
        assertThat(Subset.of(5, 0, 3)).isEmpty();
        assertThat(Subset.of(5, 5, 3)).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void isTheSameOnEveryMachine() {
        assertThat(Subset.of(1_000, 5, 1)).containsExactly(217, 441, 456, 558, 726);
        assertThat(Subset.ofTest(1_000, 5)).containsExactly(20, 271, 563, 763, 933);
    }

    @Test
    void dependsOnTheSeed() {
        assertThat(Subset.of(1_000, 100, 1)).isNotEqualTo(Subset.of(1_000, 100, 2));
    }

    @Test
    void testRowsDependOnNoSeedAndNest() {
        assertThat(Subset.ofTest(1_000, 200)).isSorted().contains(Subset.ofTest(1_000, 50));
        assertThat(Subset.ofTest(1_000, 100)).isNotEqualTo(Subset.of(1_000, 100, 0));
    }

    @Test
    void picksRows() {
        assertThat(Subset.pick(List.of("a", "b", "c"), new int[] {0, 2})).containsExactly("a", "c");
    }

    @Test
    void refusesMoreThanThereIs() {
        assertThatThrownBy(() -> Subset.of(3, 4, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a subset of 3 rows cannot hold 4");
    }
}
